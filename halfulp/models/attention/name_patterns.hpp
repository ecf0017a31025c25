// The names of an unknown architecture, guessed from the names and shapes of its tensors.
#pragma once

#include <string>
#include <vector>

#include "halfulp/models/attention/attention_family.hpp"
#include "halfulp/models/tensor_table.hpp"

namespace halfulp {

/// What stands before a family's names ("model.", "language_model.model.", ""), found by the tensor of layer
/// 0's queries; towers for images and sound are passed over.  Throws input_error when there is none, or more
/// than one.
std::string find_root(const TensorTable& table, const LayerNames& names);

/// Fills family.names and family.norm, the widths and number of layers that `shape` lacks, and `root`.  Each
/// assumption is a line in `warnings`.  Throws input_error when no attention is recognised.
void guess_names(const TensorTable& table, AttentionFamily& family, AttentionShape& shape, std::string& root,
                 std::vector<std::string>& warnings);

}  // namespace halfulp
