// exp, tanh and erf of decimals, and the rounding of double-double values to decimals.
//
// The double-double value z of the function, relative error at most 2^-96, is scaled so that p digits stand
// before the point; the nearest whole number is certain unless z lies within its error of a midpoint.
#include <cmath>

#include "halfulp/arith/decimal/decimal.hpp"
#include "halfulp/arith/decimal/integers.hpp"
#include "halfulp/arith/decimal/scaling.hpp"
#include "halfulp/arith/elementary/elementary.hpp"

namespace halfulp {
namespace {

constexpr DoubleDouble log_of_ten = {0x1.26bb1bbb55516p+1, -0x1.f48ad494ea3e9p-53};
constexpr DoubleDouble two_over_root_pi = {0x1.20dd750429b6dp+0, 0x1.1ae3a914fed80p-56};

Decimal one(double sign) { return {sign < 0 ? -1 : 1, 0}; }

/// e with |a| < 10^e.
std::int64_t top_of(const Decimal& a) {
  return a.exponent + digits_of(static_cast<Wide>(a.significand < 0 ? -a.significand : a.significand));
}

}  // namespace

Decimal ExactDecimal::nearest(std::int64_t whole, DoubleDouble z, double error, std::int64_t shift) {
  const double below = std::floor(z.hi);
  DoubleDouble rest = DoubleDouble{z.hi - below} + z.lo;
  double more = std::floor(rest.hi);  // beyond 2^53 the low part holds units too
  rest = rest - more;
  if (rest.hi < 0) {
    more -= 1;
    rest = rest + 1.0;
  }
  const DoubleDouble beyond = rest - 0.5;
  if (std::fabs(beyond.hi) <= error) ++undecided_;
  const std::int64_t n =
      whole + static_cast<std::int64_t>(below) + static_cast<std::int64_t>(more) + (beyond.hi > 0 ? 1 : 0);
  return rounded({n, shift});
}

Decimal ExactDecimal::nearest(DoubleDouble z, double relative_error, std::int64_t shift) {
  if (!std::isfinite(z.hi) || z.hi == 0) return lift(z.hi);
  const auto most = static_cast<double>(static_cast<std::int64_t>(ten_to(digits_)));  // exact
  const DoubleDouble size = abs(z);
  std::int64_t up = digits_ - 1 - static_cast<std::int64_t>(std::floor(std::log10(size.hi)));
  DoubleDouble scaled = times_power_of_ten(size, up);
  if (scaled >= DoubleDouble{most}) scaled = times_power_of_ten(size, --up);
  if (scaled < DoubleDouble{most / 10}) scaled = times_power_of_ten(size, ++up);  // log10 was rounded up
  const Decimal y = nearest(0, scaled, scaled.hi * (relative_error + 0x1p-98), shift - up);
  return z.hi < 0 ? neg(y) : y;
}

Decimal ExactDecimal::exp(Decimal a) {
  if (a.kind == Decimal::Kind::nan) return a;
  const bool negative = a.significand < 0;
  if (a.kind == Decimal::Kind::infinite || top_of(a) > 12)
    return negative ? Decimal{} : Decimal{1, 0, Decimal::Kind::infinite};
  if (a.significand == 0 || top_of(a) < -40) return one(1);  // 1 + 10^-40 rounds to 1
  const DoubleDouble x = double_double_of(a);
  if (std::fabs(x.hi) < 0x1p-6) {
    // Next to 1 midpoints 1 + m are approached as closely as x^2: m is compared with exp(x) - 1.
    const int places = negative ? digits_ : digits_ - 1;
    const DoubleDouble z = times_power_of_ten(expm1(x), places);
    return nearest(static_cast<std::int64_t>(ten_to(places)), z, std::fabs(z.hi) * 0x1p-95, -places);
  }
  // exp(x) = 10^k exp(x - k log 10); the reduced argument has absolute error |x| 2^-98.
  const double k = std::floor(x.hi * 0.43429448190325183);
  return nearest(halfulp::exp(x - log_of_ten * k), (1 + std::fabs(x.hi)) * 0x1p-97,
                 static_cast<std::int64_t>(k));
}

Decimal ExactDecimal::tanh(Decimal a) {
  if (a.kind == Decimal::Kind::nan || a.significand == 0) return a;
  if (a.kind == Decimal::Kind::infinite || top_of(a) > 5) return one(a.significand < 0 ? -1 : 1);
  if (top_of(a) < -20) {
    // x - x^3/3, less than 10^-40 of it below x.
    const Wide m = static_cast<Wide>(a.significand < 0 ? -a.significand : a.significand);
    return rounded_to({m * ten_to(18) - 1, a.exponent - 18, true}, a.significand < 0, digits_);
  }
  return nearest(halfulp::tanh(double_double_of(a)), 0x1p-96);
}

Decimal ExactDecimal::erf(Decimal a) {
  if (a.kind == Decimal::Kind::nan || a.significand == 0) return a;
  if (a.kind == Decimal::Kind::infinite || top_of(a) > 5) return one(a.significand < 0 ? -1 : 1);
  if (top_of(a) < -20) {  // 2 x / sqrt(pi), less 10^-40 of it
    const Decimal digits_only = {a.significand, 0};
    return nearest(double_double_of(digits_only) * two_over_root_pi, 0x1p-96, a.exponent);
  }
  return nearest(halfulp::erf(double_double_of(a)), 0x1p-96);
}

}  // namespace halfulp
