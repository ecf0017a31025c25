// What a config.json says about attention: sizes, scales and positions, in every spelling that is in use.
#pragma once

#include <string>
#include <vector>

#include "halfulp/models/attention/attention_family.hpp"
#include "halfulp/models/config_keys.hpp"

namespace halfulp {

/// The known family that config.json names, or none ("unknown", without names).  `stated` becomes what it
/// says. Throws input_error when two keys name different known families.
AttentionFamily read_attention_family(ConfigKeys& keys, std::string& stated);

/// The sizes.  0 stands where the tensors must tell: inner, and for an unknown family layers and the heads'
/// widths.  A nested text_config may leave out what is usual in its family; that is added to `warnings`.
/// Throws input_error for keys that are missing, ill-typed, absurd or do not divide.
AttentionShape read_attention_shape(ConfigKeys& keys, const AttentionFamily& family, bool nested,
                                    std::vector<std::string>& warnings);

/// Fails when heads, key heads and widths do not fit together; for whoever has found them elsewhere.
void check_attention_shape(ConfigKeys& keys, const AttentionShape& shape);

/// Factor on q.k in a layer: 1/sqrt(head_width) unless keys say otherwise.
double read_score_scale(ConfigKeys& keys, const AttentionFamily& family, const AttentionShape& shape,
                        std::size_t layer);

/// epsilon of the norms, in any spelling.
double read_norm_epsilon(ConfigKeys& keys, const AttentionFamily& family);

/// Whether there are biases, by the family's rule.
bool read_bias(ConfigKeys& keys, const BiasRule& rule);

/// Whether a layer of a model with rotary embedding has it: "no_rope_layers" has 0 for those that have not.
bool has_rotary(ConfigKeys& keys, const AttentionFamily& family, std::size_t layer);

/// "full_attention", "sliding_attention", ... of a layer; empty when config.json does not distinguish.
std::string read_layer_type(ConfigKeys& keys, const AttentionFamily& family, std::size_t layer);

}  // namespace halfulp
