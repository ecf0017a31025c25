// What stands before the names of a family's tensors: "model.", "language_model.model.", "bert.", or nothing.
#pragma once

#include <string>
#include <string_view>

#include "halfulp/models/attention/attention_family.hpp"
#include "halfulp/models/tensor_table.hpp"

namespace halfulp {

/// Found by the tensor of layer 0's queries; towers for images and sound are passed over where there is
/// another. Throws input_error when there is none, or more than one.
std::string find_root(const TensorTable& table, const LayerNames& names);

/// Whether these are names of a part for images or sound.
bool is_other_tower(std::string_view root);

}  // namespace halfulp
