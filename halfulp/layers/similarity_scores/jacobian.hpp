// The Jacobian of the similarity scores of the last query,
//
//   S(X) = X^T B x_n,   B = W_k^T W_q / sqrt(d_h),   J = I_n (x) x_n^T B^T + e_n^T (x) X^T B,
//
// bounds of its norms and condition numbers.  Shapes: W_q, W_k [d_h, d], X [d, n]; the argument is vec(X),
// the columns of X one after the other, [d n]; S [n].  B is never formed: B x_n and X^T B come from queries
// and keys. Source: arXiv:2503.10251, Lemma 3.12 (where d_h = d).
#pragma once

#include "halfulp/layers/jacobian.hpp"
#include "halfulp/layers/similarity_scores/similarity_scores.hpp"

namespace halfulp {

namespace detail {

/// Undefined: NaN, the ball that knows nothing.
template <Real T>
T undefined() {
  return infinite<T>() - infinite<T>();
}

/// vec(X).
template <Real T>
std::vector<T> stacked_columns(MatrixView<const T> x) {
  std::vector<T> all;
  for (std::size_t t = 0; t < x.columns(); ++t)
    for (std::size_t i = 0; i < x.rows(); ++i) all.push_back(x(i, t));
  return all;
}

/// a^T b.
template <Real T>
T inner_product(Row<const T> a, Row<const T> b) {
  ContextOf<T> ar;
  return dot(ar, a, b);
}

/// |a|^T b, b >= 0.
template <Real T>
T absolute_inner_product(Row<const T> a, Row<const T> b) {
  T sum(0.0);
  for (std::size_t i = 0; i < a.size(); ++i) sum = sum + abs(a[i]) * b[i];
  return sum;
}

/// ||I_n||_p,q = n^max(0, 1/q - 1/p).
template <Real T>
T norm_of_identity(std::size_t n, Exponent p, Exponent q) {
  const auto reciprocal = [](Exponent e) {
    return e == Exponent::one ? 1.0 : e == Exponent::two ? 0.5 : 0.0;
  };
  const double power = reciprocal(q) - reciprocal(p);
  if (power <= 0) return T(1.0);
  const T size(static_cast<double>(n));
  return power == 1 ? size : T(sqrt(size));
}

}  // namespace detail

template <Real T>
class ScoresJacobian {
 public:
  using Number = T;

  ScoresJacobian(MatrixView<const T> wq, MatrixView<const T> wk, MatrixView<const T> x)
      : x_(x), values_(x.columns(), 1), bx_(x.rows(), 1), xb_(x.columns(), x.rows()) {
    ContextOf<T> ar;
    const auto last = x.columns_part(x.columns() - 1, 1);
    Matrix<T> keys(wk.rows(), x.columns()), query(wq.rows(), 1);
    product(ar, wk, x, keys.view());
    product(ar, wq, last, query.view());
    product_of_columns(ar, keys.view(), query.view(), values_.view());
    product_of_columns(ar, wk, query.view(), bx_.view());
    product_of_columns(ar, keys.view(), wq, xb_.view());
    const auto width = static_cast<double>(wk.rows());
    for (T& s : values_.values()) s = scaled_score(ar, s, width, ScoreScale::by_exact_root);
    for (T& entry : bx_.values()) entry = ar.div_root(entry, width);
    for (T& entry : xb_.values()) entry = ar.div_root(entry, width);
  }

  std::size_t inputs() const { return x_.rows() * x_.columns(); }
  std::size_t outputs() const { return x_.columns(); }
  MatrixView<const T> x() const { return x_; }
  /// S(X).
  const std::vector<T>& values() const { return values_.values(); }
  /// B x_n [d] and X^T B [n, d].
  Row<const T> bx() const { return bx_.values(); }
  MatrixView<const T> xb() const { return xb_.view(); }

