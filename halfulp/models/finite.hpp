// NaN and infinity among stored numbers, found at the speed of memory.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "halfulp/linalg/weight_view.hpp"
#include "halfulp/models/tensor_table.hpp"

namespace halfulp {

/// Index of the first number that is NaN or infinite: the one whose exponent is all ones.
std::optional<std::size_t> first_nonfinite(std::span<const std::byte> bytes, DType dtype);

/// Throws input_error naming file, tensor, entry and byte when a weight is NaN or infinite.  Reads in steps
/// of a few megabytes, lets the pages go again after each, and stops (`interrupted`) on Ctrl-C.  The message
/// ends with the cure.
void check_finite(const TensorInfo& weight, const char* cure = "--allow-nonfinite loads it all the same");

}  // namespace halfulp
