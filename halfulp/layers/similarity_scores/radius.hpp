// Entrywise error bounds of the scores  s_it = k_i^T q_t / sqrt(d_h),  keys i <= t; other entries get 0.
// Shapes: K, Q, E_K, E_Q [d_h, n], S, bounds [n, n].  Source: docs/theory.md, 6; Lemma 4.17.
#pragma once

#include "halfulp/layers/radius.hpp"
#include "halfulp/layers/similarity_scores/similarity_scores.hpp"

namespace halfulp {

namespace detail {

/// Scores are divided by sqrt(d_h), masked ones forgotten.
inline Radii scaled_scores(Radii sums, std::size_t head_dim) {
  const double root = next_below(std::sqrt(static_cast<double>(head_dim)));
  for (std::size_t i = 0; i < sums.rows(); ++i)
    for (std::size_t t = 0; t < sums.columns(); ++t) sums(i, t) = i <= t ? sums(i, t) / root : Upper{};
  return sums;
}

inline double size_at(MatrixView<const double> x, std::size_t i, std::size_t j) { return std::fabs(x(i, j)); }

}  // namespace detail

/// gamma(dot(d_h) + 1) |Khat|^T |Qhat| / sqrt(d_h); one rounding more unless sqrt(d_h) is exact.
inline Radii scores_local(const RoundingModel& model, MatrixView<const double> keys,
                          MatrixView<const double> queries, ScoreScale how) {
  const std::size_t width = keys.rows();
  const double k = model.dot(width) + (how == ScoreScale::by_exact_root ? 1 : 2);
  const Upper rounded = model.gamma(k);
  return detail::scaled_scores(
      upper_product(
          keys.columns(), width, queries.columns(),
          [&](std::size_t i, std::size_t a) { return rounded * detail::size_at(keys, a, i); },
          [&](std::size_t a, std::size_t t) { return detail::size_at(queries, a, t); }),
      width);
}

/// (|Khat|^T E_Q + E_K^T (|Qhat| + E_Q)) / sqrt(d_h):  khat^T qhat - k^T q = khat^T dq + dk^T qhat - dk^T dq.
inline Radii scores_inherited(MatrixView<const double> keys, MatrixView<const double> queries,
                              const Radii& e_keys, const Radii& e_queries) {
  const std::size_t width = keys.rows();
  const auto from_queries = upper_product(
      keys.columns(), width, queries.columns(),
      [&](std::size_t i, std::size_t a) { return detail::size_at(keys, a, i); },
      [&](std::size_t a, std::size_t t) { return e_queries(a, t); });
  const auto from_keys = upper_product(
      keys.columns(), width, queries.columns(), [&](std::size_t i, std::size_t a) { return e_keys(a, i); },
      [&](std::size_t a, std::size_t t) { return detail::size_at(queries, a, t) + e_queries(a, t); });
  return detail::scaled_scores(from_queries + from_keys, width);
}

/// The same, sharper, for  K = W_k N,  Q = W_q N  with N known within E_N and the projections' own roundings
/// rho_K, rho_Q:  dk = W_k dn + r_K, dq = W_q dn + r_Q with |r| <= rho, so that, before absolute values are
/// taken, khat^T dq = (khat^T W_q) dn + khat^T r_Q  and likewise for dk:
///   ( |Khat^T W_q| E_N + E_N^T |W_k^T Qhat| + |Khat|^T rho_Q + rho_K^T |Qhat| + E_K^T E_Q ) / sqrt(d_h)
/// with E_K = |W_k| E_N + rho_K, E_Q likewise.  Shapes: W_q, W_k [d_h, d], E_N [d, n].
inline Radii scores_inherited_signed(MatrixView<const double> wk, MatrixView<const double> wq,
                                     MatrixView<const double> keys, MatrixView<const double> queries,
                                     const Radii& e_n, const Radii& rho_keys, const Radii& rho_queries,
                                     const Radii& e_keys, const Radii& e_queries) {
  const std::size_t width = keys.rows(), d = wq.columns(), n = e_n.columns();
  const Radii towards_queries = magnitude_of_product(
      keys.columns(), width, d, [&](std::size_t i, std::size_t a) { return keys(a, i); },
      [&](std::size_t a, std::size_t j) { return wq(a, j); });
  const Radii towards_keys = magnitude_of_product(
      d, width, queries.columns(), [&](std::size_t j, std::size_t a) { return wk(a, j); },
      [&](std::size_t a, std::size_t t) { return queries(a, t); });
  const auto e_at = [&](std::size_t j, std::size_t t) { return e_n(j, t); };
  const Radii from_n =
      upper_product(
          keys.columns(), d, n, [&](std::size_t i, std::size_t j) { return towards_queries(i, j); }, e_at) +
      upper_product(
          n, d, queries.columns(), [&](std::size_t i, std::size_t j) { return e_n(j, i); },
          [&](std::size_t j, std::size_t t) { return towards_keys(j, t); });
  const Radii from_keys = upper_product(
      keys.columns(), width, queries.columns(), [&](std::size_t i, std::size_t a) { return rho_keys(a, i); },
      [&](std::size_t a, std::size_t t) { return detail::size_at(queries, a, t); });
  const Radii from_queries = upper_product(
      keys.columns(), width, queries.columns(),
      [&](std::size_t i, std::size_t a) { return detail::size_at(keys, a, i); },
      [&](std::size_t a, std::size_t t) { return rho_queries(a, t); });
  const Radii from_both = upper_product(
      keys.columns(), width, queries.columns(), [&](std::size_t i, std::size_t a) { return e_keys(a, i); },
      [&](std::size_t a, std::size_t t) { return e_queries(a, t); });
  return detail::scaled_scores(from_n + from_keys + from_queries + from_both, width);
}

}  // namespace halfulp
