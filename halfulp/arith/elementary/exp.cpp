// exp and expm1:  exp(x) = 2^k 2^(j/64) exp(r),  64 k + j = n = round(64 x / log 2),  |r| <= 2^-7.52.
// The fast path is in exp_core.hpp; here are the accurate path, special cases, final rounding.
#include <cmath>
#include <limits>

#include "halfulp/arith/elementary/elementary.hpp"
#include "halfulp/arith/elementary/exp_core.hpp"

namespace halfulp {
namespace {

using detail::integer_of;
using detail::inverse_factorial;
using detail::log_2_by_64;
using detail::round_shift;
using detail::scaled;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double largest = std::numeric_limits<double>::max();
constexpr double smallest = std::numeric_limits<double>::denorm_min();

// 1024 log 2 rounded down: exp of any number above is at least 2^1024.
constexpr double overflow_threshold = 0x1.62e42fefa39efp9;
// -1075 log 2 rounded away from 0: exp of any number below is less than 2^-1075.
constexpr double underflow_threshold = -0x1.74910d52d3052p9;

/// exp(x) = 2^k (power + power * expm1_of_rest).
struct AccurateParts {
  DoubleDouble power;          // 2^(j/64)
  DoubleDouble expm1_of_rest;  // exp(r) - 1
  int k;
};

/// For |x| <= 5000.  Relative error of each part below 2^-101.
AccurateParts accurate_parts(DoubleDouble x) {
  const double shifted = x.hi * 0x1.71547652b82fep6 + round_shift;
  const double n = shifted - round_shift;
  const double d = x.hi - n * log_2_by_64.hi;  // exact, as in exp_core
  const WithError tail = two_prod(n, log_2_by_64.mid);
  // r = x exactly if n = 0.
  const DoubleDouble r = DoubleDouble{d} - DoubleDouble{tail.value, tail.error} + x.lo - n * log_2_by_64.lo;

  // r^n/n! for n >= 7 is below 2^-64 r: binary64 suffices there.  r^11/11! < 2^-100 r is left out.
  const double high_terms =
      inverse_factorial[7].hi +
      r.hi * (inverse_factorial[8].hi + r.hi * (inverse_factorial[9].hi + r.hi * inverse_factorial[10].hi));
  DoubleDouble sum = inverse_factorial[6] + r * high_terms;
  for (int i = 5; i >= 1; --i) sum = inverse_factorial[i] + r * sum;

  const auto index = integer_of(shifted);
  const detail::ThreeParts& t = detail::power_of_two[index & 63];
  const WithError top = fast_two_sum(t.hi, t.mid);
  return {renormalized(top.value, top.error + t.lo), r * sum, static_cast<int>(index >> 6)};
}

DoubleDouble mantissa(const AccurateParts& p) { return p.power + p.power * p.expm1_of_rest; }

DoubleDouble scaled_by(DoubleDouble x, int k) { return renormalized(scaled(x.hi, k), scaled(x.lo, k)); }

/// exp_odd where the fast path cannot tell.
[[gnu::noinline]] double exp_odd_accurate(double x) {
  if (x != x || x == infinity) return x;
  if (x == -infinity) return 0;
  if (x == 0) return 1;
  if (std::fabs(x) < 0x1p-54) return round_to_odd(1.0, x);  // exp(x) is next to 1, on the side of x
  if (x > overflow_threshold) return largest;
  if (x < underflow_threshold) return smallest;
  const AccurateParts parts = accurate_parts({x, 0});
  return round_to_odd_scaled(mantissa(parts), parts.k);
}

}  // namespace

DoubleDouble exp(DoubleDouble x) {
  if (x.hi != x.hi) return {x.hi, 0};
  if (x.hi > overflow_threshold + 1) return {infinity, 0};
  if (x.hi < underflow_threshold) return {0, 0};
  const AccurateParts parts = accurate_parts(x);
  return scaled_by(mantissa(parts), parts.k);
}

DoubleDouble expm1(DoubleDouble x) {
  if (!(std::fabs(x.hi) <= 75)) return exp(x) - 1.0;
  if (x.hi == 0) return x;
  const AccurateParts parts = accurate_parts(x);
  const DoubleDouble power = scaled_by(parts.power, parts.k);
  // The two terms differ in sign only if n < 0; then |power - 1| >= 2 |power expm1_of_rest|: one bit is lost.
  return (power - 1.0) + power * parts.expm1_of_rest;
}

double exp(double x) {
  if (std::fabs(x) <= 708) {
    const auto p = detail::exp_core(x);
    return detail::scaled_normal(p.hi, integer_of(p.shifted) >> 6);
  }
  return exp(DoubleDouble{x}).hi;
}

double exp_odd(double x) {
  if (std::fabs(x) <= 708) {
    const auto p = detail::exp_core(x);
    if (std::fabs(p.lo) >
        4 * detail::exp_core_error) {  // hi < 4: the sign of the true hi + lo - hi is that of lo
      return detail::scaled_normal(round_to_odd(p.hi, p.lo), integer_of(p.shifted) >> 6);
    }
  }
  return exp_odd_accurate(x);
}

}  // namespace halfulp
