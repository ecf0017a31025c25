// The one place where a number is rounded to a format.
//
// round() takes the exact value as x + r, where x is the binary64 number nearest to it and r has the sign of
// what is left over (0 when x is exact): that is enough to round correctly in every mode to every format of
// up to 52 bits, because |r| <= ulp(x)/2 only decides on which side of a candidate or a midpoint the exact
// value lies; 53 bits and nearest-away also need to know whether |r| = ulp(x)/2.  Work is done on the integer
// 8 m + sign(r), m the 53-bit significand: three extra bits keep apart x, the exact value and the midpoints,
// also just below a power of two where the spacing halves.
#pragma once

#include <cstdint>

#include "halfulp/arith/format.hpp"

namespace halfulp {

/// The exact value x + residual: residual < 0, = 0 or > 0 says on which side of x it lies.  An infinite x
/// with a residual (towards zero) stands for a finite number beyond the range of binary64.
struct Inexact {
  double x;
  double residual = 0;
  bool is_midpoint = false;  // midway between x and the next binary64 number away from zero
};

/// Exact sums, products, quotients, roots and a b + c as (nearest binary64, rest), for all operands.  Only
/// the sign of the rest is promised.  A quotient by zero is an exact infinity.
Inexact exact_add(double a, double b);
Inexact exact_mul(double a, double b);
Inexact exact_div(double a, double b);
Inexact exact_sqrt(double a);
Inexact exact_fma(double a, double b, double c);

/// Number of random bits that a stochastic rounding to t significant bits uses: min(24 - t, 16) for t <= 11
/// (the exact value is first rounded to 24 bits, as a binary32 accumulator does), else min(53 - t, 32).
/// The mean of the rounded value differs from the exact one by at most 2^-r ulp.
int stochastic_bits(const Format& format);

/// The exact value rounded once: to `rule.format`, in the direction `rule.mode`.
/// random: 32 uniform bits, used by stochastic rounding only: the value goes up in magnitude when the top r
/// bits of `random`, plus the first r bits of the fraction of an ulp, carry.  (fp64 has r = 0: nearest.)
/// Zeros keep their sign and underflow to zero keeps the sign of the value (fnuz formats: +0).  Overflow
/// gives what overflow_result says, or the largest finite number when rule.saturate.  NaN stays NaN, also
/// where the format has none.  An infinite input is infinite, in every mode: NaN where the format has no
/// infinity, the largest finite number where it has no NaN either or when rule.saturate.
double round(const Inexact& value, const RoundingRule& rule, std::uint32_t random = 0);

/// Whether a finite value, rounded as if exponents had no upper limit, is beyond the largest finite number.
bool overflows(const Inexact& value, const RoundingRule& rule, std::uint32_t random = 0);

/// Round to p significant decimal digits, half to even, of the exact value of x; then the nearest binary64.
double round_to_digits(double x, int digits);

}  // namespace halfulp
