#include "halfulp/models/attention/attention_config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "halfulp/models/message.hpp"

namespace halfulp {
namespace {

using nlohmann::json;
using Names = ConfigKeys::Names;

// Far above any model, and low enough that no product of three of them overflows.
constexpr std::size_t largest_width = 1 << 20, largest_layers = 1 << 14, largest_positions = 1 << 28;

constexpr Names width_keys{"hidden_size", "n_embd", "d_model", "model_dim", "dim"};
constexpr Names layer_keys{"num_hidden_layers", "n_layer", "num_layers", "n_layers"};
constexpr Names head_keys{"num_attention_heads", "n_head", "num_heads", "n_heads"};
constexpr Names kv_head_keys{"num_key_value_heads", "num_kv_heads", "n_head_kv", "n_kv_heads"};
constexpr Names head_width_keys{"head_dim", "head_size", "kv_channels", "d_kv"};
constexpr Names position_keys{"max_position_embeddings", "n_positions", "max_seq_len", "seq_length"};

/// A size that a nested configuration may leave out: its class has a usual one.
std::size_t size_or_usual(ConfigKeys& keys, Names names, std::size_t largest, std::size_t usual,
                          const AttentionFamily& family, std::vector<std::string>& warnings) {
  if (keys.find(names) != nullptr || usual == 0) return keys.size(names, largest);
  warnings.push_back(fmt::format("config.json does not give {}: {}, the usual one of {}, was assumed",
                                 *names.begin(), usual, family.label));
  return usual;
}

std::size_t read_kv_heads(ConfigKeys& keys, const AttentionFamily& family, std::size_t heads, bool nested,
                          std::vector<std::string>& warnings) {
  if (!family.grouped) return heads;
  if (!family.is_known && keys.flag_or({"multi_query"}, false) &&
      !keys.flag_or({"new_decoder_architecture"}, false))
    return 1;  // Falcon, which ignores num_kv_heads then
  if (keys.find(kv_head_keys) != nullptr) return keys.size(kv_head_keys, largest_width);
  // What the class says for itself is left out of nested texts, also beside other numbers of heads.
  const bool is_grouped_class = family.usual.kv_heads < family.usual.heads;
  if (nested && (is_grouped_class || keys.find(head_keys) == nullptr))
    return size_or_usual(keys, kv_head_keys, largest_width, family.usual.kv_heads, family, warnings);
  return heads;
}

std::string stated_architecture(ConfigKeys& keys, const json* list, const std::string& model_type) {
  if (list == nullptr) return model_type;
  if (!list->is_array() || list->empty() || !list->front().is_string())
    keys.fail("architectures", show(*list) + " is not a list of names");
  return list->front().get<std::string>();
}

}  // namespace

AttentionFamily read_attention_family(ConfigKeys& keys, std::string& stated) {
  const std::string model_type = keys.text_or({"model_type"}, "");
  stated = stated_architecture(keys, keys.find({"architectures"}), model_type);
  const AttentionFamily* const by_type = family_of_type(model_type);
  const AttentionFamily* const by_class = family_of_class(stated);
  if (by_type != nullptr && by_class != nullptr && by_type != by_class)
    keys.fail("model_type",
              fmt::format("{} disagrees with 'architectures', {}", in_quotes(model_type), in_quotes(stated)));
  if (by_type != nullptr) return *by_type;
  if (by_class != nullptr) return *by_class;
  AttentionFamily unknown;
  unknown.label = stated.empty() ? "a model of unknown architecture" : printable(stated, 80);
  unknown.position_kind = "unknown";
  return unknown;
}

AttentionShape read_attention_shape(ConfigKeys& keys, const AttentionFamily& family, bool nested,
                                    std::vector<std::string>& warnings) {
  const auto usual = nested ? family.usual : AttentionFamily().usual;
  AttentionShape s;
  s.width = size_or_usual(keys, width_keys, largest_width, usual.width, family, warnings);
  s.layers = family.is_known ? size_or_usual(keys, layer_keys, largest_layers, usual.layers, family, warnings)
                             : keys.size_or(layer_keys, 0, largest_layers);
  s.heads = family.name == "paper"
                ? keys.size_or(head_keys, 1, largest_width)
                : size_or_usual(keys, head_keys, largest_width, usual.heads, family, warnings);
  s.kv_heads = read_kv_heads(keys, family, s.heads, nested, warnings);
  if (family.grouped && keys.find(head_width_keys) != nullptr) {
    s.head_width = keys.size(head_width_keys, largest_width);
  } else if (family.is_known && family.head_width != 0) {
    s.head_width = family.head_width;
  } else if (family.is_known) {
    if (s.width % s.heads != 0)
      keys.fail("num_attention_heads", fmt::format("{} does not divide hidden_size {}", s.heads, s.width));
    s.head_width = s.width / s.heads;
  }
  s.value_width = family.is_known ? s.head_width : keys.size_or({"v_head_dim"}, s.head_width, largest_width);
  for (const char* const key : position_keys)
    if (s.positions == 0 && keys.find({key}) != nullptr) s.positions = keys.size({key}, largest_positions);
  const bool has_cap = keys.object().contains("attn_logit_softcapping");  // null: there is none
  s.score_cap = keys.number_or({"attn_logit_softcapping"}, has_cap ? 0 : family.score_cap, 1e-6, 1e6);
  s.position_kind = family.position_kind;
  if (family.is_known)
    s.inner = keys.size_or({"intermediate_size", "n_inner", "ffn_dim"}, 0, 4 * largest_width);
  check_attention_shape(keys, s);
  return s;
}

void check_attention_shape(ConfigKeys& keys, const AttentionShape& s) {
  if (s.kv_heads > s.heads || s.heads % s.kv_heads != 0)
    keys.fail("num_key_value_heads",
              fmt::format("{} does not divide num_attention_heads {}", s.kv_heads, s.heads));
  if (s.heads * std::max(s.head_width, s.value_width) > 4 * largest_width)
    keys.fail("head_dim",
              fmt::format("{} heads of {} are absurd", s.heads, std::max(s.head_width, s.value_width)));
}

double read_score_scale(ConfigKeys& keys, const AttentionFamily& family, const AttentionShape& shape,
                        std::size_t layer) {
  double scale = 1 / std::sqrt(static_cast<double>(shape.head_width));
  if (family.query_scalar != 0 || !family.is_known) {
    const double otherwise = family.query_scalar;
    const double scalar = keys.number_or({"query_pre_attn_scalar"}, otherwise, 1e-6, 1e9);
    if (scalar != 0) scale = 1 / std::sqrt(scalar);
  }
  if (!family.is_known) scale = keys.number_or({"attention_multiplier"}, scale, 1e-9, 1e9);
  if (family.name == "gpt2") {
    if (!keys.flag_or({"scale_attn_weights"}, true)) scale = 1;
    if (keys.flag_or({"scale_attn_by_inverse_layer_idx"}, false)) scale /= static_cast<double>(layer + 1);
  }
  return scale;
}

double read_norm_epsilon(ConfigKeys& keys, const AttentionFamily& family) {
  if (family.norm == NormParameters::Kind::rms)
    return keys.number_or({"rms_norm_eps", "rms_norm_epsilon", "norm_eps", "norm_epsilon"}, family.epsilon, 0,
                          1);
  return keys.number_or({"layer_norm_eps", "layer_norm_epsilon", "layernorm_epsilon", "norm_epsilon"},
                        family.epsilon, 0, 1);
}

bool read_bias(ConfigKeys& keys, const BiasRule& rule) {
  return rule.key == nullptr ? rule.otherwise : keys.flag_or({rule.key}, rule.otherwise);
}

bool has_rotary(ConfigKeys& keys, const AttentionFamily& family, std::size_t layer) {
  const json* const list = family.is_known ? nullptr : keys.find({"no_rope_layers"});
  if (list == nullptr || !list->is_array() || list->empty()) return true;
  if (layer >= list->size() || !(*list)[layer].is_number_unsigned())
    keys.fail("no_rope_layers", fmt::format("{} is not a list of 0 or 1 for each layer", show(*list)));
  return (*list)[layer] != 0;
}

std::string read_layer_type(ConfigKeys& keys, const AttentionFamily& family, std::size_t layer) {
  if (const json* types = keys.find({"layer_types"})) {
    if (!types->is_array() || layer >= types->size() || !(*types)[layer].is_string())
      keys.fail("layer_types", fmt::format("{} is not a list of one name for each layer", show(*types)));
    return (*types)[layer].get<std::string>();
  }
  if (family.local_rotary_base == 0) return "";
  const std::size_t period =
      keys.size_or({"sliding_window_pattern", "_sliding_window_pattern"}, 6, largest_layers);
  return (layer + 1) % period != 0 ? "sliding_attention" : "full_attention";
}

}  // namespace halfulp
