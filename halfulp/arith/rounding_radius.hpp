// What one rounding can err by, whatever the number and the random bits.
#pragma once

#include <limits>

#include "halfulp/arith/format.hpp"

namespace halfulp {

/// |round(z) - z| <= relative |z| + absolute for every |z| <= largest.  By default nothing is rounded.
struct RoundingRadius {
  double relative = 0;  // u to nearest, 2 u in other modes
  double absolute = 0;  // half the smallest subnormal, or all of it; 0 where exponents have no bounds
  double largest = std::numeric_limits<double>::infinity();

  RoundingRadius() = default;
  explicit RoundingRadius(const RoundingRule& rule) {
    const Format& f = rule.format;
    const double steps = rule.is_to_nearest() ? 0.5 : 1;
    // Decimal results, and all of functions that are not correctly rounded, pass through binary64 first.
    const double through_binary64 = f.is_decimal() ? 0x1p-51 : f.precision > 51 ? 0x1p-59 : 0;
    relative = 2 * steps * f.unit_roundoff() + through_binary64;
    absolute = steps * f.smallest_subnormal();
    if (absolute == 0) absolute = f.smallest_subnormal();  // half of binary64's is no number
    largest = f.max_finite;
  }

  /// For all numbers up to `magnitude`; infinite where one may overflow.
  double operator()(double magnitude) const {
    return magnitude <= largest ? relative * magnitude + absolute : std::numeric_limits<double>::infinity();
  }
};

}  // namespace halfulp
