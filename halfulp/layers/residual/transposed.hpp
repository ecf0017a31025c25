// Back through the residual connection y = x + f:  x_bar = f_bar = y_bar.
// Shapes: all [d, c]; each column is the adjoint of one token for one functional.
#pragma once

#include "halfulp/layers/adjoint_sum.hpp"

namespace halfulp {

/// Adds y_bar to x_bar and to f_bar.
template <Real T>
void residual_transposed(MatrixView<const T> y_bar, MatrixView<T> x_bar, MatrixView<T> f_bar) {
  add_to_adjoint<T>(y_bar, x_bar);
  add_to_adjoint<T>(y_bar, f_bar);
}

}  // namespace halfulp
