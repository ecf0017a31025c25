#include "halfulp/models/rope_config.hpp"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "halfulp/models/message.hpp"

namespace halfulp {
namespace {

using nlohmann::json;

constexpr double largest_theta = 1e15, largest_factor = 1e6;

/// One object of rotary keys; `name` is its key in the configuration.
void read_object(ConfigKeys& outer, const char* name, const json& object, Architecture& a) {
  if (!object.is_object()) outer.fail(name, show(object) + " is not an object");
  ConfigKeys keys = outer.nested(name, object);
  const std::string type = keys.text_or({"rope_type", "type"}, "default");
  const auto scaling = read_rope_scaling(keys, type);
  if (!scaling)
    keys.fail("rope_type", fmt::format("scaling {} is not supported; supported: default, linear, llama3",
                                       in_quotes(type)));
  a.rope_scaling = *scaling;
  keys.find({"rope_theta"});
  keys.find({"partial_rotary_factor"});
  for (const std::string& key : keys.unasked())
    if (!object.at(key).is_null())
      keys.fail(key,
                fmt::format("{} is not supported with scaling '{}'", show(object.at(key)), scaling->type));
}

/// A number that may stand beside rope_parameters or inside it.
double inner_or_outer(ConfigKeys& keys, const json* parameters, const char* name, double otherwise,
                      double low, double high) {
  const bool outside = keys.find({name}) != nullptr;
  const double outer = keys.number_or({name}, otherwise, low, high);
  if (parameters == nullptr) return outer;
  ConfigKeys inside = keys.nested("rope_parameters", *parameters);
  const double inner = inside.number_or({name}, outer, low, high);
  if (outside && inner != outer)
    inside.fail(name, fmt::format("{} disagrees with '{}', {}", inner, name, outer));
  return inner;
}

}  // namespace

std::optional<Architecture::RopeScaling> read_rope_scaling(ConfigKeys& keys, const std::string& type) {
  Architecture::RopeScaling scaling;
  scaling.type = type == "none" ? "default" : type;
  const double length = std::ldexp(1, 28);  // tokens
  if (scaling.type == "default") {
    keys.number_or({"factor"}, 1, 1, 1);  // any other factor would be ignored, so it is refused
  } else if (scaling.type == "linear") {
    scaling.factor = keys.number({"factor"}, 1, largest_factor);
    keys.number_or({"original_max_position_embeddings"}, 1, 1, length);
  } else if (scaling.type == "llama3") {
    scaling.factor = keys.number({"factor"}, 1, largest_factor);
    scaling.low_frequency_factor = keys.number({"low_freq_factor"}, 1e-6, largest_factor);
    scaling.high_frequency_factor = keys.number({"high_freq_factor"}, 1e-6, largest_factor);
    scaling.original_positions = keys.number({"original_max_position_embeddings"}, 1, length);
    if (scaling.high_frequency_factor <= scaling.low_frequency_factor)
      keys.fail("high_freq_factor", fmt::format("{} is not above low_freq_factor {}",
                                                scaling.high_frequency_factor, scaling.low_frequency_factor));
  } else {
    return std::nullopt;
  }
  return scaling;
}

void read_rope(ConfigKeys& keys, Architecture& a) {
  const json* const scaling = keys.find({"rope_scaling"});
  const json* const parameters = keys.find({"rope_parameters"});
  if (scaling != nullptr) read_object(keys, "rope_scaling", *scaling, a);
  if (parameters != nullptr) {
    const auto before = a.rope_scaling;
    read_object(keys, "rope_parameters", *parameters, a);
    if (scaling != nullptr && before != a.rope_scaling)
      keys.fail("rope_parameters", "disagrees with 'rope_scaling'");
  }
  a.rope_theta = inner_or_outer(keys, parameters, "rope_theta", 10000, 1, largest_theta);
  const double part = inner_or_outer(keys, parameters, "partial_rotary_factor", 1, 1e-6, 1);
  // Rounded down, as Hugging Face does.
  a.rotary_dims = static_cast<std::size_t>(static_cast<double>(a.head_dim) * part);
  if (a.rotary_dims == 0 || a.rotary_dims % 2 != 0)
    keys.fail(
        part == 1 ? "head_dim" : "partial_rotary_factor",
        fmt::format("rotary embedding turns {} of {} entries of a head; the number must be even and not 0",
                    a.rotary_dims, a.head_dim));
}

}  // namespace halfulp
