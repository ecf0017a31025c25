// erf by its Taylor series at the nearest point c of a grid of step 1/8,  h = |x| - c,  |h| <= 1/16:
//   erf(c + h) = erf(c) + erf'(c) h S,   erf'(c) = 2/sqrt(pi) exp(-c^2),   S = sum_n a_n h^n / (n+1),
// where exp(-2ch - h^2) = sum_n a_n h^n:  a_0 = 1,  (n+1) a_{n+1} = -2 (c a_n + a_{n-1}).
#include <array>
#include <cmath>

#include "halfulp/arith/elementary/elementary.hpp"
#include "halfulp/arith/elementary/erf_grid.hpp"
#include "halfulp/arith/elementary/exp_core.hpp"
#include "halfulp/arith/elementary/fast.hpp"

namespace halfulp {
namespace {

constexpr int fast_grid_points = 8 * static_cast<int>(detail::last_fast_erf) + 1;

/// a_n / (n+1) for n = 2..12 at every c = j/8: the coefficients of (S - 1 + ch) / h^2.
using Coefficients = std::array<double, 11>;

constexpr std::array<Coefficients, fast_grid_points> make_coefficients() {
  std::array<Coefficients, fast_grid_points> table{};
  for (int j = 0; j < fast_grid_points; ++j) {
    const double c = j / 8.0;
    double before = 1, a = -2 * c;
    for (int n = 2; n <= 12; ++n) {
      const double next = -2 * (c * a + before) / n;
      before = a;
      a = next;
      table[j][n - 2] = a / (n + 1);
    }
  }
  return table;
}

constexpr auto coefficients = make_coefficients();

/// S in double-double.  Terms from n = 10 on, in binary64, weigh less than 2^-50 in erf(x), from 23 on
/// 2^-100.
DoubleDouble mean_of_gaussian(double c, DoubleDouble h) {
  const DoubleDouble minus_2h = -2.0 * h;
  const DoubleDouble first_factor = minus_2h * c;
  const DoubleDouble second_factor = minus_2h * h;
  DoubleDouble previous{0}, current{1}, sum{1};  // a_n h^n
  for (int n = 1; n <= 9; ++n) {
    const DoubleDouble next = (first_factor * current + second_factor * previous) * detail::inverse[n];
    previous = current;
    current = next;
    sum = sum + next * detail::inverse[n + 1];
  }
  double before = previous.hi, term = current.hi, rest = 0;
  for (int n = 10; n <= 22; ++n) {
    const double next = (first_factor.hi * term + second_factor.hi * before) / n;
    before = term;
    term = next;
    rest += next / (n + 1);
  }
  return sum + rest;
}

[[gnu::noinline]] double erf_odd_accurate(double x) {
  if (x != x || x == 0) return x;
  if (std::isinf(x)) return std::copysign(1.0, x);
  if (std::fabs(x) > detail::last_fast_erf)
    return std::copysign(0x1.fffffffffffffp-1, x);  // 0 < erfc(6) < 2^-55
  if (std::fabs(x) < 0x1p-60) {  // relative x^2/3 < 2^-121 is negligible; scaled up, lo keeps its bits
    return round_to_odd_scaled(detail::two_by_sqrt_pi * (x * 0x1p200), -200);
  }
  return round_to_odd(erf(DoubleDouble{x}));
}

}  // namespace

/// The bound: with u = 2^-53: every term but s = S - 1 + ch is a pair of numbers.  The error of s, eight
/// roundings deep with those that follow, is 8u |s|; its weight erf'(c) |h s| / erf(c + h) is largest at c =
/// 0 and c = 1/8, where |s| <= h^2/3 and erf'(c) |h| <= erf(c + h): 2^-50 2^-9.58 = 2^-59.6.  Terms from h^13
/// on: < 2^-64.
WithError detail::erf_fast(double a) {
  const double j = (8 * a + detail::round_shift) - detail::round_shift;
  const double c = j / 8;
  const double h = a - c;  // exact: c = 0, or a/2 <= c <= 2a (Sterbenz)
  const auto index = static_cast<std::size_t>(j);
  const detail::ErfGridPoint& at = detail::erf_grid[index];
  const Coefficients& p = coefficients[index];
  const double h2 = h * h;
  const double h4 = h2 * h2;
  const double s =
      h2 * (((p[0] + h * p[1]) + h2 * (p[2] + h * p[3])) +
            h4 * (((p[4] + h * p[5]) + h2 * (p[6] + h * p[7])) + h4 * ((p[8] + h * p[9]) + h2 * p[10])));
  const WithError ch = two_prod(c, h);
  const WithError sum = fast_two_sum(1.0, -ch.value);  // |ch| <= 3/8
  const double sum_lo = sum.error + (s - ch.error);    // S = sum.value + sum_lo
  const WithError slope_h = two_prod(at.slope.hi, h);
  const WithError product = two_prod(slope_h.value, sum.value);
  const double product_lo =
      product.error + (slope_h.value * sum_lo + (slope_h.error + at.slope.lo * h) * sum.value);
  const WithError y = fast_two_sum(at.value.hi, product.value);  // erf(c) is 0 or the larger
  return fast_two_sum(y.value, y.error + (at.value.lo + product_lo));
}

DoubleDouble erf(DoubleDouble x) {
  if (x.hi != x.hi) return {x.hi, 0};
  if (std::fabs(x.hi) < 0x1p-60) return detail::two_by_sqrt_pi * x;  // times 1 - x^2/3 + ...
  const DoubleDouble a = abs(x);
  DoubleDouble y{1};  // erfc(8.5) < 2^-107
  if (a.hi < 8.5) {
    const double j = (8 * a.hi + detail::round_shift) - detail::round_shift;
    const double c = j / 8;
    const DoubleDouble h = DoubleDouble{a.hi - c} + a.lo;  // exact difference
    const detail::ErfGridPoint& at = detail::erf_grid[static_cast<std::size_t>(j)];
    y = at.value + at.slope * h * mean_of_gaussian(c, h);
  }
  return std::signbit(x.hi) ? -y : y;
}

double erf(double x) {
  const double a = std::fabs(x);
  if (a >= 0x1p-200 && a <= detail::last_fast_erf) {
    const WithError y = detail::erf_fast(a);
    const double slack = detail::erf_fast_error * y.value;
    const double nearest = y.value + (y.error + slack);
    if (nearest == y.value + (y.error - slack)) return std::copysign(nearest, x);  // Ziv's test
  }
  return erf(DoubleDouble{x}).hi;
}

double erf_odd(double x) {
  const double a = std::fabs(x);
  if (a >= 0x1p-200 && a <= detail::last_fast_erf) {
    const WithError y = detail::erf_fast(a);
    if (std::fabs(y.error) > detail::erf_fast_error * y.value)
      return std::copysign(round_to_odd(y.value, y.error), x);
  }
  return erf_odd_accurate(x);
}

}  // namespace halfulp
