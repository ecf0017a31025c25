// Rounding-error bounds of the similarity scores of the last query, s_i = x_i^T W_k^T W_q x_n / sqrt(d_h).
//
// Each score errs absolutely by a multiple of zeta_i, the same sum with absolute values.  The relative error
// can be anything: a key may be orthogonal to the query (erratum E1), and softmax never asks for it
// (layers/self_attention/rounding.hpp).  Shapes: W_q, W_k [d_h, d], X [d, n].
// Source: arXiv:2503.10251, Lemma 4.17, Remark 4.18, with errata E1 and E6.
#pragma once

#include "halfulp/layers/rounding_bound.hpp"
#include "halfulp/layers/similarity_scores/jacobian.hpp"

namespace halfulp {

namespace detail {

/// |A| X, X >= 0.
template <Real T>
Matrix<T> absolute_product(MatrixView<const T> a, MatrixView<const T> x) {
  Matrix<T> y(a.rows(), x.columns());
  for (std::size_t i = 0; i < a.rows(); ++i)
    for (std::size_t t = 0; t < x.columns(); ++t) y(i, t) = absolute_inner_product(a.row(i), x.column(t));
  return y;
}

template <Real T>
Matrix<T> absolute_entries(MatrixView<const T> x) {
  Matrix<T> y(x.rows(), x.columns());
  for (std::size_t i = 0; i < x.rows(); ++i)
    for (std::size_t j = 0; j < x.columns(); ++j) y(i, j) = abs(x(i, j));
  return y;
}

/// |k|^T |q| / sqrt(d_h) from the sizes |W_k| |x_i| of a key and |W_q| |x_t| of a query.
template <Real T>
T zeta_of(Row<const T> key, Row<const T> query) {
  ContextOf<T> ar;
  return ar.div_root(inner_product(key, query), static_cast<double>(query.size()));
}

}  // namespace detail

/// W_k^T W_q [d, d], whose singular values the paper's conditions ask for.
template <Real T>
Matrix<T> key_query_product(MatrixView<const T> wq, MatrixView<const T> wk) {
  ContextOf<T> ar;
  Matrix<T> c(wk.columns(), wq.columns());
  product_of_columns(ar, wk, wq, c.view());
  return c;
}

/// sigma_max(|W_k|^T |W_q|).
template <Real T>
T sigma_max_of_sizes(MatrixView<const T> wq, MatrixView<const T> wk) {
  const Matrix<T> q = detail::absolute_entries(wq), k = detail::absolute_entries(wk);
  return largest_singular_value(MatrixView<const T>(key_query_product(q.view(), k.view())));
}

/// zeta_i = (1/sqrt(d_h)) |x_i|^T |W_k|^T |W_q| |x_n|.
template <Real T>
std::vector<T> score_zeta(MatrixView<const T> wq, MatrixView<const T> wk, MatrixView<const T> x) {
  const Matrix<T> sizes = detail::absolute_entries(x);
  const Matrix<T> keys = detail::absolute_product(wk, sizes.view());
  const Matrix<T> query = detail::absolute_product(wq, sizes.view().columns_part(x.columns() - 1, 1));
  std::vector<T> zeta;
  for (std::size_t i = 0; i < x.columns(); ++i)
    zeta.push_back(detail::zeta_of(keys.column(i), query.column(0)));
  return zeta;
}

/// xi(S, X) = max_i zeta_i / |S_i|;  inf where a key is orthogonal to the query.
template <Real T>
T score_xi(MatrixView<const T> wq, MatrixView<const T> wk, MatrixView<const T> x) {
  const std::vector<T> zeta = score_zeta(wq, wk, x);
  return largest_ratio(Row<const T>(zeta), Row<const T>(ScoresJacobian<T>(wq, wk, x).values()));
}

/// Lemma 4.17:  (2 d + d_h + 1) xi(S, X) u, 3 d + 1 for d_h = d; and by Lemma 3.5 + kappa_cc rho.  inf where
/// a score is 0.  One more with sqrt(d_h) rounded (E6).
template <Real T>
FirstOrder<T> scores_first_order(MatrixView<const T> wq, MatrixView<const T> wk, MatrixView<const T> x,
                                 ScoreScale how = ScoreScale::by_exact_root) {
  const std::size_t roundings = 2 * x.rows() + wk.rows() + (how == ScoreScale::by_exact_root ? 1 : 2);
  return {T(static_cast<double>(roundings)) * score_xi(wq, wk, x),
          kappa_cc_bound(ScoresJacobian<T>(wq, wk, x))};
}

/// sigma_max(|W_k|^T |W_q|) / sigma_min(W_k^T W_q), which Remark 4.18 claims to bound xi(S, X).
/// FALSE (erratum E1): W_k = W_q = I_2, x_1 = (1, 1), x_2 = (1, -1) have xi = inf, claimed <= 1.  Kept to
/// exhibit it, and for the paper's coefficients as printed.
template <Real T>
T remark_4_18_claimed_bound(MatrixView<const T> wq, MatrixView<const T> wk) {
  const T least = singular_range(MatrixView<const T>(key_query_product(wq, wk))).smallest;
  return ratio(sigma_max_of_sizes(wq, wk), least);
}

/// (1 + gamma_k)(1 + rho)^2 - 1, k = 2 dot(d) + dot(d_h) + 1 [+ 1 with sqrt(d_h) rounded]: what a score errs
/// by, in units of its zeta.  Every term x_a W_k,ja W_q,jb x_b / sqrt(d_h) of the score passes a product and
/// the additions of a key, of a query and of their inner product, and the scale; both x's may be off by 1 +
/// rho.
inline Upper score_error_over_zeta(const RoundingModel& model, std::size_t d, std::size_t head_dim,
                                   Upper rho = {}, ScoreScale how = ScoreScale::by_exact_root) {
  const double scale = how == ScoreScale::by_exact_root ? 1 : 2;
  const Upper rounded = model.gamma(2 * model.dot(d) + model.dot(head_dim) + scale);
  const Upper moved = rho * (Upper(2) + rho);
  return rounded + moved + rounded * moved;
}

/// Non-asymptotic:  |fl(S(Xhat))_i - S(X)_i| <= result_i for every Xhat with rho_c(Xhat, X) <= rho.
template <Real T>
std::vector<Upper> scores_error(MatrixView<const T> wq, MatrixView<const T> wk, MatrixView<const T> x,
                                const RoundingModel& model, Upper rho = {},
                                ScoreScale how = ScoreScale::by_exact_root) {
  const Upper relative = score_error_over_zeta(model, x.rows(), wk.rows(), rho, how);
  std::vector<Upper> bounds;
  for (const T& zeta : score_zeta(wq, wk, x)) bounds.push_back(relative * magnitude(zeta));
  return bounds;
}

}  // namespace halfulp
