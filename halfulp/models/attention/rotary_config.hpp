// The rotary embedding of each layer from config.json: "rope_theta" and "rope_scaling", or "rope_parameters",
// which may be nested by layer type; rotary_pct and rotary_emb_base; a base of its own for sliding layers.
#pragma once

#include <string>
#include <vector>

#include "halfulp/models/attention/attention_family.hpp"
#include "halfulp/models/config_keys.hpp"

namespace halfulp {

/// The rotary embedding of a layer of this type.  Frequencies for the scalings default, linear, llama3 and
/// yarn; none, and a line in `warnings`, for others.  Throws input_error for keys that make no sense.
RotaryEmbedding read_rotary(ConfigKeys& keys, const AttentionFamily& family, std::size_t head_width,
                            const std::string& layer_type, std::vector<std::string>& warnings);

/// Whether config.json has any key of a rotary embedding.
bool has_rotary_keys(ConfigKeys& keys);

}  // namespace halfulp
