// Error-free transformations of binary64:  the rounding error of one + or * is itself a binary64 number, and
// these functions return it.  Hypotheses of all: round to nearest, no overflow; two_prod also needs no
// underflow.
#pragma once

#include <cmath>

namespace halfulp {

/// An unevaluated sum: `value` is the rounded result, `error` what the rounding lost;  value + error is
/// exact.
struct WithError {
  double value;
  double error;
};

/// a + b = value + error exactly, for any order of magnitudes.  6 operations.
/// Exact unless the sum overflows; gradual underflow is harmless (a sum of subnormals is exact).
/// Source: Knuth, The Art of Computer Programming 2, 4.2.2, Theorem B;  Moller 1965.
inline WithError two_sum(double a, double b) {
  const double sum = a + b;
  const double b_seen = sum - a;
  const double a_seen = sum - b_seen;
  return {sum, (a - a_seen) + (b - b_seen)};
}

/// a + b = value + error exactly, if |a| >= |b| or a = 0 (or the exponent of a is at least that of b).  3
/// operations. Source: Dekker, Numer. Math. 18 (1971), 224-242.
inline WithError fast_two_sum(double a, double b) {
  const double sum = a + b;
  return {sum, b - (sum - a)};
}

/// a * b = value + error exactly, if the product does not overflow and |ab| >= 2^-969 or ab = 0 (the error is
/// a multiple of 2^-1074 then).  2 operations, one of them a fused multiply-add. Source: Ogita, Rump, Oishi,
/// SIAM J. Sci. Comput. 26 (2005), Algorithm 3.5.
inline WithError two_prod(double a, double b) {
  const double product = a * b;
  return {product, std::fma(a, b, -product)};
}

}  // namespace halfulp
