#include "halfulp/models/attention/layer_reader.hpp"

#include <fmt/format.h>

#include <utility>

namespace halfulp {
namespace {

/// Rows first_row .. + rows and columns first_column .. + columns of w: a view of the same bytes.
WeightView part(const WeightView& w, std::size_t first_row, std::size_t rows, std::size_t first_column,
                std::size_t columns) {
  WeightView view = w;
  view.data += (first_row * w.row_stride + first_column * w.column_stride) * size_of(w.dtype);
  view.rows = rows;
  view.columns = columns;
  return view;
}

/// Heads as groups of `height` rows, the first at `first`, the next `step` rows further.
HeadViews heads_by_rows(const WeightView& w, std::size_t first, std::size_t height, std::size_t heads,
                        std::size_t step) {
  return {part(w, first, height, 0, w.columns), heads, step * w.row_stride};
}

/// The same with columns (a vector has one row).
HeadViews heads_by_columns(const WeightView& w, std::size_t first, std::size_t width, std::size_t heads,
                           std::size_t step) {
  if (w.empty()) return {};
  return {part(w, 0, w.rows, first, width), heads, step * w.column_stride};
}

}  // namespace

LayerReader::LayerReader(TensorTable& table, std::string root, const AttentionFamily& family,
                         const AttentionShape& shape, LayerExpectations expectations)
    : table_(table), root_(std::move(root)), family_(family), shape_(shape), expect_(expectations) {}

std::string LayerReader::at(std::size_t layer, const std::string& module) const {
  return fmt::format("{}{}{}.{}", root_, family_.names.layers, layer, module);
}

WeightView LayerReader::matrix(const std::string& name, std::size_t out, std::size_t in) {
  return family_.names.transposed ? table_.transposed(name + ".weight", out, in)
                                  : table_.matrix(name + ".weight", out, in);
}

WeightView LayerReader::bias(const std::string& name, std::size_t n, Bias rule) {
  if (rule == Bias::none || (rule == Bias::if_there && !table_.has(name + ".bias"))) return {};
  return table_.vector(name + ".bias", n);
}

LinearWeights LayerReader::linear(const std::string& name, std::size_t out, std::size_t in, Bias rule) {
  return {matrix(name, out, in), bias(name, out, rule)};
}

/// Old checkpoints of BERT call gain and bias gamma and beta.
NormParameters LayerReader::norm(const std::string& name) {
  NormParameters n;
  n.kind = family_.norm;
  n.epsilon = expect_.epsilon;
  if (name.empty() || !expect_.norm_gain) return n;
  n.one_plus_gain = family_.one_plus_gain;
  const bool is_old = !table_.has(name + ".weight") && table_.has(name + ".gamma");
  n.gain = table_.vector(name + (is_old ? ".gamma" : ".weight"), shape_.width);
  const std::string bias_name = name + (is_old ? ".beta" : ".bias");
  const bool has_bias = n.kind == NormParameters::Kind::layer && (family_.is_known || table_.has(bias_name));
  if (has_bias) n.bias = table_.vector(bias_name, shape_.width);
  return n;
}

HeadNorm LayerReader::head_norm(const std::string& name, std::size_t heads) {
  if (name.empty()) return {};
  HeadNorm n;
  n.kind = family_.norm;
  n.epsilon = expect_.epsilon;
  n.one_plus_gain = family_.one_plus_gain;
  const std::string weight = name + ".weight";
  const std::size_t a = shape_.head_width;
  const TensorInfo* const info = table_.find(weight);
  const std::vector<std::size_t> stored = info == nullptr ? std::vector<std::size_t>{} : info->tensor.shape;
  if (stored.size() == 2) {  // a gain for each head
    n.gain = heads_by_rows(table_.matrix(weight, heads, a), 0, 1, heads, 1);
    return n;
  }
  // One gain for all heads, or a longer one over all heads together; the same where there is one head.
  n.across_heads = stored.size() == 1 && stored[0] != a;
  const std::size_t entries = n.across_heads ? heads * a : a, step = n.across_heads ? a : 0;
  n.gain = heads_by_columns(table_.vector(weight, entries), 0, a, heads, step);
  if (n.kind == NormParameters::Kind::layer && table_.has(name + ".bias"))
    n.bias = heads_by_columns(table_.vector(name + ".bias", entries), 0, a, heads, step);
  return n;
}

void LayerReader::read_fused(const std::string& name, AttentionWeights& w) {
  const std::size_t a = shape_.head_width, v = shape_.value_width, h = shape_.heads, g = shape_.kv_heads;
  const std::size_t rows = h * a + g * (a + v);
  const LinearWeights all = linear(name, rows, shape_.width, expect_.qkv);
  const bool by_head = family_.names.order == FusedOrder::by_head;  // then h = g
  const auto take = [&](HeadProjection& p, std::size_t first, std::size_t height, std::size_t heads) {
    const std::size_t step = by_head ? a + a + v : height;
    p = {heads_by_rows(all.weight, first, height, heads, step),
         heads_by_columns(all.bias, first, height, heads, step)};
  };
  take(w.query, 0, a, h);
  take(w.key, by_head ? a : h * a, a, g);
  take(w.value, by_head ? 2 * a : h * a + g * a, v, g);
}

void LayerReader::read_projections(std::size_t layer, AttentionWeights& w) {
  const LayerNames& names = family_.names;
  if (!names.fused.empty()) {
    read_fused(at(layer, names.fused), w);
  } else {
    const auto take = [&](HeadProjection& p, const std::string& name, std::size_t heads, std::size_t height) {
      const LinearWeights all = linear(at(layer, name), heads * height, shape_.width, expect_.qkv);
      p = {heads_by_rows(all.weight, 0, height, heads, height),
           heads_by_columns(all.bias, 0, height, heads, height)};
    };
    take(w.query, names.query, shape_.heads, shape_.head_width);
    take(w.key, names.key, shape_.kv_heads, shape_.head_width);
    take(w.value, names.value, shape_.kv_heads, shape_.value_width);
  }
  if (names.out.empty()) return;
  const LinearWeights out =
      linear(at(layer, names.out), shape_.width, shape_.heads * shape_.value_width, expect_.out);
  w.out.weight = heads_by_columns(out.weight, 0, shape_.value_width, shape_.heads, shape_.value_width);
  w.out_bias = out.bias;
}

PerceptronWeights LayerReader::read_perceptron(std::size_t layer) {
  const LayerNames& names = family_.names;
  PerceptronWeights p;
  const std::string first = names.gate_up.empty() ? names.up : names.gate_up;
  const TensorInfo* const info = first.empty() ? nullptr : table_.find(at(layer, first) + ".weight");
  if (info == nullptr) return p;
  const auto& shape = info->tensor.shape;
  const std::size_t d = shape_.width, rows = shape.size() == 2 ? shape[names.transposed ? 1 : 0] : 1;
  const std::size_t stated = names.gate_up.empty() ? shape_.inner : 2 * shape_.inner;
  const std::size_t stored = stated != 0 ? stated : rows;  // taking it says so when they differ
  if (names.gate_up.empty()) {
    p.up = linear(at(layer, names.up), stored, d, expect_.mlp);
    if (!names.gate.empty()) p.gate = linear(at(layer, names.gate), stored, d, expect_.mlp);
    p.down = linear(at(layer, names.down), d, stored, expect_.mlp);
  } else {
    const std::size_t inner = stored / 2;
    const LinearWeights both = linear(at(layer, names.gate_up), 2 * inner, d, expect_.mlp);
    const auto half = [&](std::size_t begin) {
      return LinearWeights{part(both.weight, begin, inner, 0, d),
                           both.bias.empty() ? WeightView{} : part(both.bias, 0, 1, begin, inner)};
    };
    p.gate = half(0);
    p.up = half(inner);
    p.down = linear(at(layer, names.down), d, inner, expect_.mlp);
  }
  const std::string& before = expect_.post_norm ? names.norm : names.mlp_norm;
  if (!before.empty())
    p.norm = norm(at(layer, before));
  else if (family_.normed_input)
    p.norm = norm("");
  if (!names.mlp_post_norm.empty()) p.post_norm = norm(at(layer, names.mlp_post_norm));
  return p;
}

bool LayerReader::has_attention(std::size_t layer) const {
  const LayerNames& names = family_.names;
  return table_.has(at(layer, names.fused.empty() ? names.query : names.fused) + ".weight");
}

AttentionWeights LayerReader::read(std::size_t layer) {
  const LayerNames& names = family_.names;
  AttentionWeights w;
  w.layer = layer;
  read_projections(layer, w);
  if (!expect_.post_norm) {
    if (family_.normed_input) w.norm = norm(names.norm.empty() ? "" : at(layer, names.norm));
  } else if (layer > 0) {
    w.norm = norm(at(layer - 1, names.mlp_norm));
  } else if (!family_.embedding_norm.empty()) {
    w.norm = norm(root_ + family_.embedding_norm);
  }
  w.query_norm = head_norm(names.query_norm.empty() ? "" : at(layer, names.query_norm), shape_.heads);
  w.key_norm = head_norm(names.key_norm.empty() ? "" : at(layer, names.key_norm), shape_.kv_heads);
  if (!names.attention_post_norm.empty()) w.post_norm = norm(at(layer, names.attention_post_norm));
  w.mlp = read_perceptron(layer);
  return w;
}

}  // namespace halfulp
