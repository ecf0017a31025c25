// What a room's Jacobian owes, and what follows from it for any room.
//
// A Jacobian is an object made at a point: it keeps what its products share and never a matrix.  Arguments
// and results are vectors, matrices by columns (vec): tokens one after the other.
//
//   times(v)             J v
//   transposed_times(w)  J^T w
//   absolute_times(v)    |J| v, v >= 0
//
// Condition numbers (arXiv:2503.10251, Lemma 3.3), y = f(x):
//
//   kappa_c,inf = || |J| |x| ||_inf / ||y||_inf          kappa_c,c = max_i (|J| |x|)_i / |y_i|
#pragma once

#include <concepts>
#include <vector>

#include "halfulp/arith/real.hpp"
#include "halfulp/base/interrupt.hpp"
#include "halfulp/linalg/norms.hpp"

namespace halfulp {

template <class J>
concept Jacobian = requires(const J& j, Row<const typename J::Number> v) {
  { j.inputs() } -> std::convertible_to<std::size_t>;
  { j.outputs() } -> std::convertible_to<std::size_t>;
  { j.times(v) } -> std::same_as<std::vector<typename J::Number>>;
  { j.transposed_times(v) } -> std::same_as<std::vector<typename J::Number>>;
  { j.absolute_times(v) } -> std::same_as<std::vector<typename J::Number>>;
};

/// The matrix [outputs, inputs], column by column; for whoever asks for it.
template <Jacobian J>
Matrix<typename J::Number> dense(const J& j) {
  using T = typename J::Number;
  Matrix<T> matrix(j.outputs(), j.inputs());
  std::vector<T> unit(j.inputs(), T(0.0));
  for (std::size_t k = 0; k < j.inputs(); ++k) {
    throw_if_interrupted();
    unit[k] = T(1.0);
    const std::vector<T> column = j.times(unit);
    for (std::size_t i = 0; i < column.size(); ++i) matrix(i, k) = column[i];
    unit[k] = T(0.0);
  }
  return matrix;
}

/// |x| entry by entry.
template <Real T>
std::vector<T> absolute(Row<const T> x) {
  std::vector<T> y;
  for (std::size_t i = 0; i < x.size(); ++i) y.push_back(abs(x[i]));
  return y;
}

/// max_i |x_i| / |y_i|, 0/0 = 0, x/0 = inf.
template <Real T>
T largest_ratio(Row<const T> x, Row<const T> y) {
  T largest(0.0);
  for (std::size_t i = 0; i < x.size(); ++i) largest = max(largest, ratio(x[i], y[i]));
  return largest;
}

/// Mixed condition number; undefined (inf) at y = 0.
template <Jacobian J, class T = typename J::Number>
T condition_mixed(const J& j, Row<const T> x, Row<const T> y) {
  const std::vector<T> sums = j.absolute_times(absolute(x));
  return ratio(norm_inf(Row<const T>(sums)), norm_inf(y));
}

/// Componentwise condition number; inf where y is not generic but for 0/0 = 0.
template <Jacobian J, class T = typename J::Number>
T condition_componentwise(const J& j, Row<const T> x, Row<const T> y) {
  const std::vector<T> sums = j.absolute_times(absolute(x));
  return largest_ratio(Row<const T>(sums), y);
}

}  // namespace halfulp
