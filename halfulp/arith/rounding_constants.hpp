// A rounding rule as the few numbers that the packed rounders keep in registers.
#pragma once

#include <cstdint>

#include "halfulp/arith/format.hpp"

namespace halfulp {

/// For a format of t bits in a carrier T of p bits (24 or 53), s = p - t.
template <class T>
struct RoundingConstants {
  T split = 1;          // 2^s
  T split_minus_1 = 0;  // 2^s - 1
  T floor = 0;    // 1.5 2^(emin + s): its last place is that of the format's subnormals; 0 when unbounded
  T ceiling = 0;  // large enough to round anything beyond max_finite to something beyond it
  T smallest_normal = 0, max_finite = 0;
  T beyond = 0;             // what overflow gives: infinity, NaN or max_finite
  bool signed_zero = true;  // false: -0 becomes +0 (fnuz)
  int dropped = 0;          // s
  int random_bits = 0;      // r of stochastic rounding
  int digits = 0;
};

/// Ways to round a carrier number to nearest-even or at random; which are right for a rule.
template <class T>
RoundingConstants<T> rounding_constants(const RoundingRule& rule);

/// Whether the numbers of the format are among those of T with room to spare, so that adding and subtracting
/// a power of two derived from the number's own exponent rounds it, whatever its size.
template <class T>
bool fits_grid(const RoundingRule& rule);

/// Whether the format is binary32's with fewer bits (bf16, tf32): rounding is integer arithmetic on its bits.
bool fits_bits(const RoundingRule& rule);

}  // namespace halfulp
