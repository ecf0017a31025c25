// The Jacobians of centring c(x) = x - mean(x) e and of layer normalisation N(x) = sqrt(d) c(x) / ||c(x)||_2.
//
//   J_c = I - e e^T / d                                           symmetric, e in its kernel
//   J_N = sqrt(d)/||c|| (I - e e^T / d - c c^T / ||c||^2)         symmetric, e and c in its kernel
//
// Shapes: x, v [d].  N is not differentiable at a constant token (c = 0): everything is infinite or unknown
// there.  For d = 2, J_N = 0 (erratum E3).  Norms and condition numbers: condition.hpp.
// Source: arXiv:2503.10251, Lemmas 3.7.1, 3.8.1.
#pragma once

#include <algorithm>
#include <numeric>

#include "halfulp/layers/jacobian.hpp"

namespace halfulp {

template <Real T>
class CentringJacobian {
 public:
  using Number = T;

  explicit CentringJacobian(Row<const T> x) : x_(x), centred_(centred(x)) {}

  std::size_t inputs() const { return x_.size(); }
  std::size_t outputs() const { return x_.size(); }
  Row<const T> x() const { return x_; }
  /// c(x).
  Row<const T> c() const { return centred_; }

  std::vector<T> times(Row<const T> v) const { return centred(v); }
  std::vector<T> transposed_times(Row<const T> w) const { return centred(w); }
  /// |J|_ii = 1 - 1/d, |J|_ij = 1/d:  (|J| v)_i = (sum_j v_j + (d - 2) v_i) / d.
  std::vector<T> absolute_times(Row<const T> v) const {
    const T d(static_cast<double>(v.size())), sum = norm_1(v);
    std::vector<T> y;
    for (std::size_t i = 0; i < v.size(); ++i) y.push_back((sum + (d - T(2.0)) * v[i]) / d);
    return y;
  }

 private:
  /// (d v_i - sum_j v_j) / d: with one division, so that a ball of v_i = mean(v) can be the exact 0.
  static std::vector<T> centred(Row<const T> v) {
    const T d(static_cast<double>(v.size()));
    T sum(0.0);
    for (std::size_t i = 0; i < v.size(); ++i) sum = sum + v[i];
    std::vector<T> y;
    for (std::size_t i = 0; i < v.size(); ++i) y.push_back((d * v[i] - sum) / d);
    return y;
  }

  Row<const T> x_;
  std::vector<T> centred_;
};

template <Real T>
class LayerNormJacobian {
 public:
  using Number = T;

  explicit LayerNormJacobian(Row<const T> x) : centring_(x) {
    for (std::size_t i = 0; i < x.size(); ++i) squares_ = squares_ + abs(c()[i]) * abs(c()[i]);
    scale_ = sqrt(T(static_cast<double>(x.size())) / squares_);
  }

  std::size_t inputs() const { return x().size(); }
  std::size_t outputs() const { return x().size(); }
  Row<const T> x() const { return centring_.x(); }
  Row<const T> c() const { return centring_.c(); }
  const CentringJacobian<T>& centring() const { return centring_; }
  /// ||c||^2 and sqrt(d)/||c||.
  const T& squares() const { return squares_; }
  const T& scale() const { return scale_; }

  /// Up to two entries N takes two values only, so J = 0 (E3).
  bool is_zero() const { return inputs() <= 2 && mignitude(squares_) > 0; }

  std::vector<T> times(Row<const T> v) const {
    std::vector<T> y = centring_.times(v);
    if (is_zero()) return std::vector<T>(y.size(), T(0.0));
    T along(0.0);
    for (std::size_t i = 0; i < y.size(); ++i) along = along + c()[i] * y[i];
    along = along / squares_;
    for (std::size_t i = 0; i < y.size(); ++i) y[i] = scale_ * (y[i] - c()[i] * along);
    return y;
  }
  std::vector<T> transposed_times(Row<const T> w) const { return times(w); }
  /// In O(d log d):  (|J| v)_i = scale ((1 - 1/d - c_i^2/||c||^2) v_i + sum_{j != i} |1/d + c_i c_j/||c||^2|
  /// v_j). The sign under the modulus changes once in the sorted c_j, so sums up to there are enough.
  std::vector<T> absolute_times(Row<const T> v) const;
  /// J_ii / scale, not negative.
  T diagonal(std::size_t i) const {
    const T d(static_cast<double>(inputs()));
    return (d - T(1.0)) / d - abs(c()[i]) * abs(c()[i]) / squares_;
  }
  /// -J_ij / scale for c_i c_j = product, i != j.
  T beside(const T& product) const { return T(1.0) / T(static_cast<double>(inputs())) + product / squares_; }

