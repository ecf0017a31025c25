// Exact numbers as balls: of radius 0.
#pragma once

#include <vector>

#include "halfulp/arith/ball.hpp"
#include "halfulp/base/view.hpp"

namespace halfulp {

inline std::vector<Ball> in_balls(Row<const double> x) {
  std::vector<Ball> balls;
  for (std::size_t i = 0; i < x.size(); ++i) balls.emplace_back(x[i]);
  return balls;
}
inline Matrix<Ball> in_balls(MatrixView<const double> x) {
  Matrix<Ball> balls(x.rows(), x.columns());
  for (std::size_t i = 0; i < x.rows(); ++i)
    for (std::size_t j = 0; j < x.columns(); ++j) balls(i, j) = x(i, j);
  return balls;
}

}  // namespace halfulp
