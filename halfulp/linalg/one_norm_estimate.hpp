// The 1-norm of a matrix that is known by its products only:  ||A||_1 = max_j ||A e_j||_1.
//
// The block estimator: ||A X||_1 of a block X of t columns has the subgradient A^T sign(A X), whose largest
// entries say which unit vectors to try next.  Whatever it finds is the norm of a column that it has seen, so
// the estimate never exceeds ||A||_1; nothing but experience promises a factor (2 to 3) from below.  t = 1 is
// Hager's method, which matrices such as I + C, C e = C^T e = 0, deceive; the random signs of the other
// columns make up for that.  A function of the operator, the options and nothing else.
//
// One thing differs from the source: each column of S = sign(A X) proposes the unit vector that it likes best
// among those not tried, where the source takes the t that any of them likes best.  In a network those are
// the logits of one token, all alike: of 128 tokens, t = 4, the source's choice found half of what this
// finds. Source: Higham, Tisseur, SIAM J. Matrix Anal. Appl. 21 (2000), Algorithm 2.4; Higham, Accuracy and
// Stability of Numerical Algorithms, section 15.3.
#pragma once

#include <cstdint>
#include <functional>

#include "halfulp/base/view.hpp"

namespace halfulp {

/// Entry (j, p) of a block that nobody stores: signs over the number of rows, or unit vectors.
using BlockEntry = std::function<double(std::size_t j, std::size_t p)>;

/// A [rows, columns] by its products with blocks of t columns.  A may have far more columns than rows: what
/// has `columns` rows is never held whole.
struct BlockOperator {
  std::size_t rows = 0, columns = 0;
  /// A X [rows, t], X [columns, t].
  std::function<Matrix<double>(const BlockEntry& x, std::size_t t)> times;
  /// take(j, row j of A^T S [t]) for every j < columns once, in any order; S [rows, t].
  using Take = std::function<void(std::size_t j, Row<const double> row)>;
  std::function<void(MatrixView<const double> s, const Take& take)> transposed_times;
};

struct OneNormOptions {
  std::size_t block = 2;       // t >= 1
  std::size_t iterations = 5;  // >= 2: products with A; those with A^T are one fewer at most
  std::uint64_t seed = 0;      // of the random signs
};

struct OneNormEstimate {
  double norm = 0;         // ||A e_column||_1 as computed; NaN where a product is not finite
  std::size_t column = 0;  // the first that attains it; `columns` where norm is NaN
  std::size_t products = 0, transposed_products = 0;  // blocks multiplied by A and by A^T
};

/// A lower bound of ||A||_1 up to the rounding of one product A e_j and of the sum of its moduli.  Exact,
/// with one product, where t >= columns.  Throws shape_error for no rows or columns, t = 0, iterations < 2.
OneNormEstimate one_norm_estimate(const BlockOperator& a, const OneNormOptions& options = {});

}  // namespace halfulp
