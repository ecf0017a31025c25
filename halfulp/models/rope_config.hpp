// The rotary keys of a config.json, in the old spelling ("rope_theta", "rope_scaling") and the new
// ("rope_parameters").
#pragma once

#include <optional>
#include <string>

#include "halfulp/layers/architecture.hpp"
#include "halfulp/models/config_keys.hpp"

namespace halfulp {

/// Fills rotary_dims, rope_theta and rope_scaling of `a`, whose head_dim is known.
/// Throws input_error for an unknown scaling type, keys it does not have, and frequencies that make no sense.
void read_rope(ConfigKeys& keys, Architecture& a);

/// The scaling of the given type ("default", "linear", "llama3") from its keys; none for another type.
/// Throws input_error for keys that are missing or make no sense; keys that it does not know stay unasked.
std::optional<Architecture::RopeScaling> read_rope_scaling(ConfigKeys& keys, const std::string& type);

}  // namespace halfulp
