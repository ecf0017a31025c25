// Bounds of self-attention's Jacobian and its condition numbers, exact and bounded.
//
// With B = W_k^T W_q / sqrt(d_h),
//
//   kappa_cc <= max_it (|W_v| |X_t| psi_t + 2 |W_v X_t| psi_t || |X_t|^T |B x_t| + |X_t^T B| |x_t| ||_inf)_i
//   / |A(X)_it|
//            <= xi(A, X) (1 + 4 ||B||_2 max_t ||x_t||^2),   xi(A, X) = max_it (|W_v| |X_t| psi_t)_i /
//            |A(X)_it|
//
// Source: arXiv:2503.10251, Lemma 3.14, Remark 3.15.
#pragma once

#include "halfulp/layers/self_attention/jacobian.hpp"
#include "halfulp/layers/similarity_scores/rounding.hpp"

namespace halfulp {

/// The last display of Lemma 3.14.2:
///   ||J||_inf,inf <= ||W_v||_inf,inf + ||W_v X||_inf,inf (||X^T B^T||_inf,inf + ||X^T B||_inf,inf) / 2.
template <Real T>
T norm_infinf_bound(const AttentionJacobian<T>& j) {
  const auto largest_row = [](MatrixView<const T> a) {
    return operator_norm(a, Exponent::infinity, Exponent::infinity);
  };
  T of_bx(0.0);
  for (std::size_t t = 0; t < j.tokens(); ++t) of_bx = max(of_bx, T(norm_1(j.bx().column(t))));
  return largest_row(j.wv()) + largest_row(j.values()) * (of_bx + largest_row(j.xb())) / T(2.0);
}

/// The sharper one of Lemma 3.14.2 with p = q = r = inf, token by token: the exact ||J_psi||_inf,inf and
/// Lemma 3.12's bound of ||J_S(X_t)||_inf,inf.
template <Real T>
T norm_infinf_bound_by_blocks(const AttentionJacobian<T>& j) {
  const auto largest_row = [](MatrixView<const T> a) {
    return operator_norm(a, Exponent::infinity, Exponent::infinity);
  };
  T largest(0.0);
  for (std::size_t t = 0; t < j.tokens(); ++t) {
    std::vector<T> psi;
    for (std::size_t i = 0; i <= t; ++i) psi.push_back(j.psi(t)[i]);
    const std::vector<T> others = detail::sums_of_others(psi);
    T of_softmax(0.0);
    for (std::size_t i = 0; i <= t; ++i) of_softmax = max(of_softmax, T(T(2.0) * psi[i] * others[i]));
    const T of_scores = norm_1(j.bx().column(t)) + largest_row(j.xb().rows_part(0, t + 1));
    const T of_values = largest_row(j.values().columns_part(0, t + 1));
    largest = max(largest, T(of_values * of_softmax * of_scores));
  }
  return largest_row(j.wv()) + largest;
}

/// |W_v| |X_t| psi_t for every token [d, n]: what A(X) would be without cancellation.
template <Real T>
Matrix<T> attention_of_sizes(const AttentionJacobian<T>& j) {
  const Matrix<T> x = detail::absolute_entries(j.x());
  const Matrix<T> sizes = detail::absolute_product(j.wv(), x.view());
  Matrix<T> y(j.wv().rows(), j.tokens());
  for (std::size_t t = 0; t < j.tokens(); ++t)
    for (std::size_t a = 0; a < y.rows(); ++a)
      y(a, t) = detail::inner_product(sizes.row(a).part(0, t + 1), j.psi(t));
  return y;
}

/// xi(A, X) of Remark 3.15; inf where an entry of A(X) is 0 by cancellation.
template <Real T>
T attention_xi(const AttentionJacobian<T>& j) {
  const Matrix<T> sizes = attention_of_sizes(j);
  return largest_ratio(Row<const T>(detail::stacked_columns(sizes.view())),
                       Row<const T>(detail::stacked_columns(j.y())));
}

/// Exact, O(n^2 d^2); A(X) != 0.
template <Real T>
T kappa_cinf(const AttentionJacobian<T>& j) {
  const std::vector<T> x = detail::stacked_columns(j.x()), y = detail::stacked_columns(j.y());
  return condition_mixed(j, Row<const T>(x), Row<const T>(y));
}

/// Exact, O(n^2 d^2); undefined (NaN, the unbounded ball) where A(X) is not generic, that is where an entry
/// is 0.
template <Real T>
T kappa_cc(const AttentionJacobian<T>& j) {
  const std::vector<T> x = detail::stacked_columns(j.x()), y = detail::stacked_columns(j.y());
  for (const T& entry : y)
    if (certain_sign(entry) == 0) return detail::undefined<T>();
  return condition_componentwise(j, Row<const T>(x), Row<const T>(y));
}

namespace detail {

/// The numerators of Lemma 3.14.3, vec.
template <Real T>
std::vector<T> attention_sums_bound(const AttentionJacobian<T>& j) {
  const Matrix<T> sizes = attention_of_sizes(j), x = absolute_entries(j.x());
  std::vector<T> sums;
  for (std::size_t t = 0; t < j.tokens(); ++t) {
    T score(0.0);
    for (std::size_t i = 0; i <= t; ++i)
      score = max(score, T(absolute_inner_product(j.bx().column(t), x.column(i)) +
                           absolute_inner_product(j.xb().row(i), x.column(t))));
    for (std::size_t a = 0; a < sizes.rows(); ++a) {
      const T value = absolute_inner_product(j.values().row(a).part(0, t + 1), j.psi(t));
      sums.push_back(sizes(a, t) + T(2.0) * value * score);
    }
  }
  return sums;
}

}  // namespace detail

/// Lemma 3.14.3.
template <Real T>
T kappa_cinf_bound(const AttentionJacobian<T>& j) {
  return ratio(norm_inf(Row<const T>(detail::attention_sums_bound(j))),
               norm_inf(Row<const T>(detail::stacked_columns(j.y()))));
}

/// Lemma 3.14.3; inf where an entry of A(X) is 0 (but for 0/0 = 0), where kappa_cc is undefined.
template <Real T>
T kappa_cc_bound(const AttentionJacobian<T>& j) {
  return largest_ratio(Row<const T>(detail::attention_sums_bound(j)),
                       Row<const T>(detail::stacked_columns(j.y())));
}

/// max_t ||x_t||_2^2.
template <Real T>
T largest_squared_token(MatrixView<const T> x) {
  T largest(0.0);
  for (std::size_t t = 0; t < x.columns(); ++t)
    largest = max(largest, T(detail::inner_product(x.column(t), x.column(t))));
  return largest;
}

/// Remark 3.15:  xi(A, X) (1 + 4 ||B||_2 max_t ||x_t||^2).
template <Real T>
T kappa_cc_bound_simple(const AttentionJacobian<T>& j, MatrixView<const T> wq, MatrixView<const T> wk) {
  const T root = sqrt(T(static_cast<double>(wk.rows())));
  const T norm_of_b = largest_singular_value(MatrixView<const T>(key_query_product(wq, wk))) / root;
  return times_bound(attention_xi(j), T(T(1.0) + T(4.0) * norm_of_b * largest_squared_token(j.x())));
}

}  // namespace halfulp
