// Extreme singular values: in binary64 (T = double, rounded), or enclosed (T = Ball, proved).
//
// One-sided Jacobi: rotations of the columns of A until they are orthogonal, A V = W = U Sigma.  What it
// gives is only believed after a verification in balls, which needs no theory of the iteration:
//
//   |sigma_k(A V) - sigma_k(U Sigma)| <= ||A V - U Sigma||_F                                    (Weyl)
//   sigma_k(A V) / sigma_k(A)  and  sigma_k(U Sigma) / Sigma_k  are singular values' ranges of V and of U,
//   within sqrt(1 +- ||V^T V - I||_F) and sqrt(1 +- ||U^T U - I||_F)
//
// Our own and not LAPACK's because it runs in double-double too, where the enclosure keeps 25 digits and
// more. Sources: Demmel, Veselic, SIAM J. Matrix Anal. Appl. 13 (1992); Rump, BIT 51 (2011) for the
// verification.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "halfulp/arith/real.hpp"
#include "halfulp/base/error.hpp"
#include "halfulp/base/interrupt.hpp"
#include "halfulp/base/view.hpp"
#include "halfulp/linalg/one_sided_jacobi.hpp"

namespace halfulp {

/// The largest and the smallest of the min(rows, columns) singular values; 0, 0 of an empty matrix.
template <Real T>
struct SingularRange {
  T largest{0.0}, smallest{0.0};
};

namespace detail {

/// The columns of a, or of its transpose where that has fewer, times 2^-exponent.
template <class F, Real T>
Columns<F> scaled_columns(MatrixView<const T> a, int exponent) {
  const bool tall = a.columns() <= a.rows();
  const std::size_t m = tall ? a.rows() : a.columns(), n = tall ? a.columns() : a.rows();
  const double scale = std::ldexp(1.0, -exponent);
  Columns<F> columns(n, std::vector<F>(m));
  for (std::size_t k = 0; k < n; ++k) {
    for (std::size_t i = 0; i < m; ++i) {
      const T& entry = tall ? a(i, k) : a(k, i);
      if constexpr (std::same_as<T, F>)
        columns[k][i] = entry * T(scale);
      else if constexpr (std::same_as<T, Ball> && std::same_as<F, DoubleDouble>)
        columns[k][i] = entry.mid * scale;
      else
        columns[k][i] = entry.mid.hi * scale;
    }
  }
  return columns;
}

/// The exponent that takes the largest entry near 1; nothing for a matrix that is zero or not finite.
template <Real T>
std::optional<int> scaling_exponent(MatrixView<const T> a, bool& finite) {
  double largest = 0;
  finite = true;
  for (std::size_t i = 0; i < a.rows(); ++i) {
    for (std::size_t j = 0; j < a.columns(); ++j) {
      const double size = magnitude(a(i, j));
      if (!std::isfinite(size))
        finite = false;
      else
        largest = std::fmax(largest, size);
    }
  }
  if (!finite || largest == 0) return std::nullopt;
  return std::clamp(std::ilogb(largest), -1000, 1000);
}

/// Above || X^T X - I ||_F.
inline Upper distance_from_orthogonal(const Columns<Ball>& x) {
  Upper squares;
  for (std::size_t j = 0; j < x.size(); ++j) {
    for (std::size_t k = 0; k <= j; ++k) {
      const Upper entry = magnitude(inner(x[j], x[k]) - Ball(j == k ? 1.0 : 0.0));
      squares += entry * entry * (j == k ? 1 : 2);
    }
  }
  return sqrt(squares);
}

template <class F>
Columns<Ball> in_balls(const Columns<F>& x) {
  Columns<Ball> y;
  for (const std::vector<F>& column : x) y.emplace_back(column.begin(), column.end());
  return y;
}

/// The enclosure of the head of this file, Jacobi in F; the singular values are those of a / 2^exponent.
template <class F>
SingularRange<Ball> verified_range(MatrixView<const Ball> a, int exponent) {
  Columns<F> w = scaled_columns<F>(a, exponent);
  const Columns<Ball> exact = scaled_columns<Ball>(a, exponent);
  const Columns<Ball> v = in_balls(orthogonalise(w));
  std::vector<F> sigma;
  Columns<F> kept;  // U without the columns of a zero sigma, which W then leaves to the distance
  for (std::vector<F>& column : w) {
    const F length = sqrt(inner(column, column));
    const bool zero = !(double(length) > zero_column);
    sigma.push_back(zero ? F{} : length);
    if (zero) continue;
    for (F& entry : column) entry = entry / length;
    kept.push_back(std::move(column));
  }
  const Columns<Ball> u = in_balls(kept);
  Upper squares;
  for (std::size_t k = 0, next = 0; k < v.size(); ++k) {
    throw_if_interrupted();
    std::vector<Ball> image(exact[0].size());
    for (std::size_t j = 0; j < v.size(); ++j)
      for (std::size_t i = 0; i < image.size(); ++i) image[i] += exact[j][i] * v[k][j];
    const bool zero = sigma[k] == F{};
    for (std::size_t i = 0; i < image.size(); ++i) {
      const Upper apart = magnitude(zero ? image[i] : image[i] - u[next][i] * Ball(sigma[k]));
      squares += apart * apart;
    }
    if (!zero) ++next;
  }
  const Ball weyl(DoubleDouble{}, sqrt(squares).value());
  const Ball of_u = sqrt(Ball(DoubleDouble{1.0}, distance_from_orthogonal(u).value()));
  const Ball of_v = sqrt(Ball(DoubleDouble{1.0}, distance_from_orthogonal(v).value()));
  const auto [least, largest] = std::minmax_element(sigma.begin(), sigma.end());
  return {(Ball(*largest) * of_u + weyl) / of_v, (Ball(*least) * of_u + weyl) / of_v};
}

}  // namespace detail

/// Up to so many rows or columns (the fewer), enclosures come from Jacobi in double-double.
inline constexpr std::size_t most_columns_in_double_double = 32;
inline constexpr std::size_t most_enclosed = 256;  // seconds; twice as many would take a minute

/// sigma_max and sigma_min of a [m, n].  Ball: enclosures, whose radii are about 1e-29 sigma_max up to 32
/// columns and 1e-12 sigma_max beyond (64 columns: 0.05 s), besides what the radii of a give; that of
/// sigma_min of a singular matrix contains 0.  Unknown (NaN, an unbounded ball) where an entry is not finite.
/// Ball: throws resource_error where both sizes are above most_enclosed.
template <Real T>
SingularRange<T> singular_range(MatrixView<const T> a) {
  bool finite = true;
  const std::optional<int> exponent = detail::scaling_exponent(a, finite);
  if (!finite) {
    const T unknown = infinite<T>() - infinite<T>();
    return {unknown, unknown};
  }
  if (!exponent) return {};
  SingularRange<T> range;
  if constexpr (std::same_as<T, double>) {
    detail::Columns<double> w = detail::scaled_columns<double>(a, *exponent);
    detail::orthogonalise(w);
    std::vector<double> sigma;
    for (const std::vector<double>& column : w) sigma.push_back(std::sqrt(detail::inner(column, column)));
    const auto [least, largest] = std::minmax_element(sigma.begin(), sigma.end());
    range = {*largest, *least};
  } else {
    const std::size_t count = std::min(a.rows(), a.columns());
    if (count > most_enclosed || a.rows() + a.columns() > 32 * most_enclosed)
      throw resource_error(
          fmt::format("singular values of a {} x {} matrix: they are enclosed for at most {} rows or columns",
                      a.rows(), a.columns(), most_enclosed));
    const bool small = count <= most_columns_in_double_double;
    range = small ? detail::verified_range<DoubleDouble>(a, *exponent)
                  : detail::verified_range<double>(a, *exponent);
  }
  const T scale(std::ldexp(1.0, *exponent));
  return {range.largest * scale, range.smallest * scale};
}

/// sigma_max(a) = ||a||_2,2.
template <Real T>
T largest_singular_value(MatrixView<const T> a) {
  return singular_range(a).largest;
}

/// An upper bound of sigma_max of an entrywise non-negative matrix, in O(m n) an iteration.
/// For every x > 0, sigma_max^2 = rho(A^T A) <= max_i (A^T A x)_i / x_i (Collatz, Wielandt); x comes from
/// power iteration in binary64, the last step is computed upwards.  Within 1e-10 where the iteration
/// converges (a positive matrix does); never above the Frobenius norm.  inf where an entry is not finite.
/// Negative entries count as 0, zero rows and columns not at all.
template <Real T>
Upper largest_singular_value_above(MatrixView<const T> a) {
  constexpr int most_iterations = 1000;
  constexpr double close_enough = 1 + 1e-11;
  const std::size_t m = a.rows(), n = a.columns();
  bool finite = true;
  const std::optional<int> exponent = detail::scaling_exponent(a, finite);
  if (!finite) return Upper::no_statement();
  if (!exponent) return {};
  const double scale = std::ldexp(1.0, -*exponent);
  Matrix<double> b(m, n);
  Upper squares;
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      b(i, j) = (Upper(std::fmax(0.0, upper_end(a(i, j)))) * scale).value();
      squares += Upper(b(i, j)) * b(i, j);
    }
  }
  // (A^T A x)_i / x_i for the columns that are not zero, in numbers of type F.
  const auto image = [&]<class F>(const std::vector<double>& x, F) {
    std::vector<F> z(n);
    for (std::size_t i = 0; i < m; ++i) {
      F y{};
      for (std::size_t j = 0; j < n; ++j) y += F(b(i, j)) * F(x[j]);
      for (std::size_t j = 0; j < n; ++j) z[j] += F(b(i, j)) * y;
    }
    return z;
  };
  std::vector<double> x(n, 1.0);
  Upper best = squares;
  for (int iteration = 0; iteration < most_iterations; ++iteration) {
    const std::vector<double> z = image(x, double{});
    double quotient = 0, along = 0, length = 0, largest = 0;
    for (std::size_t j = 0; j < n; ++j) {
      quotient = std::fmax(quotient, z[j] / x[j]);
      along += x[j] * z[j];
      length += x[j] * x[j];
      largest = std::fmax(largest, z[j]);
    }
    if (!(largest > 0)) return {};
    if (quotient <= close_enough * (along / length) || iteration + 1 == most_iterations) break;
    // Entries that fade (a part of the matrix that is not linked to the largest) must stay positive.
    for (std::size_t j = 0; j < n; ++j) x[j] = std::fmax(z[j] / largest, 0x1p-200);
  }
  Upper quotient;
  const std::vector<Upper> z = image(x, Upper{});
  for (std::size_t j = 0; j < n; ++j) quotient = max(quotient, z[j] / x[j]);
  best = min(best, quotient);
  return sqrt(best) * std::ldexp(1.0, *exponent);
}

}  // namespace halfulp
