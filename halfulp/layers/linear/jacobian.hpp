// The affine map L(x) = A x + b: its Jacobian is A, its condition numbers follow at once.
// Shapes: A [D, d], b [D] or empty, x [d].  (Evaluation: affine(), linalg/product.hpp.)
// Source: arXiv:2503.10251, Lemma 3.4, with its erratum: |e_i^T A| |x| is a product of a row and a column.
#pragma once

#include "halfulp/layers/jacobian.hpp"
#include "halfulp/linalg/norms.hpp"

namespace halfulp {

/// (|A| |x|)_i.
template <Real T>
T absolute_product(MatrixView<const T> a, std::size_t i, Row<const T> x) {
  T sum(0.0);
  for (std::size_t j = 0; j < a.columns(); ++j) sum = sum + abs(a(i, j)) * abs(x[j]);
  return sum;
}

/// (A x + b)_i; b may be empty.
template <Real T>
T affine_value(MatrixView<const T> a, Row<const T> b, std::size_t i, Row<const T> x) {
  T sum = b.empty() ? T(0.0) : b[i];
  for (std::size_t j = 0; j < a.columns(); ++j) sum = sum + a(i, j) * x[j];
  return sum;
}

template <Real T>
class AffineJacobian {
 public:
  using Number = T;

  AffineJacobian(MatrixView<const T> a, Row<const T> b, Row<const T> x) : a_(a), x_(x) {
    for (std::size_t i = 0; i < a.rows(); ++i) value_.push_back(affine_value(a, b, i, x));
  }

  std::size_t inputs() const { return a_.columns(); }
  std::size_t outputs() const { return a_.rows(); }
  MatrixView<const T> matrix() const { return a_; }
  Row<const T> x() const { return x_; }
  /// A x + b.
  Row<const T> value() const { return value_; }

  std::vector<T> times(Row<const T> v) const {
    std::vector<T> y;
    for (std::size_t i = 0; i < a_.rows(); ++i) y.push_back(affine_value(a_, Row<const T>(), i, v));
    return y;
  }
  std::vector<T> transposed_times(Row<const T> w) const {
    std::vector<T> y(a_.columns(), T(0.0));
    for (std::size_t i = 0; i < a_.rows(); ++i)
      for (std::size_t j = 0; j < a_.columns(); ++j) y[j] = y[j] + a_(i, j) * w[i];
    return y;
  }
  std::vector<T> absolute_times(Row<const T> v) const {
    std::vector<T> y;
    for (std::size_t i = 0; i < a_.rows(); ++i) y.push_back(absolute_product(a_, i, v));
    return y;
  }

 private:
  MatrixView<const T> a_;
  Row<const T> x_;
  std::vector<T> value_;
};

/// ||A||_p,q ||x||_p / ||A x + b||_q;  0 where A = 0 or x = 0, else inf where A x + b = 0.
template <Real T>
T kappa_pq(const AffineJacobian<T>& j, Exponent p, Exponent q) {
  return ratio(times_bound(operator_norm(j.matrix(), p, q), norm(j.x(), p)), norm(j.value(), q));
}

template <Real T>
T kappa_22(const AffineJacobian<T>& j) {
  return kappa_pq(j, Exponent::two, Exponent::two);
}

/// max_i (|A| |x|)_i / max_i |A x + b|_i.
template <Real T>
T kappa_cinf(const AffineJacobian<T>& j) {
  return condition_mixed(j, j.x(), j.value());
}

/// max_i (|A| |x|)_i / |A x + b|_i;  inf where A x + b is not generic.
template <Real T>
T kappa_cc(const AffineJacobian<T>& j) {
  return condition_componentwise(j, j.x(), j.value());
}

}  // namespace halfulp
