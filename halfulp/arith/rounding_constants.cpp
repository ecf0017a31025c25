#include "halfulp/arith/rounding_constants.hpp"

#include <cmath>
#include <limits>

#include "halfulp/arith/round.hpp"

namespace halfulp {

template <class T>
RoundingConstants<T> rounding_constants(const RoundingRule& rule) {
  using Limits = std::numeric_limits<T>;
  const Format& format = rule.format;
  RoundingConstants<T> c;
  c.digits = format.digits;
  if (format.is_decimal() || format.precision >= Limits::digits) return c;
  c.dropped = Limits::digits - format.precision;
  c.split = std::ldexp(T{1}, c.dropped);
  c.split_minus_1 = c.split - 1;
  c.ceiling = std::ldexp(T{1}, Limits::max_exponent - 2);
  c.signed_zero = format.specials != Specials::fnuz;
  c.random_bits = rule.mode == Rounding::stochastic ? stochastic_bits(format) : 0;
  c.max_finite = static_cast<T>(format.max_finite);  // infinity when unbounded
  c.beyond = rule.saturate || format.specials == Specials::finite ? c.max_finite
             : format.specials == Specials::ieee                  ? Limits::infinity()
                                                                  : Limits::quiet_NaN();
  if (format.is_unbounded()) return c;
  c.floor = std::ldexp(T{1.5}, format.emin + c.dropped);
  c.smallest_normal = static_cast<T>(format.smallest_normal());
  return c;
}

template <class T>
bool fits_grid(const RoundingRule& rule) {
  using Limits = std::numeric_limits<T>;
  const Format& format = rule.format;
  if (rule.mode != Rounding::nearest_even || format.is_decimal() || format.is_unbounded()) return false;
  const int s = Limits::digits - format.precision;
  return s >= 2 && format.emin - s > Limits::min_exponent && format.emax + s + 4 < Limits::max_exponent;
}

bool fits_bits(const RoundingRule& rule) {
  const Format& format = rule.format;
  return rule.mode == Rounding::nearest_even && !rule.saturate && format.specials == Specials::ieee &&
         format.emin == -126 && format.emax == 127 && format.precision >= 2 && format.precision < 24;
}

template RoundingConstants<float> rounding_constants<float>(const RoundingRule& rule);
template RoundingConstants<double> rounding_constants<double>(const RoundingRule& rule);
template bool fits_grid<float>(const RoundingRule& rule);
template bool fits_grid<double>(const RoundingRule& rule);

}  // namespace halfulp
