// One-sided Jacobi: rotations of the columns of A until they are orthogonal,  A V = W.  In binary64 or in
// double-double; nothing is proved here (singular_values.hpp verifies).
// Source: Demmel, Veselic, SIAM J. Matrix Anal. Appl. 13 (1992).
#pragma once

#include <cmath>
#include <concepts>
#include <vector>

#include "halfulp/arith/double_double.hpp"
#include "halfulp/arith/real.hpp"
#include "halfulp/base/interrupt.hpp"

namespace halfulp::detail {

/// Vectors of one length: the columns of a matrix.
template <class F>
using Columns = std::vector<std::vector<F>>;

template <class F>
F inner(const std::vector<F>& a, const std::vector<F>& b) {
  F sum{};
  for (std::size_t i = 0; i < a.size(); ++i) sum = sum + a[i] * b[i];
  return sum;
}

/// (a, b) <- (c a - s b, s a + c b)
template <class F>
void rotate(std::vector<F>& a, std::vector<F>& b, F c, F s) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    const F x = a[i], y = b[i];
    a[i] = c * x - s * y;
    b[i] = s * x + c * y;
  }
}

/// Columns shorter than this, beside a largest entry of 1, count as zero: their squares are too small to
/// tell.
inline constexpr double zero_column = 0x1p-300;

/// A V = W, W's columns orthogonal to roundoff: w comes in as A and leaves as W; returns V.
/// Sweeps over all pairs, each made orthogonal by the smaller of its two rotations; quadratic at the end.
template <class F>
Columns<F> orthogonalise(Columns<F>& w) {
  constexpr double roundoff = std::same_as<F, double> ? 0x1p-52 : 0x1p-103;
  constexpr int most_sweeps = 60;
  const std::size_t n = w.size();
  Columns<F> v(n, std::vector<F>(n));
  for (std::size_t k = 0; k < n; ++k) v[k][k] = F{1.0};
  bool rotated = true;
  for (int sweep = 0; sweep < most_sweeps && rotated; ++sweep) {
    rotated = false;
    for (std::size_t p = 0; p + 1 < n; ++p) {
      throw_if_interrupted();
      for (std::size_t q = p + 1; q < n; ++q) {
        const F a = inner(w[p], w[p]), b = inner(w[q], w[q]), c = inner(w[p], w[q]);
        const double least = std::sqrt(double(a)), largest = std::sqrt(double(b));
        if (!(std::fmin(least, largest) > zero_column)) continue;
        const double cosine = std::fabs(double(c)) / least / largest;
        if (!(cosine > roundoff * static_cast<double>(w[p].size()))) continue;
        rotated = true;
        const F twice_cotangent = (b - a) / (c + c);
        if (!std::isfinite(double(twice_cotangent))) continue;
        const F size = abs(twice_cotangent);
        F tangent = F{1.0} / (size + sqrt(F{1.0} + size * size));
        if (double(twice_cotangent) < 0) tangent = -tangent;
        const F cos = F{1.0} / sqrt(F{1.0} + tangent * tangent), sin = cos * tangent;
        rotate(w[p], w[q], cos, sin);
        rotate(v[p], v[q], cos, sin);
      }
    }
  }
  return v;
}

}  // namespace halfulp::detail
