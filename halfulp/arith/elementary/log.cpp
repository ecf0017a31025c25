// log and pow:  log(x) = (64 e + j) log(2)/64 + log(v),  x = 2^(e + j/64) v,  v near 1,
//               log(v) = 2 atanh(s) = 2s (1 + s^2/3 + s^4/5 + ...),  s = (v-1)/(v+1),  |s| <= 2^-8.4.
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "halfulp/arith/elementary/elementary.hpp"
#include "halfulp/arith/elementary/exp_core.hpp"

namespace halfulp {
namespace {

using detail::log_2_by_64;
using detail::round_shift;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

}  // namespace

DoubleDouble log(DoubleDouble x) {
  if (x.hi != x.hi || x.hi == infinity) return {x.hi, 0};
  if (x.hi == 0) return {-infinity, 0};
  if (x.hi < 0) return {not_a_number, 0};

  // x = 2^e m with m in [1/sqrt 2, sqrt 2): near x = 1 there is no multiple of log 2 to cancel against.
  int e = 0;
  if (x.hi < 0x1p-960) {  // lo would lose bits below 2^-1074 on its way; subnormals become normal
    x = {x.hi * 0x1p200, x.lo * 0x1p200};
    e = -200;
  }
  int own = static_cast<int>(std::bit_cast<std::uint64_t>(x.hi) >> 52) - 1023;
  if (detail::scaled(x.hi, -own) > 0x1.6a09e667f3bcdp0) ++own;
  e += own;
  const DoubleDouble m{detail::scaled(x.hi, -own), detail::scaled(x.lo, -own)};

  // j = round(64 log2 m), from three terms of the same series; off by one would only move v from 1.
  const double s0 = (m.hi - 1) / (m.hi + 1);
  const double y0 = s0 * s0;
  const double j =
      (s0 * (1 + y0 * (1.0 / 3 + y0 * (1.0 / 5))) * (128 * 0x1.71547652b82fep0) + round_shift) - round_shift;
  const int ji = static_cast<int>(j);
  const detail::ThreeParts& t = detail::power_of_two[-ji & 63];  // 2^(-j/64), doubled if j > 0
  const WithError top = fast_two_sum(t.hi, t.mid);
  const double halve = ji > 0 ? 0.5 : 1.0;
  const DoubleDouble v = m * (halve * renormalized(top.value, top.error + t.lo));

  // s^2n/(2n+1) for n >= 3 is below 2^-53: binary64 suffices.  s^14/15 < 2^-121 is left out.
  const DoubleDouble s = (v - 1.0) / (v + 1.0);
  const DoubleDouble y = s * s;
  const double high_terms = 1.0 / 7 + y.hi * (1.0 / 9 + y.hi * (1.0 / 11 + y.hi * (1.0 / 13)));
  const DoubleDouble sum = detail::inverse[3] + y * (detail::inverse[5] + y * high_terms);
  const DoubleDouble log_v = 2.0 * (s + s * (y * sum));

  const double n = 64.0 * e + j;
  const WithError tail = two_prod(n, log_2_by_64.mid);
  return n * log_2_by_64.lo + DoubleDouble{tail.value, tail.error} + log_v + n * log_2_by_64.hi;
}

DoubleDouble pow(DoubleDouble base, DoubleDouble exponent) {
  if (exponent.hi == 0 || base == DoubleDouble{1}) return {1, 0};
  if (base.hi != base.hi || exponent.hi != exponent.hi || base.hi < 0) return {not_a_number, 0};
  return exp(exponent * log(base));
}

double log(double x) { return log(DoubleDouble{x}).hi; }

double pow(double base, double exponent) { return pow(DoubleDouble{base}, DoubleDouble{exponent}).hi; }

}  // namespace halfulp
