// Back through the residual connection y = x + f:  x_bar = f_bar = y_bar.
// Shapes: all [d, c]; each column is the adjoint of one token for one functional.
#pragma once

#include "halfulp/arith/real.hpp"
#include "halfulp/base/view.hpp"

namespace halfulp {

/// Adds y_bar to x_bar and to f_bar.
template <Real T>
void residual_transposed(MatrixView<const T> y_bar, MatrixView<T> x_bar, MatrixView<T> f_bar) {
  for (std::size_t i = 0; i < y_bar.rows(); ++i) {
    for (std::size_t j = 0; j < y_bar.columns(); ++j) {
      x_bar(i, j) = x_bar(i, j) + y_bar(i, j);
      f_bar(i, j) = f_bar(i, j) + y_bar(i, j);
    }
  }
}

}  // namespace halfulp
