// Arrays rounded number by number, as fast as they can be copied.
#pragma once

#include <cstddef>
#include <cstdint>

#include "halfulp/arith/format.hpp"

namespace halfulp {

/// out_i = round(in_i), bit for bit what round() gives (arith/round.hpp; a NaN is the canonical one), for
/// every rule.  in and out may be the same array; otherwise they must not overlap.  Results in binary32 when
/// the format has numbers that binary32 has not: rounded to the format first, then to binary32. Stochastic
/// rounding: element i takes draw number (i / 16) % 8 of the stream `key` at the entry (row, column) with
/// 2^32 row + column = 16 (i / 128) + i % 16 (arith/random_stream.hpp), whatever the instruction set. Fast:
/// nearest-even to formats of 2 to 22 bits with bounded exponents inside the carrier, and bf16, tf32 (a
/// double array: of up to 50 bits); stochastic to formats of 2 to 11 bits.  Others call round() for each
/// number.
void round_array(const RoundingRule& rule, const float* in, float* out, std::size_t n, std::uint64_t key = 0);
void round_array(const RoundingRule& rule, const double* in, double* out, std::size_t n,
                 std::uint64_t key = 0);

}  // namespace halfulp
