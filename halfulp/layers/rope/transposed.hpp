// Back through the rotary embedding of one head of one token: the turn is orthogonal, so its transpose turns
// back.
//
//   x_bar_i       = y_bar_i       cos + y_bar_{i+r/2} sin
//   x_bar_{i+r/2} = y_bar_{i+r/2} cos - y_bar_i       sin,   i < r/2;   entries from r on stay
//
// Shapes: cos, sin [r/2], y_bar, x_bar [d_h, P]: a column for each of P functionals.
#pragma once

#include "halfulp/arith/real.hpp"
#include "halfulp/base/view.hpp"

namespace halfulp {

/// Adds J^T y_bar to x_bar.
template <Real T>
void rope_transposed(Row<const T> cosine, Row<const T> sine, MatrixView<const T> y_bar, MatrixView<T> x_bar) {
  const std::size_t half = cosine.size();
  for (std::size_t p = 0; p < y_bar.columns(); ++p) {
    for (std::size_t i = 0; i < half; ++i) {
      const T a = y_bar(i, p), b = y_bar(i + half, p);
      x_bar(i, p) = x_bar(i, p) + (a * cosine[i] + b * sine[i]);
      x_bar(i + half, p) = x_bar(i + half, p) + (b * cosine[i] - a * sine[i]);
    }
    for (std::size_t i = 2 * half; i < y_bar.rows(); ++i) x_bar(i, p) = x_bar(i, p) + y_bar(i, p);
  }
}

}  // namespace halfulp
