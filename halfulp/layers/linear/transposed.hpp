// Back through the affine map y = W x + b:  x_bar = W^T y_bar.
// Shapes: W [m, k], y_bar [m, c], x_bar [k, c]; each column is the adjoint of one column of Y for one
// functional.
#pragma once

#include "halfulp/layers/adjoint_sum.hpp"
#include "halfulp/linalg/matmul.hpp"

namespace halfulp {

/// Adds W^T y_bar to x_bar.  W is read once, whatever the number of columns.
template <Real T>
void linear_transposed(const Operand& w, MatrixView<const T> y_bar, MatrixView<T> x_bar) {
  ContextOf<T> ar;
  Matrix<T> term(x_bar.rows(), x_bar.columns());
  matmul(ar, transposed(w), Operand{}, y_bar, term.view());
  add_to_adjoint<T>(term, x_bar);
}

}  // namespace halfulp
