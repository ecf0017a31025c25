// Norms of vectors, and the norms of matrices that they induce:
//
//   ||A||_p,q = max_x ||A x||_q / ||x||_p,   p, q in {1, 2, inf}
//
//   p = 1     the largest column's q-norm           (the ball's corners are +-e_j)
//   q = inf   the largest row's dual norm, of 1/p + 1/p' = 1
//   2, 2      the largest singular value
//   inf, q    the largest ||A x||_q over the corners x in {-1, 1}^n; NP-hard, so all corners
//   2, 1      that of the transpose from inf to 2
//
// ||Y (x) Z|| = ||Y|| ||Z|| holds for p <= q only (erratum E4).  Source: arXiv:2503.10251, section 2.1.
#pragma once

#include <string>

#include "halfulp/base/error.hpp"
#include "halfulp/linalg/singular_values.hpp"

namespace halfulp {

/// sum_i |x_i|; 0 for none.
template <Real T>
T norm_1(Row<const T> x) {
  T sum(0.0);
  for (std::size_t i = 0; i < x.size(); ++i) sum = sum + abs(x[i]);
  return sum;
}

/// sqrt(sum_i x_i^2); squares beyond the range of binary64 overflow.
template <Real T>
T norm_2(Row<const T> x) {
  T squares(0.0);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const T size = abs(x[i]);
    squares = squares + size * size;
  }
  return sqrt(squares);
}

/// max_i |x_i|; 0 for none.
template <Real T>
T norm_inf(Row<const T> x) {
  T largest(0.0);
  for (std::size_t i = 0; i < x.size(); ++i) largest = max(largest, T(abs(x[i])));
  return largest;
}

/// min_i |x_i| (||.||_-inf of the paper); x must not be empty.
template <Real T>
T norm_minus_inf(Row<const T> x) {
  T least = abs(x[0]);
  for (std::size_t i = 1; i < x.size(); ++i) least = min(least, T(abs(x[i])));
  return least;
}

/// p of a p-norm.
enum class Exponent { one, two, infinity };

/// p' of 1/p + 1/p' = 1.
constexpr Exponent dual(Exponent p) {
  return p == Exponent::one ? Exponent::infinity : p == Exponent::two ? Exponent::two : Exponent::one;
}

template <Real T>
T norm(Row<const T> x, Exponent p) {
  return p == Exponent::one ? norm_1(x) : p == Exponent::two ? norm_2(x) : norm_inf(x);
}

/// Norms by enumeration of signs are refused beyond so many.
inline constexpr std::size_t most_signs = 20;

namespace detail {

/// The largest q-norm of sum + sum_{k >= column} s_k a_k, s_k = +-1, a_k the columns of a (its rows where
/// `transposed`).  Depth first, so that a corner is a sum of n terms and not the last of 2^n updates.
template <Real T>
T largest_corner(MatrixView<const T> a, bool transposed, Exponent q, std::size_t column,
                 const std::vector<T>& sum) {
  if (column == (transposed ? a.rows() : a.columns())) return norm(Row<const T>(sum), q);
  const Row<const T> next = transposed ? a.row(column) : a.column(column);
  std::vector<T> moved;
  for (std::size_t i = 0; i < sum.size(); ++i) moved.push_back(sum[i] + next[i]);
  const T plus = largest_corner(a, transposed, q, column + 1, moved);
  if (column == 0) return plus;  // -x gives the same
  for (std::size_t i = 0; i < sum.size(); ++i) moved[i] = sum[i] - next[i];
  return max(plus, largest_corner(a, transposed, q, column + 1, moved));
}

template <Real T>
T norm_by_signs(MatrixView<const T> a, bool transposed, Exponent q) {
  const std::size_t signs = transposed ? a.rows() : a.columns();
  if (signs > most_signs)
    throw resource_error("operator_norm: all signs of " + std::to_string(signs) +
                         (transposed ? " rows" : " columns") + ", at most " + std::to_string(most_signs));
  return largest_corner(a, transposed, q, 0, std::vector<T>(transposed ? a.columns() : a.rows(), T(0.0)));
}

}  // namespace detail

/// ||a||_p,q, exact up to rounding (double) or enclosed (Ball); 0 of an empty matrix.
/// Throws resource_error for (inf, 1), (inf, 2) beyond 20 columns, (2, 1) beyond 20 rows: 2^19 corners.
template <Real T>
T operator_norm(MatrixView<const T> a, Exponent p, Exponent q) {
  T largest(0.0);
  if (p == Exponent::one) {
    for (std::size_t j = 0; j < a.columns(); ++j) largest = max(largest, T(norm(a.column(j), q)));
    return largest;
  }
  if (q == Exponent::infinity) {
    for (std::size_t i = 0; i < a.rows(); ++i) largest = max(largest, T(norm(a.row(i), dual(p))));
    return largest;
  }
  if (p == Exponent::infinity) return detail::norm_by_signs(a, false, q);
  return q == Exponent::two ? largest_singular_value(a) : detail::norm_by_signs(a, true, Exponent::two);
}

}  // namespace halfulp
