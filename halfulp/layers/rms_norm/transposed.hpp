// Back through RMS normalisation of one token, with gain and epsilon as models have them (jacobian.hpp has
// the paper's, without):
//
//   y_i = g_i x_i r,   r = (mean_j x_j^2 + eps)^(-1/2)
//   J^T y_bar = r (w - x r^2 mean_j(x_j w_j)),   w_i = g_i y_bar_i
//
// Shapes: x [d], g [1, d] or empty, y_bar, x_bar [d, P]: a column for each of P functionals.
#pragma once

#include <vector>

#include "halfulp/arith/real.hpp"
#include "halfulp/linalg/matmul.hpp"

namespace halfulp {

/// Adds J^T y_bar to x_bar.  Not finite at a zero token with eps = 0.
template <Real T>
void rms_norm_transposed(Row<const T> x, const Operand& gain, double epsilon, MatrixView<const T> y_bar,
                         MatrixView<T> x_bar) {
  const std::size_t functionals = y_bar.columns();
  const T d(static_cast<double>(x.size()));
  const auto gain_of = [&](std::size_t i) { return T(gain.empty() ? 1.0 : gain.at(0, i)); };
  T squares(0.0);
  std::vector<T> along(functionals, T(0.0));  // x^T w
  for (std::size_t i = 0; i < x.size(); ++i) {
    const T gained = gain_of(i) * x[i];
    squares = squares + x[i] * x[i];
    for (std::size_t p = 0; p < functionals; ++p) along[p] = along[p] + gained * y_bar(i, p);
  }
  const T mean_square = squares / d + T(epsilon);
  const T r = T(1.0) / sqrt(mean_square);
  for (T& sum : along) sum = sum / (d * mean_square);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const T g = gain_of(i);
    for (std::size_t p = 0; p < functionals; ++p)
      x_bar(i, p) = x_bar(i, p) + r * (g * y_bar(i, p) - x[i] * along[p]);
  }
}

}  // namespace halfulp
