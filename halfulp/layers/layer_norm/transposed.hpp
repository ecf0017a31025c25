// Back through layer normalisation of one token, with gain, bias and epsilon as models have them
// (jacobian.hpp has the paper's, without):
//
//   y_i = g_i c_i r + b_i,   c_i = x_i - mean_j x_j,   r = (mean_j c_j^2 + eps)^(-1/2)
//   J^T y_bar = r (w - mean_j(w_j) e - c r^2 mean_j(c_j w_j)),   w_i = g_i y_bar_i
//
// Shapes: x [d], g [1, d] or empty, y_bar, x_bar [d, P]: a column for each of P functionals.
#pragma once

#include <vector>

#include "halfulp/arith/real.hpp"
#include "halfulp/linalg/matmul.hpp"

namespace halfulp {

/// Adds J^T y_bar to x_bar.  Not finite at a constant token with eps = 0.
template <Real T>
void layer_norm_transposed(Row<const T> x, const Operand& gain, double epsilon, MatrixView<const T> y_bar,
                           MatrixView<T> x_bar) {
  const std::size_t functionals = y_bar.columns();
  const T d(static_cast<double>(x.size()));
  const auto gain_of = [&](std::size_t i) { return T(gain.empty() ? 1.0 : gain.at(0, i)); };
  T mean(0.0), squares(0.0);
  for (std::size_t i = 0; i < x.size(); ++i) mean = mean + x[i];
  mean = mean / d;
  std::vector<T> centred, level(functionals, T(0.0)), along(functionals, T(0.0));  // c, mean of w, c^T w
  for (std::size_t i = 0; i < x.size(); ++i) {
    centred.push_back(x[i] - mean);
    squares = squares + centred[i] * centred[i];
    const T g = gain_of(i), gained = g * centred[i];
    for (std::size_t p = 0; p < functionals; ++p) {
      level[p] = level[p] + g * y_bar(i, p);
      along[p] = along[p] + gained * y_bar(i, p);
    }
  }
  const T variance = squares / d + T(epsilon);
  const T r = T(1.0) / sqrt(variance);
  for (T& sum : level) sum = sum / d;
  for (T& sum : along) sum = sum / (d * variance);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const T g = gain_of(i);
    for (std::size_t p = 0; p < functionals; ++p)
      x_bar(i, p) = x_bar(i, p) + r * (g * y_bar(i, p) - level[p] - centred[i] * along[p]);
  }
}

}  // namespace halfulp
