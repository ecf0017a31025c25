// Rounding to odd:  a value strictly between two neighbouring binary64 numbers becomes the one with the odd
// significand; a binary64 number stays.  The last bit then remembers "inexact", so that a second rounding, to
// any format of t <= 51 bits whose quantum is at least 4 x 2^-1074 and in any mode (nearest with any tie
// rule, up, down, to zero, to odd), gives what one rounding of the original value would have given. Source:
// Boldo, Melquiond, "Emulation of FMA and correctly rounded sums: proved algorithms using rounding to odd",
// IEEE Trans. Computers 57 (2008), Theorem 3: innocuous when the first precision exceeds the second by at
// least two.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

#include "halfulp/arith/double_double.hpp"

namespace halfulp {

/// x + tail rounded to odd, for a tail of known sign with 0 <= |tail| < the distance from x to its neighbour
/// on that side; only the sign of the tail is looked at.  x finite and not zero (an exact zero has no tail).
/// Past the largest finite number, whose significand is odd, the result stays there: it is not an infinity.
inline double round_to_odd(double x, double tail) {
  const auto bits = std::bit_cast<std::uint64_t>(x);
  // 1 if x is even and the sum inexact.  No branches: each would be a coin toss.
  const std::uint64_t step = ~bits & (tail != 0 ? 1 : 0);
  const std::uint64_t toward_zero = (bits ^ std::bit_cast<std::uint64_t>(tail)) >> 63;
  return std::bit_cast<double>(bits + step - 2 * (step & toward_zero));
}

/// hi + lo rounded to odd.  NaN, infinities and zeros are returned as they are.
inline double round_to_odd(DoubleDouble value) {
  return detail::has_error_term(value.hi) ? round_to_odd(value.hi, value.lo) : value.hi;
}

/// (hi + lo) 2^exponent rounded to odd *once*, also where the result is subnormal.  A result past the largest
/// finite number is that number, one below 2^-1074 in magnitude is +-2^-1074 (both odd).
/// Needs value.hi zero or normal;  NaN, infinities and zeros are returned as they are.
inline double round_to_odd_scaled(DoubleDouble value, int exponent) {
  if (!detail::has_error_term(value.hi)) return value.hi;
  constexpr std::uint64_t fraction_mask = (std::uint64_t{1} << 52) - 1;
  const auto bits = std::bit_cast<std::uint64_t>(round_to_odd(value));
  const std::uint64_t sign = bits & (std::uint64_t{1} << 63);
  const int biased_exponent = static_cast<int>((bits >> 52) & 2047) + exponent;
  if (biased_exponent >= 2047) return std::bit_cast<double>(sign | ((std::uint64_t{2047} << 52) - 1));
  if (biased_exponent >= 1) {
    return std::bit_cast<double>(sign | (static_cast<std::uint64_t>(biased_exponent) << 52) |
                                 (bits & fraction_mask));
  }
  // Rounding to odd twice is rounding to odd once: bits shifted out are or-ed into the last bit.
  const std::uint64_t significand = (std::uint64_t{1} << 52) | (bits & fraction_mask);
  const int shift = 1 - biased_exponent;
  if (shift > 52) return std::bit_cast<double>(sign | 1);
  const std::uint64_t lost = significand & ((std::uint64_t{1} << shift) - 1);
  return std::bit_cast<double>(sign | (significand >> shift) | (lost != 0 ? 1 : 0));
}

}  // namespace halfulp