  /// (V^T B x_n)_i + x_i^T B v_n.
  std::vector<T> times(Row<const T> v) const {
    const std::size_t d = x_.rows(), n = x_.columns();
    const Row<const T> last = v.part((n - 1) * d, d);
    std::vector<T> y;
    for (std::size_t i = 0; i < n; ++i)
      y.push_back(detail::inner_product(v.part(i * d, d), bx()) + detail::inner_product(xb().row(i), last));
    return y;
  }
  /// Column i: w_i B x_n; the last one also sum_i w_i B^T x_i.
  std::vector<T> transposed_times(Row<const T> w) const {
    const std::size_t d = x_.rows(), n = x_.columns();
    std::vector<T> y;
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t k = 0; k < d; ++k) y.push_back(w[i] * bx()[k]);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t k = 0; k < d; ++k) y[(n - 1) * d + k] = y[(n - 1) * d + k] + w[i] * xb_(i, k);
    return y;
  }
  /// |B x_n|^T v_i + |x_i^T B| v_n, i < n;  |x_n^T (B + B^T)| v_n.
  std::vector<T> absolute_times(Row<const T> v) const {
    const std::size_t n = x_.columns(), d = x_.rows();
    std::vector<T> y = absolute_times_bound(v);
    std::vector<T> both;
    for (std::size_t k = 0; k < d; ++k) both.push_back(xb_(n - 1, k) + bx()[k]);
    y[n - 1] = detail::absolute_inner_product(Row<const T>(both), v.part((n - 1) * d, d));
    return y;
  }
  /// Above it: |B x_n|^T v_i + |x_i^T B| v_n for all i.
  std::vector<T> absolute_times_bound(Row<const T> v) const {
    const std::size_t n = x_.columns(), d = x_.rows();
    const Row<const T> last = v.part((n - 1) * d, d);
    std::vector<T> y;
    for (std::size_t i = 0; i < n; ++i)
      y.push_back(detail::absolute_inner_product(bx(), v.part(i * d, d)) +
                  detail::absolute_inner_product(xb().row(i), last));
    return y;
  }

 private:
  MatrixView<const T> x_;
  Matrix<T> values_, bx_, xb_;
};

/// ||J||_p,q itself, from the matrix [n, d n]; for small X.
template <Real T>
T jacobian_norm(const ScoresJacobian<T>& j, Exponent p, Exponent q) {
  return operator_norm(MatrixView<const T>(dense(j)), p, q);
}

/// Lemma 3.12.2:  ||J||_p,q <= ||I_n||_q',p' ||B x_n||_p' + ||X^T B||_p,q,  1/p + 1/p' = 1.
/// Sound for (inf, 1) too: its Kronecker factors are a row and the identity (erratum E4 does not bite).
template <Real T>
T jacobian_norm_bound(const ScoresJacobian<T>& j, Exponent p, Exponent q) {
  const T identity = detail::norm_of_identity<T>(j.outputs(), dual(q), dual(p));
  return identity * norm(j.bx(), dual(p)) + operator_norm(j.xb(), p, q);
}

/// Exact; S != 0.
template <Real T>
T kappa_cinf(const ScoresJacobian<T>& j) {
  const std::vector<T> x = detail::stacked_columns(j.x());
  return condition_mixed(j, Row<const T>(x), Row<const T>(j.values()));
}

/// Exact; undefined (NaN, the unbounded ball) where S is not generic, that is where a score is 0.
template <Real T>
T kappa_cc(const ScoresJacobian<T>& j) {
  for (const T& s : j.values())
    if (certain_sign(s) == 0) return detail::undefined<T>();
  const std::vector<T> x = detail::stacked_columns(j.x());
  return condition_componentwise(j, Row<const T>(x), Row<const T>(j.values()));
}

/// Lemma 3.12.3:  max_i |x_i|^T |B x_n| + |x_i^T B| |x_n|  over ||S||_inf.
template <Real T>
T kappa_cinf_bound(const ScoresJacobian<T>& j) {
  const std::vector<T> sizes = absolute(Row<const T>(detail::stacked_columns(j.x())));
  const std::vector<T> sums = j.absolute_times_bound(sizes);
  return ratio(norm_inf(Row<const T>(sums)), norm_inf(Row<const T>(j.values())));
}

/// The same with |S_i| below each; inf where a score is 0 (but for 0/0 = 0), where kappa_cc is undefined.
template <Real T>
T kappa_cc_bound(const ScoresJacobian<T>& j) {
  const std::vector<T> sizes = absolute(Row<const T>(detail::stacked_columns(j.x())));
  return largest_ratio(Row<const T>(j.absolute_times_bound(sizes)), Row<const T>(j.values()));
}

}  // namespace halfulp
