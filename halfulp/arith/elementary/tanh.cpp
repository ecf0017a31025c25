// tanh:  x - x^3/3 + 2x^5/15 - ...  for small |x|,  1 - 2 / (exp(2|x|) + 1)  for the rest.
#include <cmath>

#include "halfulp/arith/elementary/elementary.hpp"
#include "halfulp/arith/elementary/exp_core.hpp"
#include "halfulp/arith/elementary/fast.hpp"

namespace halfulp {
namespace {

/// For 2^-200 <= |x| <= 1/8: the Taylor polynomial of degree 19.  Relative errors, u = 2^-53:
///   the term x^2/3 <= 2^-7.5 is a pair of numbers, with error about 4u^2; the terms from 2x^4/15 <= 2^-14.9
///   on are in binary64, six roundings deep: 2^-65.3; their sums with lower parts: 3u 2^-14.9 = 2^-66.3;
///   the alternating series from x^21 on: 2^-71.  Sum below 2^-64.
WithError tanh_near_zero(double x) {
  constexpr DoubleDouble minus_third{-0x1.5555555555555p-2, -0x1.5555555555555p-56};
  const WithError z = two_prod(x, x);
  const double y = z.value;
  const double y2 = y * y;
  // Coefficients 2^(2n) (2^(2n) - 1) B_2n / (2n)!, n = 3..10.
  const double p = ((2.0 / 15 + y * (-17.0 / 315)) + y2 * (62.0 / 2835 + y * (-1382.0 / 155925))) +
                   (y2 * y2) * ((21844.0 / 6081075 + y * (-929569.0 / 638512875)) +
                                y2 * (6404582.0 / 10854718875 + y * (-443861162.0 / 1856156927625)));
  const double u_hi = y * minus_third.hi;
  const double u_lo =
      std::fma(y, minus_third.hi, -u_hi) + (y * minus_third.lo + z.error * minus_third.hi + y2 * p);
  const double v_hi = x * u_hi;
  const double v_lo = std::fma(x, u_hi, -v_hi) + x * u_lo;
  const WithError s = fast_two_sum(x, v_hi);
  return fast_two_sum(s.value, s.error + v_lo);
}

/// For 1/8 <= a <= 20.  With E = exp(2a): an error of E, 2^-65 relative, moves 2/(E+1) by 2^-65 2E/(E+1)^2,
/// that is tanh(a) by 2^-65 2E/(E^2-1) <= 2^-65 x 3.96 relatively; other roundings are below 2^-100.
WithError tanh_by_exp(double a) {
  const auto e = detail::exp_core(2 * a);
  const double scale = detail::exact_power_of_two(detail::integer_of(e.shifted) >> 6);
  const WithError d = fast_two_sum(scale * e.hi, 1.0);
  const double d_lo = d.error + scale * e.lo;
  const double q = 2 / d.value;
  const double q_lo = (std::fma(-q, d.value, 2.0) - q * d_lo) * (0.5 * q);  // Newton: 1/d = q/2
  const WithError s = fast_two_sum(1.0, -q);
  return fast_two_sum(s.value, s.error - q_lo);
}

[[gnu::noinline]] double tanh_odd_accurate(double x) {
  const double a = std::fabs(x);
  if (x != x || x == 0 || std::isinf(x)) return std::isinf(x) ? std::copysign(1.0, x) : x;
  if (a < 0x1p-30) return round_to_odd(x, -x);  // 0 < a - tanh(a) < a^3 / 3: less than an ulp, whatever it is
  if (a > 19) return std::copysign(0x1.fffffffffffffp-1, x);  // 0 < 1 - tanh(a) < 2 exp(-38) < 2^-53
  return round_to_odd(tanh(DoubleDouble{x}));
}

}  // namespace

WithError detail::tanh_fast(double x) {
  if (std::fabs(x) <= 0.125) return tanh_near_zero(x);
  const WithError t = tanh_by_exp(std::fabs(x));
  const double sign = std::copysign(1.0, x);
  return {sign * t.value, sign * t.error};
}

DoubleDouble tanh(DoubleDouble x) {
  if (x.hi != x.hi) return {x.hi, 0};
  const DoubleDouble a = abs(x);
  DoubleDouble y;
  if (a.hi > 40) {
    y = 1.0 - 2.0 * exp(-2.0 * a);  // 1 - 2/E + 2/E^2 - ...: E^-2 < 2^-230
  } else if (a.hi < 0x1p-60) {
    y = a - a.hi * (a.hi * a.hi / 3);  // the next term is below 2^-240 relatively
  } else {
    const DoubleDouble e = expm1(2.0 * a);  // no cancellation
    y = e / (e + 2.0);
  }
  return std::signbit(x.hi) ? -y : y;
}

double tanh(double x) {
  const double a = std::fabs(x);
  if (a >= 0x1p-200 && a <= detail::last_fast_tanh) return detail::tanh_fast(x).value;
  return tanh(DoubleDouble{x}).hi;
}

double tanh_odd(double x) {
  const double a = std::fabs(x);
  if (a >= 0x1p-200 && a <= detail::last_fast_tanh) {
    const WithError y = detail::tanh_fast(x);
    if (std::fabs(y.error) > detail::tanh_fast_error * std::fabs(y.value))
      return round_to_odd(y.value, y.error);
  }
  return tanh_odd_accurate(x);
}

}  // namespace halfulp
