// The Jacobian of RMS normalisation R(x) = sqrt(d) x / ||x||_2, its norms and condition numbers.
//
//   J = sqrt(d)/||x|| (I - x x^T / ||x||^2),   symmetric, x in its kernel
//
// Shapes: x, v [d].  R is not differentiable at x = 0: everything is infinite or unknown there.
// Source: arXiv:2503.10251, Lemma 3.6, with errata E3 (d = 1: J = 0) and E8.
#pragma once

#include "halfulp/layers/jacobian.hpp"

namespace halfulp {

template <Real T>
class RmsNormJacobian {
 public:
  using Number = T;

  explicit RmsNormJacobian(Row<const T> x) : x_(x) {
    for (std::size_t i = 0; i < x.size(); ++i) squares_ = squares_ + x[i] * x[i];
    scale_ = sqrt(T(static_cast<double>(x.size())) / squares_);
  }

  std::size_t inputs() const { return x_.size(); }
  std::size_t outputs() const { return x_.size(); }
  Row<const T> x() const { return x_; }
  /// ||x||^2 and sqrt(d)/||x||.
  const T& squares() const { return squares_; }
  const T& scale() const { return scale_; }

  std::vector<T> times(Row<const T> v) const {
    T along(0.0);
    for (std::size_t i = 0; i < v.size(); ++i) along = along + x_[i] * v[i];
    along = along / squares_;
    std::vector<T> y;
    for (std::size_t i = 0; i < v.size(); ++i) y.push_back(scale_ * (v[i] - x_[i] * along));
    return y;
  }
  std::vector<T> transposed_times(Row<const T> w) const { return times(w); }
  /// |J|_ii = scale (1 - x_i^2/||x||^2), |J|_ij = scale |x_i x_j|/||x||^2.
  std::vector<T> absolute_times(Row<const T> v) const {
    T along(0.0);
    for (std::size_t i = 0; i < v.size(); ++i) along = along + abs(x_[i]) * v[i];
    std::vector<T> y;
    for (std::size_t i = 0; i < v.size(); ++i) {
      const T rest = squares_without(i) * v[i] + abs(x_[i]) * (along - abs(x_[i]) * v[i]);
      y.push_back(scale_ * (rest / squares_));
    }
    return y;
  }
  /// ||x||^2 - x_i^2, without cancellation.
  T squares_without(std::size_t i) const {
    T sum(0.0);
    if constexpr (std::same_as<T, double>) {
      sum = squares_ - x_[i] * x_[i];
      if (sum > 0.5 * squares_) return sum;
      sum = 0;
    } else if (mignitude(squares_ - x_[i] * x_[i]) > 0.5 * upper_end(squares_)) {
      return squares_ - x_[i] * x_[i];
    }
    for (std::size_t j = 0; j < x_.size(); ++j)
      if (j != i) sum = sum + x_[j] * x_[j];
    return sum;
  }

 private:
  Row<const T> x_;
  T squares_{0.0}, scale_{0.0};
};

namespace detail {

/// 1 - ||x||_-inf^2 / ||x||^2:  without cancellation also where one entry is all.
template <Real T>
T share_without_least(const RmsNormJacobian<T>& j) {
  T largest(0.0);
  for (std::size_t i = 0; i < j.inputs(); ++i) largest = max(largest, T(j.squares_without(i)));
  return largest / j.squares();
}

}  // namespace detail

/// ||J||_2,2 = sqrt(d)/||x||; 0 for d = 1 (E3).
template <Real T>
T norm_22(const RmsNormJacobian<T>& j) {
  return j.inputs() < 2 ? T(0.0) : j.scale();
}

/// ||J||_1,inf, the largest entry: scale (1 - ||x||_-inf^2/||x||^2) (E8: the lemma's bound is attained).
template <Real T>
T norm_1inf(const RmsNormJacobian<T>& j) {
  return j.scale() * detail::share_without_least(j);
}

/// The lemma's bound of ||J||_1,inf.
template <Real T>
T norm_1inf_bound(const RmsNormJacobian<T>& j) {
  const T largest = norm_inf(j.x());
  return j.scale() * max(detail::share_without_least(j), T(largest * largest / j.squares()));
}

/// ||J||_1,1 = ||J||_inf,inf, the largest sum of a row.
template <Real T>
T norm_infinf(const RmsNormJacobian<T>& j) {
  const std::vector<T> ones(j.inputs(), T(1.0));
  return norm_inf(Row<const T>(j.absolute_times(ones)));
}

/// The lemma's bound of it: scale (1 + ||x||_inf (||x||_1 - 2 ||x||_-inf) / ||x||^2).
template <Real T>
T norm_infinf_bound(const RmsNormJacobian<T>& j) {
  T sum(0.0);
  for (std::size_t i = 0; i < j.inputs(); ++i) sum = sum + abs(j.x()[i]);
  const T rest = sum - T(2.0) * norm_minus_inf(j.x());
  return j.scale() * (T(1.0) + norm_inf(j.x()) * rest / j.squares());
}

/// 1; 0 for d = 1 (E3).
template <Real T>
T kappa_22(const RmsNormJacobian<T>& j) {
  return T(j.inputs() < 2 ? 0.0 : 1.0);
}

/// 2 max_i |x_i| (1 - x_i^2/||x||^2) / ||x||_inf.
template <Real T>
T kappa_cinf(const RmsNormJacobian<T>& j) {
  T largest(0.0);
  for (std::size_t i = 0; i < j.inputs(); ++i)
    largest = max(largest, T(abs(j.x()[i]) * (j.squares_without(i) / j.squares())));
  return T(2.0) * ratio(largest, norm_inf(j.x()));
}

/// 2 (1 - ||x||_-inf^2/||x||^2) for generic x.
template <Real T>
T kappa_cc(const RmsNormJacobian<T>& j) {
  return T(2.0) * detail::share_without_least(j);
}

}  // namespace halfulp
