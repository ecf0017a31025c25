// The rounding model of the bounds:  fl(a op b) = (a op b)(1 + delta), |delta| <= u  (Model 4.1), for
// round-to-nearest without overflow and underflow; u is Format::unit_roundoff().
#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <limits>

#include "halfulp/arith/summation.hpp"
#include "halfulp/arith/upper.hpp"

namespace halfulp {

/// gamma_k = k u / (1 - k u), +inf when k u >= 1 (no statement):  a product of k factors (1 + delta_i) or
/// 1 / (1 + delta_i), |delta_i| <= u, differs from 1 by at most gamma_k.  k need not be whole (a square root
/// halves its count): for real k >= 1, (1 - u)^-k <= 1 / (1 - k u) by Bernoulli's inequality.  In binary64, a
/// few ulps off.  Source: Lemma 4.2; Higham, Accuracy and Stability, Lemma 3.1.
constexpr double gamma(double k, double u) {
  const double ku = k * u;
  return ku < 1 ? ku / (1 - ku) : std::numeric_limits<double>::infinity();
}

/// gamma_k, never too small.
inline Upper gamma_above(double k, double u) {
  const Upper ku = Upper(k) * u;
  return ku.value() < 1 ? ku / next_below(1 - ku.value()) : Upper::no_statement();
}

/// Probabilistic gamma (Higham, Mary 2019, Theorem 2.4):  exp(lambda sqrt(k) u + k u^2 / (1 - u)) - 1 bounds
/// a product of k factors (1 + delta_i) when the delta_i are independent with mean 0, with probability at
/// least 1 - 2 exp(-lambda^2 (1 - u)^2 / 2).  A *model* for round-to-nearest, not a theorem about it.
inline Upper gamma_probabilistic(double k, double u, double lambda) {
  if (!(u < 1)) return Upper::no_statement();
  return expm1(Upper(lambda) * sqrt(Upper(k)) * u + Upper(k) * u * u / next_below(1 - u));
}

/// One precision and one order of summation for every operation of a room.
struct RoundingModel {
  double u = 0;
  Summation summation{};

  /// The roundings of additions that a term passes on its way into a sum of n: n - 1 recursively (to 0 it is
  /// added exactly), ceil(log2 n) by halves, b - 1 + ceil(n/b) - 1 in blocks of b.  Source: Remark 4.5;
  /// Higham, Accuracy and Stability, section 4.2; Blanchard, Higham, Mary 2020.
  double additions(std::size_t n) const {
    if (n < 2) return 0;
    const std::size_t block = summation.block;
    if (summation.order == Order::pairwise) return std::bit_width(n - 1);
    if (summation.order == Order::recursive || n <= block) return static_cast<double>(n - 1);
    return static_cast<double>(block - 1 + (n + block - 1) / block - 1);
  }
  /// The same for the product of a dot product of n terms: its own rounding and the additions.  A fused
  /// product is not rounded alone, but its first addition (to 0) is.
  double dot(std::size_t n) const { return additions(n) + 1; }
  Upper gamma(double k) const { return gamma_above(k, u); }
};

}  // namespace halfulp
