#include "halfulp/models/attention/rotary_config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "halfulp/arith/elementary/elementary.hpp"
#include "halfulp/layers/rope/rope.hpp"
#include "halfulp/models/message.hpp"
#include "halfulp/models/rope_config.hpp"

namespace halfulp {
namespace {

using nlohmann::json;
using Names = ConfigKeys::Names;

constexpr double largest_theta = 1e15, largest_factor = 1e6, largest_length = 0x1p28;

const json no_keys = json::object();

/// The object of rotary keys that holds for a layer of this type, and its way for messages.
struct Parameters {
  const json* object = &no_keys;
  std::string path;  // "rope_parameters.full_attention"
  bool is_nested = false;
};

/// The object under `name`, which may hold one object for each layer type.
Parameters parameters_under(ConfigKeys& keys, const char* name, const std::string& layer_type) {
  const json* const all = keys.find({name});
  if (all == nullptr) return {};
  if (!all->is_object()) keys.fail(name, show(*all) + " is not an object");
  bool is_nested = false;
  for (const auto& [key, value] : all->items())
    is_nested = is_nested || value.is_object() || key.ends_with("_attention");
  if (!is_nested) return {all, name, false};
  if (layer_type.empty())
    keys.fail(name, "differs by layer type, but 'layer_types' does not say which layer is of which");
  const auto own = all->find(layer_type);
  if (own == all->end() || own->is_null()) return {&no_keys, name, true};
  if (!own->is_object()) keys.fail(name, fmt::format("{} has no object in it", in_quotes(layer_type)));
  return {&*own, std::string(name) + "." + layer_type, true};
}

Parameters find_parameters(ConfigKeys& keys, const AttentionFamily& family, const std::string& layer_type) {
  // The old spelling scales only the layers that are not local.
  const bool is_local = family.local_rotary_base != 0 && layer_type == "sliding_attention";
  const Parameters fresh = parameters_under(keys, "rope_parameters", layer_type);
  const Parameters old = is_local ? Parameters{} : parameters_under(keys, "rope_scaling", layer_type);
  if (fresh.object->empty()) return old.object->empty() ? fresh : old;
  if (!old.object->empty()) {
    const auto type = [](const json& o) {
      return o.contains("rope_type") ? o["rope_type"] : o.contains("type") ? o["type"] : json("default");
    };
    if (type(*fresh.object) != type(*old.object) ||
        fresh.object->value("factor", json()) != old.object->value("factor", json()))
      keys.fail("rope_parameters", "disagrees with 'rope_scaling'");
  }
  return fresh;
}

/// A number inside the object or beside it; both must agree.
double inner_or_outer(ConfigKeys& keys, ConfigKeys& inside, const char* name, Names outer_names,
                      double otherwise, double low, double high) {
  const bool has_outer = outer_names.size() != 0 && keys.find(outer_names) != nullptr;
  const double outer = has_outer ? keys.number(outer_names, low, high) : otherwise;
  const double inner = inside.number_or({name}, outer, low, high);
  if (has_outer && inner != outer)
    inside.fail(name, fmt::format("{} disagrees with '{}', {}", inner, *outer_names.begin(), outer));
  return inner;
}

std::size_t read_dims(ConfigKeys& keys, ConfigKeys& inside, const AttentionFamily& family,
                      std::size_t head_width) {
  if (!family.is_known && keys.find({"rotary_dim"}) != nullptr) return keys.size({"rotary_dim"}, head_width);
  const double part =
      inner_or_outer(keys, inside, "partial_rotary_factor",
                     {"partial_rotary_factor", "rotary_pct", "rope_pct"}, family.rotary_part, 1e-6, 1);
  return static_cast<std::size_t>(static_cast<double>(head_width) *
                                  part);  // rounded down, as Hugging Face does
}

std::vector<double> frequencies_of(const Architecture& turned) {
  std::vector<double> all;
  const auto powers = rotary_powers(turned);
  const auto scales = rotary_scales(turned);
  for (std::size_t i = 0; i < powers.size(); ++i) all.push_back((DoubleDouble{scales[i]} / powers[i]).hi);
  return all;
}

/// 0.1 m ln(s) + 1: what YaRN multiplies cos and sin by (arXiv:2309.00071).
double yarn_amplitude(double factor, double m) { return factor <= 1 ? 1 : 0.1 * m * log(factor) + 1; }

/// YaRN: pair i keeps its frequency where it makes many turns within the original length, is divided by the
/// factor where it makes few, and is interpolated between.
void apply_yarn(ConfigKeys& inside, std::size_t positions, const Architecture& turned,
                RotaryEmbedding& rotary) {
  if (rotary.base <= 1) inside.fail("rope_theta", "must be above 1 with scaling 'yarn'");
  if (positions == 0 && inside.find({"factor"}) == nullptr) inside.fail("factor", "is missing");
  const double length =
      inside.number_or({"original_max_position_embeddings"},
                       static_cast<double>(std::max<std::size_t>(positions, 1)), 1, largest_length);
  const double factor =
      inside.number_or({"factor"}, static_cast<double>(positions) / length, 1e-6, largest_factor);
  const double m = inside.number_or({"mscale"}, 0, 0, 100),
               m_all = inside.number_or({"mscale_all_dim"}, 0, 0, 100);
  rotary.amplitude =
      inside.number_or({"attention_factor"},
                       m != 0 && m_all != 0 ? yarn_amplitude(factor, m) / yarn_amplitude(factor, m_all)
                                            : yarn_amplitude(factor, 1),
                       1e-6, 1e6);
  const double fast = inside.number_or({"beta_fast"}, 32, 1e-6, 1e6);
  const double slow = inside.number_or({"beta_slow"}, 1, 1e-6, 1e6);
  constexpr double two_pi = 6.283185307179586476925;
  const auto r = static_cast<double>(rotary.dims);
  const auto pair_with = [&](double turns) {
    return r * log(length / (turns * two_pi)) / (2 * log(rotary.base));
  };
  double low = pair_with(fast), high = pair_with(slow);
  if (inside.flag_or({"truncate"}, true)) low = std::floor(low), high = std::ceil(high);
  low = std::max(low, 0.0), high = std::min(high, r - 1);
  if (low == high) high += 0.001;
  const std::vector<double> plain = frequencies_of(turned);
  for (std::size_t i = 0; i < plain.size(); ++i) {
    const double stretched = std::clamp((static_cast<double>(i) - low) / (high - low), 0.0, 1.0);
    rotary.frequencies.push_back(plain[i] * (stretched / factor + (1 - stretched)));
  }
}

/// sqrt(1 + ln(s) / ln(original length)), s how much longer texts may be (arXiv:2402.13753).
double longrope_amplitude(ConfigKeys& keys, ConfigKeys& inside, std::size_t positions) {
  const double whole = static_cast<double>(std::max<std::size_t>(positions, 1));
  const double original = keys.number_or(
      {"original_max_position_embeddings"},
      inside.number_or({"original_max_position_embeddings"}, whole, 1, largest_length), 1, largest_length);
  const double factor = inside.number_or({"factor"}, whole / original, 1e-6, largest_factor);
  const double otherwise = factor <= 1 || original <= 1 ? 1 : std::sqrt(1 + log(factor) / log(original));
  return inside.number_or({"attention_factor"}, otherwise, 1e-6, 1e6);
}

/// Model types that turn neighbours, (2i, 2i + 1).
bool turns_neighbours(const std::string& type) {
  for (const char* const other :
       {"gptj", "codegen", "cohere", "cohere2", "glm", "glm4", "helium", "llama4_text"})
    if (type == other) return true;
  return false;
}

}  // namespace

bool has_rotary_keys(ConfigKeys& keys) {
  for (const char* const key :
       {"rope_theta", "rope_scaling", "rope_parameters", "rotary_pct", "rope_pct", "rotary_emb_base",
        "rotary_dim", "partial_rotary_factor", "rope_local_base_freq"})
    if (keys.find({key}) != nullptr) return true;
  return false;
}

RotaryEmbedding read_rotary(ConfigKeys& keys, const AttentionFamily& family, std::size_t head_width,
                            const std::string& layer_type, std::vector<std::string>& warnings) {
  const Parameters parameters = find_parameters(keys, family, layer_type);
  ConfigKeys inside =
      keys.nested(parameters.path.empty() ? "rope_parameters" : parameters.path, *parameters.object);
  RotaryEmbedding rotary;
  rotary.interleaved = !family.is_known && turns_neighbours(keys.text_or({"model_type"}, ""));
  const bool is_local = family.local_rotary_base != 0 && layer_type == "sliding_attention";
  const double usual = is_local ? family.local_rotary_base : family.rotary_base;
  rotary.base =
      is_local ? inner_or_outer(keys, inside, "rope_theta", {"rope_local_base_freq"}, usual, 1, largest_theta)
               : inner_or_outer(keys, inside, "rope_theta", {"rope_theta", "rotary_emb_base"}, usual, 1,
                                largest_theta);
  rotary.dims = read_dims(keys, inside, family, head_width);
  if (rotary.dims == 0 || rotary.dims % 2 != 0)
    keys.fail(
        "head_dim",
        fmt::format("rotary embedding turns {} of {} entries of a head; the number must be even and not 0",
                    rotary.dims, head_width));
  rotary.scaling = inside.text_or({"rope_type", "type"}, "default");
  Architecture turned;
  turned.rotary_dims = rotary.dims;
  turned.rope_theta = rotary.base;
  if (const auto scaling = read_rope_scaling(inside, rotary.scaling)) {
    turned.rope_scaling = *scaling;
    rotary.frequencies = frequencies_of(turned);
    return rotary;
  }
  const std::size_t positions = keys.size_or({"max_position_embeddings"}, 0, 1 << 28);
  if (rotary.scaling == "yarn") {
    apply_yarn(inside, positions, turned, rotary);
    return rotary;
  }
  const bool is_long = rotary.scaling == "longrope" || rotary.scaling == "su";
  if (is_long) rotary.amplitude = longrope_amplitude(keys, inside, positions);
  warnings.push_back(fmt::format(
      "rotary scaling {} {}: what is said of distances holds at every angle", in_quotes(rotary.scaling),
      is_long || rotary.scaling == "dynamic" ? "depends on the length of the text" : "is not known here"));
  return rotary;
}

}  // namespace halfulp
