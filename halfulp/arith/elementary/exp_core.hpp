// The fast path of exp, one template for scalars and packs.
//
//   exp(x) = 2^(n/64) exp(r),   n = round(64 x / log 2),   |r| <= 2^-7.52,
//
// with 2^(j/64), j = n mod 64, from a table and a Taylor polynomial.  No fma is needed, so a pack without it
// gives the same bits.  For a pack type V supply, beside + - * and V(double), look_up_power_of_two(V); every
// lane then has the bits of the scalar.
#pragma once

#include <bit>
#include <cstdint>

#include "halfulp/arith/elementary/tables.hpp"

namespace halfulp::detail {

/// 1.5 x 2^52: x + round_shift - round_shift is x rounded to the nearest integer for |x| < 2^51, and the low
/// bits of the representation of x + round_shift are that integer in two's complement.
inline constexpr double round_shift = 0x1.8p52;

/// The n of x + round_shift = n + round_shift.
inline std::int64_t integer_of(double shifted) {
  return std::bit_cast<std::int64_t>(shifted) - std::bit_cast<std::int64_t>(round_shift);
}

/// 2^k as a binary64 number, -1022 <= k <= 1023.
inline double exact_power_of_two(std::int64_t k) {
  return std::bit_cast<double>(static_cast<std::uint64_t>(k + 1023) << 52);
}

/// x 2^k rounded once; x normal, |k| <= 2000.
inline double scaled(double x, std::int64_t k) {
  return x * exact_power_of_two(k / 2) * exact_power_of_two(k - k / 2);
}

/// x 2^k for a number in [1/2, 4) and -1021 <= k <= 1021, by integer addition to the exponent.
inline double scaled_normal(double x, std::int64_t k) {
  return std::bit_cast<double>(std::bit_cast<std::uint64_t>(x) + (static_cast<std::uint64_t>(k) << 52));
}

/// 2^(j/64) = hi + mid for j = n mod 64, up to 2^-79: the third part is for the accurate path.
template <class V>
struct PowerOfTwo {
  V hi, mid;
};

inline PowerOfTwo<double> look_up_power_of_two(double shifted) {
  const ThreeParts& t = power_of_two[integer_of(shifted) & 63];
  return {t.hi, t.mid};
}

/// exp(x) = (hi + lo) 2^k with k = floor(n/64), n = shifted - round_shift;  hi = RN(hi + lo) in (0.99, 2.02).
template <class V>
struct ExpParts {
  V hi, lo, shifted;
};

/// For |x| <= 746;  relative error of hi + lo at most 2^-65 =: exp_core_error.  With u = 2^-53:
///   n log_2_by_64.hi: 17 + 34 bits, exact; the difference to x is exact (Sterbenz, or n = 0).
///   r = r_hi + r_lo: r_hi is a multiple of 2^-33 of at most 26 bits; error of r below 2^-77 (roundings
///     of tail and of r_lo 2^-79 each, third part of log(2)/64 left out 2^-79).
///   q = exp(r) - 1 - r: |q| <= 2^-16.06, five roundings deep: 5u 2^-16.06 = 2^-66.7; r^8/8! left out: 2^-75.
///   t.hi r_hi: 26 + 26 bits, exact.  Four more roundings of terms below 2^-15.9: 4u 2^-15.9 <= 2^-66.9.
///   t without its third part: 2^-79.  Sum: 2^-65.8 of t, and exp(r) >= 0.994.
inline constexpr double exp_core_error = 0x1p-65;

template <class V>
ExpParts<V> exp_core(V x) {
  const V shifted = x * V(0x1.71547652b82fep6) + V(round_shift);  // 64 / log 2
  const V n = shifted - V(round_shift);
  const V d = x - n * V(log_2_by_64.hi);
  const V tail = n * V(log_2_by_64.mid);
  const V r_hi = (d + V(0x1.8p19)) - V(0x1.8p19);  // nearest multiple of 2^-33
  const V r_lo = (d - r_hi) - tail;
  const V r = r_hi + r_lo;
  const V r2 = r * r;
  const V q = r2 * ((V(0.5) + r * V(inverse_factorial[3].hi)) +
                    r2 * ((V(inverse_factorial[4].hi) + r * V(inverse_factorial[5].hi)) +
                          r2 * (V(inverse_factorial[6].hi) + r * V(inverse_factorial[7].hi))));
  const V s = r_lo + q;
  const auto t = look_up_power_of_two(shifted);
  const V product = t.hi * r_hi;
  const V rest = t.mid + (t.mid * (r_hi + s) + t.hi * s);
  const V sum = t.hi + product;  // exact with its error (Dekker): |product| < t.hi
  const V error = (product - (sum - t.hi)) + rest;
  const V hi = sum + error;
  const V lo = error - (hi - sum);
  return {hi, lo, shifted};
}

}  // namespace halfulp::detail
