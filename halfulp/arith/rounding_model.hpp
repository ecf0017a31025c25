// The rounding model of the bounds:  fl(a op b) = (a op b)(1 + delta), |delta| <= u  (Model 4.1), for
// round-to-nearest without overflow and underflow; u is Format::unit_roundoff().
#pragma once

#include <limits>

namespace halfulp {

/// gamma_k = k u / (1 - k u), +inf when k u >= 1 (no statement):  a product of k factors (1 + delta_i) or
/// 1 / (1 + delta_i), |delta_i| <= u, differs from 1 by at most gamma_k.  k need not be whole (a square root
/// halves its count): for real k >= 1, (1 - u)^-k <= 1 / (1 - k u) by Bernoulli's inequality.  In binary64, a
/// few ulps off.  Source: Lemma 4.2; Higham, Accuracy and Stability, Lemma 3.1.
constexpr double gamma(double k, double u) {
  const double ku = k * u;
  return ku < 1 ? ku / (1 - ku) : std::numeric_limits<double>::infinity();
}

}  // namespace halfulp
