#include "halfulp/arith/scaled_exponential.hpp"

#include <cmath>

#include "halfulp/arith/elementary/elementary.hpp"

namespace halfulp {

double exp_in_scale_of(double a, double m, int radix) {
  const DoubleDouble unit = log(DoubleDouble{static_cast<double>(radix)});
  const double k = std::isfinite(m) ? std::nearbyint(m / unit.hi) : 0.0;
  const DoubleDouble z = exp(DoubleDouble{a} - unit * k);
  return radix == 2 ? round_to_odd(z) : z.hi;
}

void root_parts(double d, double parts[2]) {
  const DoubleDouble root = sqrt(DoubleDouble{d});
  parts[0] = root.hi;
  parts[1] = root.lo;
}

}  // namespace halfulp