 private:
  CentringJacobian<T> centring_;
  T squares_{0.0}, scale_{0.0};
};

namespace detail {

/// The entries of c in ascending order, with what decides on which side of a number they lie for certain.
template <Real T>
struct Ascending {
  std::vector<std::size_t> order;
  std::vector<double> above, below;  // of the entries up to one; of those from one on

  explicit Ascending(Row<const T> c) : order(c.size()), above(c.size()), below(c.size()) {
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::vector<double> upper, lower;
    for (std::size_t i = 0; i < c.size(); ++i) upper.push_back(upper_end(c[i]));
    for (std::size_t i = 0; i < c.size(); ++i) lower.push_back(lower_end(c[i]));
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t i, std::size_t j) { return upper[i] < upper[j]; });
    for (std::size_t k = 0; k < order.size(); ++k) above[k] = upper[order[k]];
    for (std::size_t k = order.size(); k-- > 0;)
      below[k] = k + 1 < order.size() ? std::fmin(below[k + 1], lower[order[k]]) : lower[order[k]];
  }
  /// So many are below x for certain; from there on to the next, nobody knows; the others are above x.
  std::size_t certainly_below(double x) const {
    return static_cast<std::size_t>(std::lower_bound(above.begin(), above.end(), x) - above.begin());
  }
  std::size_t certainly_above(double x) const {
    return static_cast<std::size_t>(std::upper_bound(below.begin(), below.end(), x) - below.begin());
  }
};

}  // namespace detail

template <Real T>
std::vector<T> LayerNormJacobian<T>::absolute_times(Row<const T> v) const {
  const std::size_t d = inputs();
  if (!(mignitude(squares_) > 0)) return std::vector<T>(d, infinite<T>() - infinite<T>());
  if (is_zero()) return std::vector<T>(d, T(0.0));
  const detail::Ascending<T> sorted(c());
  std::vector<T> plain{T(0.0)}, weighted{T(0.0)};  // sums of v_j and of c_j v_j over the first k of the order
  for (const std::size_t j : sorted.order) {
    plain.push_back(plain.back() + v[j]);
    weighted.push_back(weighted.back() + c()[j] * v[j]);
  }
  const double widest = magnitude(norm_inf(c()));
  std::vector<T> y;
  for (std::size_t i = 0; i < d; ++i) {
    const auto sign = certain_sign(c()[i]);
    // Between `first` and `last` the sign is not certain; from a c_i of unknown sign on, all are looked at.
    std::size_t first = 0, last = d;
    if (sign && *sign != 0) {
      const T change = -squares_ / (T(static_cast<double>(d)) * c()[i]);
      first = sorted.certainly_below(lower_end(change));
      last = std::max(first, sorted.certainly_above(upper_end(change)));
    } else if ((Upper(static_cast<double>(d)) * magnitude(c()[i]) * widest).value() < mignitude(squares_)) {
      last = 0;  // c_i is too small to change any sign
    }
    // sum_{j in range} (1/d + c_i c_j/||c||^2) v_j
    const auto sum = [&](std::size_t from, std::size_t to) {
      const T along = c()[i] * (weighted[to] - weighted[from]) / squares_;
      return (plain[to] - plain[from]) / T(static_cast<double>(d)) + along;
    };
    T row = abs(sum(0, first)) + abs(sum(last, d));
    for (std::size_t k = first; k < last; ++k) {
      const std::size_t j = sorted.order[k];
      row = row + abs(beside(c()[i] * c()[j])) * v[j];
    }
    const T own = beside(c()[i] * c()[i]) * v[i];  // counted above as if it were beside the diagonal
    y.push_back(scale_ * (row - own + diagonal(i) * v[i]));
  }
  return y;
}

}  // namespace halfulp
