// The Jacobian of the two-layer perceptron M(x) = A_2 relu(A_1 x + b_1) + b_2 of one token.
//
//   J = A_2(:, Omega) A_1(Omega, :),    Omega = supp_+(A_1 x + b_1)
//
// Shapes: A_1 [D, d], b_1 [D], A_2 [d', D], b_2 [d'], x [d].  M is differentiable where A_1 x + b_1 has no
// zero entry; an entry that is exactly zero is not in Omega.  Where a ball cannot tell the sign of an entry,
// the slope of its ReLU is the ball [0, 1], and J encloses the Jacobians of both sides. Source:
// arXiv:2503.10251, Lemma 3.10; condition numbers by Lemma 3.3 (no simpler bounds, Remark 3.11).
#pragma once

#include "halfulp/layers/linear/jacobian.hpp"

namespace halfulp {

/// The indices of entries that are positive, or may be: supp_+ for numbers, a superset of it for balls.
template <Real T>
std::vector<std::size_t> positive_support(Row<const T> y) {
  std::vector<std::size_t> support;
  for (std::size_t k = 0; k < y.size(); ++k)
    if (upper_end(y[k]) > 0) support.push_back(k);
  return support;
}

template <Real T>
class PerceptronJacobian {
 public:
  using Number = T;

  PerceptronJacobian(MatrixView<const T> a1, Row<const T> b1, MatrixView<const T> a2, Row<const T> b2,
                     Row<const T> x)
      : a1_(a1), a2_(a2), x_(x), hidden_(a1.rows()) {
    for (std::size_t k = 0; k < a1.rows(); ++k) hidden_[k] = affine_value(a1, b1, k, x);
    support_ = positive_support(Row<const T>(hidden_));
    std::vector<T> active(a1.rows(), T(0.0));
    for (const std::size_t k : support_) {
      active[k] = max(hidden_[k], T(0.0));
      slope_.push_back(slope(hidden_[k]));
    }
    for (std::size_t i = 0; i < a2.rows(); ++i)
      value_.push_back(affine_value(a2, b2, i, Row<const T>(active)));
  }

  std::size_t inputs() const { return a1_.columns(); }
  std::size_t outputs() const { return a2_.rows(); }
  Row<const T> x() const { return x_; }
  /// A_1 x + b_1, and M(x).
  Row<const T> hidden() const { return hidden_; }
  Row<const T> value() const { return value_; }
  /// Omega.
  const std::vector<std::size_t>& support() const { return support_; }

  std::vector<T> times(Row<const T> v) const {
    std::vector<T> y(outputs(), T(0.0));
    for (std::size_t m = 0; m < support_.size(); ++m) {
      const std::size_t k = support_[m];
      const T h = slope_[m] * affine_value(a1_, Row<const T>(), k, v);
      for (std::size_t i = 0; i < outputs(); ++i) y[i] = y[i] + a2_(i, k) * h;
    }
    return y;
  }
  std::vector<T> transposed_times(Row<const T> w) const {
    std::vector<T> y(inputs(), T(0.0));
    for (std::size_t m = 0; m < support_.size(); ++m) {
      const std::size_t k = support_[m];
      T h(0.0);
      for (std::size_t i = 0; i < outputs(); ++i) h = h + a2_(i, k) * w[i];
      h = slope_[m] * h;
      for (std::size_t j = 0; j < inputs(); ++j) y[j] = y[j] + a1_(k, j) * h;
    }
    return y;
  }
  /// Entries of J cancel within Omega, so this needs them all, one row at a time: d d' |Omega| products.
  std::vector<T> absolute_times(Row<const T> v) const {
    std::vector<T> y;
    for (std::size_t i = 0; i < outputs(); ++i) {
      const std::vector<T> entries = row(i);
      T sum(0.0);
      for (std::size_t j = 0; j < inputs(); ++j) sum = sum + abs(entries[j]) * v[j];
      y.push_back(sum);
    }
    return y;
  }
  /// e_i^T J.
  std::vector<T> row(std::size_t i) const {
    std::vector<T> y(inputs(), T(0.0));
    for (std::size_t m = 0; m < support_.size(); ++m) {
      const T h = slope_[m] * a2_(i, support_[m]);
      for (std::size_t j = 0; j < inputs(); ++j) y[j] = y[j] + h * a1_(support_[m], j);
    }
    return y;
  }

 private:
  static T slope(const T& hidden) {
    if constexpr (std::same_as<T, Ball>)
      if (certain_sign(hidden) != 1) return {DoubleDouble{0.5}, 0.5};
    return T(1.0);
  }

  MatrixView<const T> a1_, a2_;
  Row<const T> x_;
  std::vector<T> hidden_, value_, slope_;
  std::vector<std::size_t> support_;
};

/// ||J||_2,2, of the dense matrix.
template <Real T>
T norm_22(const PerceptronJacobian<T>& j) {
  return largest_singular_value(MatrixView<const T>(dense(j).view()));
}

/// The largest |J_ij|.
template <Real T>
T norm_1inf(const PerceptronJacobian<T>& j) {
  T largest(0.0);
  for (std::size_t i = 0; i < j.outputs(); ++i) largest = max(largest, norm_inf(Row<const T>(j.row(i))));
  return largest;
}

/// The largest sum of a row.
template <Real T>
T norm_infinf(const PerceptronJacobian<T>& j) {
  const std::vector<T> ones(j.inputs(), T(1.0));
  return norm_inf(Row<const T>(j.absolute_times(ones)));
}

/// ||J||_2,2 ||x||_2 / ||M(x)||_2;  0 for empty Omega.
template <Real T>
T kappa_22(const PerceptronJacobian<T>& j) {
  if (j.support().empty()) return T(0.0);
  return ratio(times_bound(norm_22(j), norm(j.x(), Exponent::two)), norm(j.value(), Exponent::two));
}

/// 0 for empty Omega.
template <Real T>
T kappa_cinf(const PerceptronJacobian<T>& j) {
  return condition_mixed(j, j.x(), j.value());
}

/// 0 for empty Omega; inf where M(x) is not generic.
template <Real T>
T kappa_cc(const PerceptronJacobian<T>& j) {
  return condition_componentwise(j, j.x(), j.value());
}

}  // namespace halfulp
