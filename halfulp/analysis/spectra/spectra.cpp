#include "halfulp/analysis/spectra/spectra.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "halfulp/analysis/error_statistics.hpp"
#include "halfulp/analysis/spectra/spectra_flags.hpp"
#include "halfulp/arith/upper.hpp"
#include "halfulp/base/error.hpp"
#include "halfulp/base/parallel.hpp"

namespace halfulp {
namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();

/// One key head of one layer and the query heads that read it.
struct Group {
  const AttentionModel& model;
  const AttentionWeights& layer;
  const LayerInput& input;
  std::size_t kv = 0;
};

/// What a layer's functional needs of its heads, kept until they can be added in order.
struct OutSizes {
  std::vector<double> v_sizes;
  ColumnSizes columns;
};

bool has_head_norm(const AttentionWeights& layer) {
  return layer.query_norm.kind != NormParameters::Kind::none ||
         layer.key_norm.kind != NormParameters::Kind::none;
}

/// min(d_h, d), d less the direction that a centred input does not have.
std::size_t rank_bound(std::size_t rows, const LayerInput& input) {
  return std::max<std::size_t>(1, std::min(rows, input.width - (input.centred && input.width > 1 ? 1 : 0)));
}

void scores(const Group& g, const HeadMatrix& k, HeadSpectra& h) {
  const AttentionShape& shape = g.model.shape;
  const HeadMatrix q =
      head_matrix(g.model, g.input, g.layer.query.weight.head(h.head),
                  g.layer.query.bias.empty() ? WeightView() : g.layer.query.bias.head(h.head));
  const RowFactors rows = row_factors(shape, g.layer, h.head);
  const ThinFactor k_scaled = rows.trivial ? k.factor : k.factor.with_rows_scaled(rows.k);
  const ThinFactor q_scaled = rows.trivial ? q.factor : q.factor.with_rows_scaled(rows.q);
  const std::size_t rank = rank_bound(shape.head_width, g.input);
  h.kq = circuit_of(k_scaled, q_scaled, rank);
  if (k.has_biases() || q.has_biases()) {
    // Without biases a side is augmented by a column of zeros: its factor stays.
    const ThinFactor& k_bias = k.has_biases() ? k.biased : k.factor;
    const ThinFactor& q_bias = q.has_biases() ? q.biased : q.factor;
    h.kq_biased = rows.trivial
                      ? circuit_of(k_bias, q_bias, rank)
                      : circuit_of(k_bias.with_rows_scaled(rows.k), q_bias.with_rows_scaled(rows.q), rank);
  }
  std::vector<double> f(shape.head_width);
  for (std::size_t i = 0; i < f.size(); ++i) f[i] = next_above(std::fabs(rows.q[i] * rows.k[i]));
  h.abs_sigma_max = sizes_norm(k.matrix, k.gram.sizes, q.matrix, q.gram.sizes,
                               rows.trivial ? std::span<const double>() : std::span<const double>(f));
  if (!rows.trivial) h.abs_sigma_max.lower = next_below(h.abs_sigma_max.lower * (1 - 0x1p-50));
  h.logits_normalised = has_head_norm(g.layer);
  const double scale = std::fabs(g.layer.score_scale), d = static_cast<double>(g.input.width);
  h.typical_logit = scale * h.kq.frobenius;
  h.factor_repaired = 1 + 4 * d * scale * h.abs_sigma_max.upper;
  h.full_rank_possible = rank == g.input.width;
  h.factor_as_printed = h.full_rank_possible && h.kq.sigma_min.lower > 0
                            ? 1 + 4 * d * scale * h.abs_sigma_max.upper * h.kq.condition.upper
                            : infinite;
  h.rotary_sigma = g.layer.rotary.dims > 0 ? all_distances_bound(g.layer.rotary, k_scaled, q_scaled)
                                           : h.kq.sigma_max.upper;
  h.logit = logit_bound({shape, g.layer, g.input, h.head, k, q, k_scaled, q_scaled, rows, h.kq,
                         h.kq_biased ? &*h.kq_biased : nullptr, h.rotary_sigma});
  const std::string& positions = shape.position_kind;
  if (positions != "rotary" && positions != "learned" && positions != "none")  // they add to scores unseen
    h.logit.value = h.logit.before_cap = std::numeric_limits<double>::infinity();
  h.gauge_is_free = shape.heads == shape.kv_heads && g.layer.rotary.dims == 0 && !h.logits_normalised;
  h.omega_kq = omega_kq(scale, k.gram.sizes, q.gram.sizes);
}

void values(const Group& g, const HeadMatrix& v, HeadSpectra& h, OutSizes& sizes) {
  static const LayerInput heads_sum;                 // W_o reads values: no norm
  WeightView out = g.layer.out.weight.head(h.head);  // [d, d_v]: its transpose has few rows
  std::swap(out.rows, out.columns);
  std::swap(out.row_stride, out.column_stride);
  sizes.v_sizes = v.gram.sizes;
  sizes.columns.weights = v.gram.sizes;
  const HeadMatrix o = head_matrix(g.model, heads_sum, out, {}, &sizes.columns);
  const std::size_t rank = rank_bound(out.rows, g.input);
  h.ov = circuit_of(o.factor, v.factor, rank);
  if (v.has_biases()) h.ov_biased = circuit_of(o.factor, v.biased, rank);
  h.ov_abs_sigma_max = sizes_norm(o.matrix, o.gram.sizes, v.matrix, v.gram.sizes);
  h.ov_gauge_is_free = g.model.shape.heads == g.model.shape.kv_heads;
}

void fill_group(const Group& g, std::span<HeadSpectra> heads, std::span<OutSizes> sizes) {
  const auto bias = [&](const HeadProjection& p) {
    return p.bias.empty() ? WeightView() : p.bias.head(g.kv);
  };
  const std::size_t count = g.model.shape.heads / g.model.shape.kv_heads;
  const std::size_t first = g.kv * count;
  {
    const HeadMatrix k = head_matrix(g.model, g.input, g.layer.key.weight.head(g.kv), bias(g.layer.key));
    for (std::size_t h = first; h < first + count; ++h) scores(g, k, heads[h]);
  }
  if (g.layer.out.weight.empty() || g.layer.value.weight.empty()) return;
  const HeadMatrix v = head_matrix(g.model, g.input, g.layer.value.weight.head(g.kv), bias(g.layer.value));
  for (std::size_t h = first; h < first + count; ++h) values(g, v, heads[h], sizes[h]);
}

LayerSpectra summary_of(const AttentionModel& model, const AttentionWeights& layer,
                        std::span<const HeadSpectra> heads, std::span<const OutSizes> sizes) {
  LayerSpectra s;
  s.layer = layer.layer;
  OmegaOv omega;
  for (std::size_t h = 0; h < heads.size(); ++h) {
    s.omega_kq.plain = std::max(s.omega_kq.plain, heads[h].omega_kq.plain);
    s.omega_kq.tight = std::max(s.omega_kq.tight, heads[h].omega_kq.tight);
    if (heads[h].ov) omega.add(sizes[h].v_sizes, sizes[h].columns);
  }
  if (heads[0].ov) s.omega_ov = omega.value();
  if (!layer.mlp.empty()) {
    s.omega_ud = omega_ud(layer.mlp, model.shape.width);
    if (!std::isfinite(s.omega_ud->plain) || !std::isfinite(s.omega_ud->tight))
      throw input_error(
          fmt::format("{}: a weight of the perceptron of layer {} is NaN or infinite: check the checkpoint",
                      model.describe(layer.mlp.up.weight), layer.layer));
  }
  return s;
}

double median_sigma(const std::vector<HeadSpectra>& heads) {
  std::vector<double> sigma;
  for (const HeadSpectra& h : heads) sigma.push_back(h.kq.sigma_max.value);
  return median(std::move(sigma));
}

}  // namespace

