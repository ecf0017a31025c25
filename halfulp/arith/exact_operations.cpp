// Exact sums, products, quotients and roots as a binary64 number and the sign of what is left over.
//
// The residual of an operation on binary64 numbers is itself one (fused multiply-add), unless something
// under- or overflows.  Near the ends of the exponent range the same is done on operands scaled to [1, 2),
// and the result referred back to the number that the operation gives there.
#include <bit>
#include <cmath>
#include <cstdint>

#include "halfulp/arith/error_free.hpp"
#include "halfulp/arith/round.hpp"

namespace halfulp {
namespace {

/// a = m 2^e with 1 <= |m| < 2; a finite and not zero.
struct Normalized {
  explicit Normalized(double a) {
    m = 2 * std::frexp(a, &e);
    e -= 1;
  }
  double m;
  int e = 0;
};

bool all_finite(double a, double b) { return std::isfinite(a) && std::isfinite(b); }

/// An infinity that stands for a finite number beyond the range of binary64.
Inexact beyond_range(double infinite) { return {infinite, infinite > 0 ? -1.0 : 1.0}; }

/// x + rest, x the nearest number and the rest exact.
Inexact with_rest(double x, double rest) {
  if (rest == 0) return {x};
  const double magnitude = std::fabs(x);
  const double ulp = std::bit_cast<double>(std::bit_cast<std::uint64_t>(magnitude) + 1) - magnitude;
  return {x, rest, 2 * std::fabs(rest) == ulp};
}

/// The exact value (z.x + z.residual) 2^scale, of which `nearest` is the nearest binary64 number.
Inexact referred_to(double nearest, Inexact z, int scale) {
  if (std::isinf(nearest)) return beyond_range(nearest);
  // Exact: where they differ nearest is subnormal or zero, hence both are multiples of the last place of z.x
  // and no further apart than z.x is from zero.
  const double gap = z.x - std::ldexp(nearest, -scale);
  const bool is_normal = std::fabs(nearest) >= 0x1p-1022;
  const bool is_half = z.residual == 0 && std::fabs(gap) == std::ldexp(1.0, -1075 - scale);
  return {nearest, gap != 0 ? gap : z.residual, is_normal ? z.is_midpoint : is_half};
}

Inexact product_in_range(double a, double b) {
  const WithError p = two_prod(a, b);
  return with_rest(p.value, p.error);
}

Inexact quotient_in_range(double a, double b) {
  const double q = a / b;
  const double rest =
      std::fma(-q, b, a);  // a - q b, exact; the quotient's residual has its sign times that of b
  return {q, std::signbit(b) ? -rest : rest};  // no midpoint: q of 54 bits times b would not be a number a
}

/// Boldo and Muller, "Exact and approximated error of the FMA", IEEE Trans. Computers 60 (2011), ErrFma:
/// a b + c = r + e1 + e2.
Inexact fma_in_range(double a, double b, double c) {
  const double r = std::fma(a, b, c);
  const WithError product = two_prod(a, b);
  const WithError low = two_sum(c, product.error);
  const WithError high = two_sum(product.value, low.value);
  const double gap = (high.value - r) + high.error;
  const WithError rest = two_sum(gap, low.error);
  Inexact z = with_rest(r, rest.value);
  z.is_midpoint = z.is_midpoint && rest.error == 0;
  return z;
}

/// a b + c with a, b, c not zero, of any exponents.
Inexact fma_rescaled(double a, double b, double c) {
  const double nearest = std::fma(a, b, c);
  const Normalized x(a), y(b), z(c);
  const int scale = x.e + y.e, above = z.e - scale;
  if (above > 300) return {nearest, x.m * y.m};  // nearest is c
  if (above >= -300) return referred_to(nearest, fma_in_range(x.m, y.m, std::ldexp(z.m, above)), scale);
  Inexact product = product_in_range(x.m, y.m);
  if (product.residual == 0) product.residual = c;  // otherwise it is at least 2^-104, above c 2^-scale
  product.is_midpoint = false;
  return referred_to(nearest, product, scale);
}

}  // namespace

Inexact exact_add(double a, double b) {
  const WithError s = two_sum(a, b);
  if (std::isfinite(s.value)) return with_rest(s.value, s.error);
  return all_finite(a, b) ? beyond_range(s.value) : Inexact{s.value};
}

Inexact exact_mul(double a, double b) {
  const double p = a * b, magnitude = std::fabs(p);
  if (magnitude >= 0x1p-960 && magnitude < HUGE_VAL) return product_in_range(a, b);
  if (a == 0 || b == 0 || !all_finite(a, b)) return {p};
  const Normalized x(a), y(b);
  return referred_to(p, product_in_range(x.m, y.m), x.e + y.e);
}

Inexact exact_div(double a, double b) {
  const double q = a / b, magnitude = std::fabs(q);
  if (std::fabs(a) >= 0x1p-900 && magnitude >= 0x1p-1022 && magnitude < HUGE_VAL && std::isfinite(a))
    return quotient_in_range(a, b);
  if (a == 0 || b == 0 || !all_finite(a, b)) return {q};
  const Normalized x(a), y(b);
  return referred_to(q, quotient_in_range(x.m, y.m), x.e - y.e);
}

Inexact exact_sqrt(double a) {
  const double s = std::sqrt(a);
  if (!(a > 0) || !std::isfinite(s)) return {s};
  const double up = a < 0x1p-900 ? 0x1p100 : 1;  // s is normal in any case
  return {s, std::fma(-(s * up), s * up, a * up * up)};
}

Inexact exact_fma(double a, double b, double c) {
  const double r = std::fma(a, b, c);
  if (a == 0 || b == 0 || !all_finite(a, b) || !std::isfinite(c)) return {r};
  if (c == 0) return exact_mul(a, b);
  const double product = std::fabs(a * b);
  if (product >= 0x1p-900 && product <= 0x1p1000 && std::fabs(c) <= 0x1p1000) return fma_in_range(a, b, c);
  return fma_rescaled(a, b, c);
}

}  // namespace halfulp
