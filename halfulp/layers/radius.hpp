// Entrywise bounds of computed results:  |xhat_i - x_i| <= e_i,  xhat computed in rounded arithmetic, x what
// exact arithmetic gives for the same weights and the same first input.
//
// A room's error has two parts, and each room states them apart (radius.hpp in its folder):
//
//   inherited   |f(xhat) - f(x)|        for every x with |xhat - x| <= e; knows nothing of rounding
//   local       |fl(f(xhat)) - f(xhat)| the room's own roundings, from computed values (Model 4.1: round to
//                                       nearest, no overflow, no underflow)
//
// Inputs and weights are numbers of the format: the cast of an operand as it is read is counted nowhere.
// Underflow of formats with a bounded exponent is excluded by hypothesis, gradual underflow too.
// Everything a bound divides by is computed, so no input need be generic.  inf: no statement.
// Source: docs/theory.md, 6.
#pragma once

#include <vector>

#include "halfulp/arith/real.hpp"
#include "halfulp/arith/rounding_model.hpp"
#include "halfulp/base/interrupt.hpp"
#include "halfulp/base/view.hpp"

namespace halfulp {

using Radii = Matrix<Upper>;

/// A computed matrix and how far the exact one is from it at most, entry by entry.
struct WithRadii {
  Matrix<double> x;
  Radii e;
};

/// Whether linear maps that follow one another are multiplied before absolute values are taken (|A B| e, by
/// far sharper) or after (|A| (|B| e), cheaper).  Source: docs/theory.md, 6.
enum class Composition { signed_products, absolute_products };

/// |a - b| from above; inf if either is NaN.
inline Upper distance(double a, double b) { return a == b ? Upper{} : Upper(next_above(std::fabs(a - b))); }

/// sum_k a(i, k) b(k, j) of non-negative numbers.  Shape: [rows, columns].
template <class F, class G>
Radii upper_product(std::size_t rows, std::size_t inner, std::size_t columns, F a, G b) {
  Radii y(rows, columns);
  for (std::size_t i = 0; i < rows; ++i) {
    throw_if_interrupted();
    for (std::size_t k = 0; k < inner; ++k) {
      const Upper factor = a(i, k);
      if (factor == Upper{}) continue;
      for (std::size_t j = 0; j < columns; ++j) y(i, j) += factor * Upper(b(k, j));
    }
  }
  return y;
}

/// |sum_k a(i, k) b(k, j)| of numbers with signs.  In binary64, s = fl(sum) errs by at most
/// (m + 1) 2^-53 sum |a b| (1 + O(2^-53)) and m 2^-1074 below the normal range; twice that is added, which
/// covers the rounding of sum |a b| itself.  Shape: [rows, columns].
template <class F, class G>
Radii magnitude_of_product(std::size_t rows, std::size_t inner, std::size_t columns, F a, G b) {
  Radii y(rows, columns);
  const double m = static_cast<double>(inner) + 1;
  for (std::size_t i = 0; i < rows; ++i) {
    throw_if_interrupted();
    for (std::size_t j = 0; j < columns; ++j) {
      double sum = 0, size = 0;
      bool any = false;  // a product of numbers that are not zero may still be
      for (std::size_t k = 0; k < inner; ++k) {
        const double term = a(i, k) * b(k, j);
        any |= a(i, k) != 0 && b(k, j) != 0;
        sum += term;
        size += std::fabs(term);
      }
      if (any) y(i, j) = Upper(std::fabs(sum)) + Upper(m * 0x1p-52) * size + m * 0x1p-1073;
    }
  }
  return y;
}

inline Radii operator+(const Radii& a, const Radii& b) {
  Radii y = a;
  for (std::size_t i = 0; i < y.values().size(); ++i) y.values()[i] += b.values()[i];
  return y;
}

/// factor |x|.
inline Radii scaled_sizes(Upper factor, MatrixView<const double> x) {
  Radii y(x.rows(), x.columns());
  for (std::size_t i = 0; i < x.rows(); ++i)
    for (std::size_t j = 0; j < x.columns(); ++j) y(i, j) = factor * std::fabs(x(i, j));
  return y;
}

/// "No statement" everywhere.
inline Radii no_radii(std::size_t rows, std::size_t columns) {
  return Radii(rows, columns, Upper::no_statement());
}

}  // namespace halfulp
