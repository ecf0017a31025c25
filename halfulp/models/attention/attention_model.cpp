#include "halfulp/models/attention/attention_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "halfulp/base/error.hpp"
#include "halfulp/models/attention/attention_config.hpp"
#include "halfulp/models/attention/layer_reader.hpp"
#include "halfulp/models/attention/name_patterns.hpp"
#include "halfulp/models/attention/rotary_config.hpp"
#include "halfulp/models/attention/tensor_root.hpp"
#include "halfulp/models/checkpoint_files.hpp"
#include "halfulp/models/config_document.hpp"
#include "halfulp/models/finite.hpp"
#include "halfulp/models/message.hpp"

namespace halfulp {
namespace {

using Bias = LayerExpectations::Bias;

bool has_tensor_named(const TensorTable& table, std::initializer_list<std::string_view> endings) {
  return std::any_of(table.tensors().begin(), table.tensors().end(), [&](const TensorInfo& info) {
    return std::any_of(endings.begin(), endings.end(),
                       [&](std::string_view ending) { return info.tensor.name.ends_with(ending); });
  });
}

LayerExpectations expectations_of(ConfigKeys& keys, const AttentionFamily& family) {
  LayerExpectations e;
  const auto rule = [&](const BiasRule& bias) {
    if (!family.is_known) return Bias::if_there;
    return read_bias(keys, bias) ? Bias::expected : Bias::none;
  };
  e.qkv = rule(family.qkv_bias);
  e.out = rule(family.out_bias);
  e.mlp = rule(family.mlp_bias);
  e.post_norm = family.post_norm;
  if (family.pre_norm_key != nullptr) e.post_norm = !keys.flag_or({family.pre_norm_key}, true);
  if (family.name == "opt") e.norm_gain = keys.flag_or({"layer_norm_elementwise_affine"}, true);
  e.epsilon = read_norm_epsilon(keys, family);
  return e;
}

/// How positions enter, where the family does not settle it.
std::string position_kind(ConfigKeys& keys, const AttentionFamily& family, const TensorTable& table) {
  const std::string stated = keys.text_or({"position_embedding_type"}, "");
  if (family.is_known) {
    const bool reads_it = family.position_kind == "learned" && !stated.empty() && stated != "absolute";
    return reads_it ? printable(stated, 40) : family.position_kind;
  }
  if (keys.flag_or({"alibi"}, false) || stated == "alibi") return "alibi";
  if (has_rotary_keys(keys) || stated == "rotary" || stated == "rope") return "rotary";
  if (has_tensor_named(table, {"wpe.weight", "position_embeddings.weight", "embed_positions.weight"}))
    return "learned";
  return stated.empty() ? "unknown" : printable(stated, 40);
}

void warn_of_positions(const AttentionModel& model, bool is_known, std::vector<std::string>& warnings) {
  const std::string& kind = model.shape.position_kind;
  if (kind == "rotary") {
    const RotaryEmbedding& rotary = model.layers[0].rotary;
    if (!is_known && rotary.dims > 0)
      warnings.push_back(fmt::format("the rotary embedding was taken to turn entries ({}) of {} in {}",
                                     rotary.interleaved ? "2i, 2i + 1" : "i, i + r/2", rotary.dims,
                                     model.shape.head_width));
  } else if (kind != "learned" && kind != "none") {
    warnings.push_back(
        fmt::format("positions ({}) enter the scores in a way that is not taken into account", kind));
  }
}

/// What the tensors have and the configuration does not use, and what is not there.
void warn_of_weights(const AttentionModel& model, const AttentionFamily& family, const std::string& root,
                     const LayerExpectations& expect, const TensorTable& table,
                     std::vector<std::string>& warnings) {
  const AttentionWeights& first = model.layers.front();
  const std::string& probe = family.names.fused.empty() ? family.names.query : family.names.fused;
  const std::string bias = fmt::format("{}{}{}.{}.bias", root, family.names.layers, first.layer, probe);
  if (expect.qkv == Bias::none && table.has(bias))
    warnings.push_back(fmt::format(
        "tensor {} and its like are not used: config.json says that there is no bias", in_quotes(bias)));
  if (first.query_norm.across_heads || first.key_norm.across_heads)
    warnings.push_back("queries and keys are normalised over all heads together, not head by head");
  const auto is_plain = [](const AttentionWeights& w) { return w.norm.kind == NormParameters::Kind::none; };
  if (const auto plain = std::count_if(model.layers.begin(), model.layers.end(), is_plain); plain > 0)
    warnings.push_back(
        fmt::format("the attention of {} of {} layers reads a stream that is not normalised: the weights "
                    "bound no logit there",
                    plain, model.layers.size()));
  const auto without = std::count_if(model.layers.begin(), model.layers.end(),
                                     [](const AttentionWeights& w) { return w.mlp.empty(); });
  if (without == 0) return;
  const bool is_mixture = std::any_of(
      table.tensors().begin(), table.tensors().end(),
      [](const TensorInfo& info) { return info.tensor.name.find("experts.") != std::string::npos; });
  warnings.push_back(
      fmt::format("the perceptrons of {} of {} layers were not read: {}", without, model.layers.size(),
                  is_mixture ? "a mixture of experts" : "their tensors are not there or not recognised"));
}

void keep_once(std::vector<std::string>& lines) {
  std::vector<std::string> kept;
  for (std::string& line : lines)
    if (std::find(kept.begin(), kept.end(), line) == kept.end()) kept.push_back(std::move(line));
  lines = std::move(kept);
}

}  // namespace

std::string AttentionModel::describe(const WeightView& view) const {
  for (const TensorInfo& info : tensors) {
    const StoredTensor& t = info.tensor;
    if (view.data >= t.data && view.data < t.data + t.bytes) return info.describe();
  }
  return display(folder);
}

void find_attention(AttentionModel& model, const std::string& config_name, const std::string& tensors_name) {
  bool nested = false;
  const nlohmann::json document = parse_config_document(model.config_text, config_name, &nested);
  ConfigKeys keys(document, config_name);
  refuse_quantised(keys);
  std::vector<std::string>& warnings = model.warnings;
  AttentionFamily family = read_attention_family(keys, model.stated_architecture);
  model.family = family.name;
  model.config_dtype = keys.text_or({"dtype"}, keys.text_or({"torch_dtype"}, ""));
  model.shape = read_attention_shape(keys, family, nested, warnings);
  AttentionShape& shape = model.shape;

  TensorTable table(tensors_name, model.tensors);
  std::string root;
  if (family.is_known) {
    root = find_root(table, family.names);
  } else {
    const bool says_layer_norm = keys.find({"layer_norm_eps"}) != nullptr ||
                                 keys.find({"layer_norm_epsilon"}) != nullptr ||
                                 keys.find({"layernorm_epsilon"}) != nullptr;
    family.norm = says_layer_norm ? NormParameters::Kind::layer : NormParameters::Kind::rms;
    root = guess_names(table, family, shape, warnings);
    check_attention_shape(keys, shape);
  }
  shape.position_kind = position_kind(keys, family, table);

  const LayerExpectations expect = expectations_of(keys, family);
  LayerReader reader(table, root, family, shape, expect);
  std::map<std::string, RotaryEmbedding> rotary_of;  // by layer type
  for (std::size_t layer = 0; layer < shape.layers; ++layer) {
    if (!family.is_known && !reader.has_attention(layer)) continue;  // of another kind
    AttentionWeights w = reader.read(layer);
    w.score_scale = read_score_scale(keys, family, shape, layer);
    if (shape.position_kind == "rotary" && has_rotary(keys, family, layer)) {
      const std::string type = read_layer_type(keys, family, layer);
      auto found = rotary_of.find(type);
      if (found == rotary_of.end())
        found = rotary_of.emplace(type, read_rotary(keys, family, shape.head_width, type, warnings)).first;
      w.rotary = found->second;
    }
    model.layers.push_back(std::move(w));
  }
  if (model.layers.empty())
    throw input_error(fmt::format("{}: none of the {} layers that config.json asks for has attention",
                                  tensors_name, shape.layers));
  if (model.layers.size() < shape.layers)
    warnings.push_back(fmt::format("{} of {} layers have no attention that was recognised",
                                   shape.layers - model.layers.size(), shape.layers));
  if (reader.has_attention(shape.layers))
    warnings.push_back(fmt::format(
        "config.json asks for {} layers, and the tensors go on: what is beyond was not read", shape.layers));
  const auto with_mlp = std::find_if(model.layers.begin(), model.layers.end(),
                                     [](const AttentionWeights& w) { return !w.mlp.empty(); });
  shape.inner = with_mlp == model.layers.end() ? 0 : with_mlp->mlp.up.weight.rows;
  warn_of_positions(model, family.is_known, warnings);
  warn_of_weights(model, family, root, expect, table, warnings);
  if (!family.is_known && keys.find({"query_pre_attn_scalar"}) == nullptr &&
      keys.find({"attention_multiplier"}) == nullptr)
    warnings.push_back("scores were taken to be scaled by 1/sqrt of the head's width");
  keep_once(warnings);
}

AttentionModel read_attention(const std::filesystem::path& folder, const LoadOptions& options) {
  AttentionModel model;
  model.folder = folder;
  CheckpointFiles found = open_checkpoint_files(folder);
  const std::filesystem::path config_path = folder / "config.json";
  model.config_text = MappedFile(config_path).text();
  for (SafetensorsFile& file : found.files) {
    for (StoredTensor& t : file.tensors) model.tensors.push_back({std::move(t), file.file.path()});
    model.files.push_back(std::move(file.file));
  }
  find_attention(model, display(config_path), display(found.listing));
  if (!options.allow_nonfinite)
    for (const TensorInfo& info : model.tensors)
      if (info.use == TensorInfo::Use::weight && info.tensor.shape.size() == 1)
        check_finite(info, "give a checkpoint whose weights are finite");
  return model;
}

}  // namespace halfulp
