// Whole numbers from NumPy's array format:  \x93NUMPY, version, header length, a Python dictionary, the
// numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace halfulp {

bool is_npy(std::span<const std::byte> file);

/// The numbers of a little-endian i1, i2, i4, i8, u1, u2, u4 or u8 array of shape [n] or [1, n], in either
/// order. Throws input_error for any other array, a header that lies, and numbers that are negative or above
/// 2^32 - 1.
std::vector<std::uint32_t> parse_npy_ids(std::span<const std::byte> file, const std::string& where);

}  // namespace halfulp