ModelSpectra spectra(const AttentionModel& model, const SpectraOptions& options, const Progress& progress) {
  std::vector<const AttentionWeights*> layers;
  for (const AttentionWeights& layer : model.layers)
    if (layer.layer >= options.first_layer && (!options.last_layer || layer.layer <= *options.last_layer))
      layers.push_back(&layer);
  if (layers.empty())
    throw usage_error(fmt::format("no attention in these layers: the model has layers {} to {}",
                                  model.layers.front().layer, model.layers.back().layer));
  if (options.last_layer && *options.last_layer > model.layers.back().layer)
    throw usage_error(fmt::format("--layers: the model's last layer is {}, not {}", model.layers.back().layer,
                                  *options.last_layer));
  const AttentionShape& shape = model.shape;
  ModelSpectra result;
  // So many layers at a time that every thread has something to do.
  const std::size_t batch = std::max<std::size_t>(1, (8 * threads() + shape.kv_heads - 1) / shape.kv_heads);
  for (std::size_t begin = 0; begin < layers.size(); begin += batch) {
    const std::size_t count = std::min(batch, layers.size() - begin);
    if (progress)
      progress(static_cast<double>(begin), static_cast<double>(layers.size()),
               fmt::format("layer {}", layers[begin]->layer));
    std::vector<LayerInput> inputs;
    for (std::size_t l = 0; l < count; ++l)
      inputs.push_back(layer_input(layers[begin + l]->norm, shape.width));
    std::vector<HeadSpectra> heads(count * shape.heads);
    std::vector<OutSizes> sizes(heads.size());
    for (std::size_t i = 0; i < heads.size(); ++i) {
      heads[i].layer = layers[begin + i / shape.heads]->layer;
      heads[i].head = i % shape.heads;
      heads[i].kv_head = shape.kv_head_of(heads[i].head);
    }
    parallel_for(count * shape.kv_heads, 1, [&](std::size_t first, std::size_t last) {
      for (std::size_t i = first; i < last; ++i) {
        const std::size_t l = i / shape.kv_heads, at = l * shape.heads;
        fill_group({model, *layers[begin + l], inputs[l], i % shape.kv_heads},
                   std::span(heads).subspan(at, shape.heads), std::span(sizes).subspan(at, shape.heads));
      }
    });
    for (std::size_t l = 0; l < count; ++l)
      result.layers.push_back(summary_of(model, *layers[begin + l],
                                         std::span(heads).subspan(l * shape.heads, shape.heads),
                                         std::span(sizes).subspan(l * shape.heads, shape.heads)));
    std::move(heads.begin(), heads.end(), std::back_inserter(result.heads));
  }
  const double middle = median_sigma(result.heads);
  for (HeadSpectra& h : result.heads) h.flags = flags_of(h, middle);
  return result;
}

}  // namespace halfulp
