// The names of an unknown architecture, guessed from the names and shapes of its tensors.
#pragma once

#include <string>
#include <vector>

#include "halfulp/models/attention/attention_family.hpp"
#include "halfulp/models/tensor_table.hpp"

namespace halfulp {

/// Fills family.names and family.norm (whose value before is believed unless tensors tell otherwise), the
/// widths and the number of layers that `shape` lacks; returns the root of the names.  Each assumption is a
/// line in `warnings`. Throws input_error when no attention is recognised, or it does not fit the number of
/// heads.
std::string guess_names(const TensorTable& table, AttentionFamily& family, AttentionShape& shape,
                        std::vector<std::string>& warnings);

}  // namespace halfulp
