#include "halfulp/arith/scaled_exponential.hpp"

#include <cmath>

#include "halfulp/arith/elementary/elementary.hpp"

namespace halfulp {

namespace {

DoubleDouble scaled_argument(double a, double m, int radix) {
  if (!std::isfinite(m)) return {a, 0};
  if (std::fabs(m) > 1e6) return DoubleDouble{a} - m;
  static const DoubleDouble log_of_2 = log(DoubleDouble{2.0}), log_of_10 = log(DoubleDouble{10.0});
  const DoubleDouble unit = radix == 2 ? log_of_2 : log_of_10;
  return DoubleDouble{a} - unit * std::nearbyint(m / unit.hi);
}

}  // namespace

double exp_in_scale_of(double a, double m, int radix) {
  const DoubleDouble z = exp(scaled_argument(a, m, radix));
  return radix == 2 ? round_to_odd(z) : z.hi;
}

void root_parts(double d, double parts[2]) {
  const DoubleDouble root = sqrt(DoubleDouble{d});
  parts[0] = root.hi;
  parts[1] = root.lo;
}

}  // namespace halfulp
