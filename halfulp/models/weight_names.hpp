// Which tensor is which weight: the names under which each family stores its blocks.
#pragma once

#include "halfulp/layers/architecture.hpp"
#include "halfulp/models/tensor_table.hpp"

namespace halfulp {

/// The weights of `architecture`, as views of the table's tensors.
/// Throws input_error when a tensor is missing, has another shape or no dtype of weights, or is left over.
TransformerWeights find_weights(const Architecture& architecture, TensorTable& table);

}  // namespace halfulp
