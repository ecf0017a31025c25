// Rounding-error bounds of causal self-attention of one head.
//
// A weight errs relatively by what its scores err absolutely, so the scores come in through zeta, which is
// always finite, and not through their relative error (erratum E1: with it, an orthogonal key makes the bound
// infinite, and the condition number of W_k^T W_q enters by a false remark).  Both are here:
// Form::as_printed, Form::repaired. First-order coefficients are for the lemma's form: no shift, sqrt(d_h)
// exact; d_h = d gives its 3 d + 1. Source: arXiv:2503.10251, Lemma 4.21, Remark 4.22, Corollary 4.23, with
// errata E1, E2, E6, E7.
#pragma once

#include "halfulp/layers/self_attention/condition.hpp"
#include "halfulp/layers/softmax/rounding.hpp"

namespace halfulp {

/// zeta(X_t)_i, i <= t:  column t of [n, n]; zero below.
template <Real T>
Matrix<T> causal_zeta(MatrixView<const T> wq, MatrixView<const T> wk, MatrixView<const T> x) {
  const Matrix<T> sizes = detail::absolute_entries(x);
  const Matrix<T> keys = detail::absolute_product(wk, sizes.view());
  const Matrix<T> queries = detail::absolute_product(wq, sizes.view());
  Matrix<T> zeta(x.columns(), x.columns());
  for (std::size_t t = 0; t < x.columns(); ++t)
    for (std::size_t i = 0; i <= t; ++i) zeta(i, t) = detail::zeta_of(keys.column(i), queries.column(t));
  return zeta;
}

/// Lemma 4.21:  xi(A, X) max_t (2 t + d + 3 + 2 (2 d + d_h + 1) e_t) u  with
///   as printed  e_t = ||S(X_t)||_inf xi(S, X_t), inf where a score is 0 (also where all are: what the proof
///               multiplies by 0 is unbounded)
///   repaired    e_t = ||zeta(X_t)||_inf (E1), never above it,
/// and + kappa_cc rho, as Lemma 3.14.3 bounds it.
template <Real T>
FirstOrder<T> attention_first_order(MatrixView<const T> wq, MatrixView<const T> wk, MatrixView<const T> wv,
                                    MatrixView<const T> x, Form form) {
  const AttentionJacobian<T> j(wq, wk, wv, x);
  const Matrix<T> all_zeta = causal_zeta(wq, wk, x);
  const T of_scores(static_cast<double>(2 * x.rows() + wk.rows() + 1));
  T largest(0.0);
  for (std::size_t t = 0; t < x.columns(); ++t) {
    const Row<const T> zeta = all_zeta.column(t).part(0, t + 1);
    T e = norm_inf(zeta);
    if (form == Form::as_printed) {
      const T xi = largest_ratio(zeta, j.scores(t));
      e = std::isinf(mignitude(xi)) ? xi : times_bound(norm_inf(j.scores(t)), xi);
    }
    const T of_rest(static_cast<double>(2 * (t + 1) + x.rows() + 3));
    largest = max(largest, T(of_rest + T(2.0) * of_scores * e));
  }
  return {times_bound(attention_xi(j), largest), kappa_cc_bound(j)};
}

namespace detail {

/// 1 + (factor/sqrt(d)) sigma_max(|W_k|^T |W_q|) [sigma_max/sigma_min (W_k^T W_q), as printed] max_t
/// ||x_t||^2; inf as printed where W_k^T W_q is singular.
template <Real T>
T spectral_factor(double factor, MatrixView<const T> wq, MatrixView<const T> wk, MatrixView<const T> x,
                  Form form) {
  const T root = sqrt(T(static_cast<double>(wk.rows())));
  T product = T(factor) * sigma_max_of_sizes(wq, wk) / root * largest_squared_token(x);
  if (form == Form::as_printed) {
    const SingularRange<T> range = singular_range(MatrixView<const T>(key_query_product(wq, wk)));
    product = times_bound(product, ratio(range.largest, range.smallest));
  }
  return T(1.0) + product;
}

template <Real T>
T simple_roundings(MatrixView<const T> x) {
  return T(static_cast<double>(2 * x.columns() + 3 * x.rows()));
}

}  // namespace detail

/// Remark 4.22:  xi(A, X) (2 n + 3 d)(1 + (2/sqrt(d)) sigma_max(|W_k|^T |W_q|) c max_t ||x_t||^2) u, with c
/// the condition number of W_k^T W_q as printed, 1 repaired (E1); and + kappa_cc rho, as Remark 3.15 bounds
/// it. d = d_h >= 2.
template <Real T>
FirstOrder<T> attention_first_order_simple(MatrixView<const T> wq, MatrixView<const T> wk,
                                           MatrixView<const T> wv, MatrixView<const T> x, Form form) {
  const AttentionJacobian<T> j(wq, wk, wv, x);
  const T factor = detail::simple_roundings(x) * detail::spectral_factor(2, wq, wk, x, form);
  return {times_bound(attention_xi(j), factor), kappa_cc_bound_simple(j, wq, wk)};
}

/// Corollary 4.23:  f ((2 n + 3 d) u + rho),  f = xi(A, X)(1 + (4/sqrt(d)) sigma_max(|W_k|^T |W_q|) c max_t
/// ||x_t||^2), c as in Remark 4.22.  A(X) generic; d = d_h >= 2.
template <Real T>
FirstOrder<T> attention_perturbed(MatrixView<const T> wq, MatrixView<const T> wk, MatrixView<const T> wv,
                                  MatrixView<const T> x, Form form) {
  const AttentionJacobian<T> j(wq, wk, wv, x);
  const T factor = times_bound(attention_xi(j), detail::spectral_factor(4, wq, wk, x, form));
  return {times_bound(factor, detail::simple_roundings(x)), factor};
}

/// What Corollary 4.23 assumes; as printed also that W_k^T W_q is non-singular.
template <Real T>
std::vector<Hypothesis> attention_hypotheses(MatrixView<const T> wq, MatrixView<const T> wk,
                                             MatrixView<const T> wv, MatrixView<const T> x, Form form) {
  const AttentionJacobian<T> j(wq, wk, wv, x);
  double least = std::numeric_limits<double>::infinity();
  for (const T& y : detail::stacked_columns(j.y())) least = std::fmin(least, mignitude(y));
  std::vector<Hypothesis> all{{"self-attention's result is generic", least},
                              {"d >= 2", static_cast<double>(x.rows()) - 1}};
  if (form == Form::as_printed) {
    const T sigma = singular_range(MatrixView<const T>(key_query_product(wq, wk))).smallest;
    all.push_back({"W_k^T W_q is non-singular", std::fmax(0.0, lower_end(sigma))});
  }
  return all;
}

/// Non-asymptotic, entry by entry, vec:  |fl(A(Xhat)) - A(X)| <= result  for every Xhat with rho_c(Xhat, X)
/// <= rho, in any order of the value products.
///
/// Scores err by eta_it = score_error_over_zeta zeta_it, with the error rho of both tokens, hence weights by
/// the factors of softmax_error, between 1/(1 + r_it) and 1 + r_it.  The terms W_v,aj x_ji psi_ti of an entry
/// then pass the additions and products of t + 1 and of d numbers, in either order (masked weights are exact
/// zeros, whose products and additions are exact), and x_ji is off by 1 + rho:
///   sum_i ((1 + r_it)(1 + gamma(dot(t + 1) + dot(d)))(1 + rho) - 1) psi_ti (|W_v| |x_i|)_a.
/// Source: the repair E1 of Lemma 4.21, nothing dropped.
template <Real T>
std::vector<Upper> attention_error(MatrixView<const T> wq, MatrixView<const T> wk, MatrixView<const T> wv,
                                   MatrixView<const T> x, AttentionForm form, const RoundingModel& model,
                                   Upper rho = {}) {
  const AttentionJacobian<T> j(wq, wk, wv, x);
  const Matrix<T> zeta = causal_zeta(wq, wk, x), sizes = detail::absolute_entries(x);
  const Matrix<T> values = detail::absolute_product(wv, sizes.view());
  const auto how = form.root == RootOfD::exact ? ScoreScale::by_exact_root : ScoreScale::by_rounded_root;
  const Upper of_score = score_error_over_zeta(model, x.rows(), wk.rows(), rho, how);
  const auto both = [](Upper a, Upper b) { return a + b + a * b; };  // (1 + a)(1 + b) - 1
  std::vector<Upper> bounds;
  for (std::size_t t = 0; t < x.columns(); ++t) {
    std::vector<Upper> errors;
    for (std::size_t i = 0; i <= t; ++i) errors.push_back(of_score * magnitude(zeta(i, t)));
    const std::vector<Upper> of_weight = softmax_error(j.scores(t), model, form.shift, errors);
    const Upper of_rest = both(model.gamma(model.dot(t + 1) + model.dot(x.rows())), rho);
    for (std::size_t a = 0; a < wv.rows(); ++a) {
      Upper sum;
      for (std::size_t i = 0; i <= t; ++i)
        sum += both(of_weight[i], of_rest) * magnitude(j.psi(t)[i]) * magnitude(values(a, i));
      bounds.push_back(sum);
    }
  }
  return bounds;
}

}  // namespace halfulp
