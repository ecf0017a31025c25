// First-order rounding-error bounds of the halves of a pre-norm block, of blocks, and of whole transformers,
// with their hypotheses.  N is the RMS norm (f_A, f_M, Q of the paper) or the layer norm (g_A, g_M, T);
// s = 1 for the former, 1 + max_t ||x_t||_inf / ||c(x_t)||_-inf for the latter ("spread").
//
//   attention half   xi(half) xi(A, N(X)) sigma s ((2n + 6d) u + 3 rho)          [(2n + 7d) u + 4
//   rho]     4.25, 4.26 perceptron half  xi(half) xi(M, N(y)) s ((5d + |Omega|) u + 3 rho)           [(6d +
//   |Omega|) u + 4 rho] 4.27, 4.28 block            chi sigma s s' ((6n + 23d + D) u + 9 rho) [(8n + 34d + D)
//   u + 16 rho] 4.29 transformer      prod_l (chi_l sigma_l s_l s'_l) 9^L/8 (6n + 23d + D) u      [16^L/15
//   (8n + 34d + D) u] 4.30
//
//   sigma  = 1 + 4 sqrt(d) sigma_max(|W_k|^T |W_q|)                                 repaired (erratum E1)
//            1 + 4 sqrt(d) sigma_max(|W_k|^T |W_q|) sigma_max / sigma_min(W_k^T W_q)   as printed
//   chi    = max_t {xi(f_M, y_t) xi(M, N(y_t))} xi(f_A, X) xi(A, N(X))              (eta of part two)
//
// s' is the spread of Y.  Everything is infinite where a half cancels or an intermediate result is not
// generic. The non-asymptotic bounds, which need none of that: block/error.hpp. Source: arXiv:2503.10251,
// section 4.5; in 4.30.2 the product is over the spreads too (erratum).
#pragma once

#include "halfulp/layers/block/block.hpp"
#include "halfulp/layers/layer_norm/condition.hpp"
#include "halfulp/layers/perceptron/rounding.hpp"
#include "halfulp/layers/residual/rounding.hpp"
#include "halfulp/layers/self_attention/condition.hpp"

namespace halfulp {

/// What a block computes on its way, in exact arithmetic (T = double: rounded).
/// Pre-norm: normed = N(X), branch = A(normed); post-norm: normed = A(X), branch = N(normed).
/// Y = X + branch, normed_y = N(Y), fed = M(normed_y), Z = Y + fed.
template <Real T>
struct BlockValues {
  Matrix<T> x, normed, branch, y, normed_y, fed, z;
};

template <Real T>
BlockValues<T> block_values(const PaperBlock<T>& weights, Norm norm, NormPlace place, MatrixView<const T> x) {
  using View = MatrixView<const T>;
  ContextOf<T> ar;
  const Matrix<T> empty(x.rows(), x.columns());
  BlockValues<T> v{empty, empty, empty, empty, empty, empty, empty};
  for (std::size_t i = 0; i < x.rows(); ++i)
    for (std::size_t t = 0; t < x.columns(); ++t) v.x(i, t) = x(i, t);
  const auto attend = [&](View in, MatrixView<T> out) {
    self_attention(ar, weights.wq.view(), weights.wk.view(), weights.wv.view(), in, AttentionForm{}, out);
  };
  if (place == NormPlace::before_attention) {
    normalise_tokens(ar, x, norm, RootOfD::exact, v.normed.view());
    attend(v.normed, v.branch);
  } else {
    attend(x, v.normed);
    normalise_tokens(ar, View(v.normed), norm, RootOfD::exact, v.branch.view());
  }
  residual(ar, x, View(v.branch), v.y.view());
  normalise_tokens(ar, View(v.y), norm, RootOfD::exact, v.normed_y.view());
  perceptron(ar, weights.a1.view(), Row<const T>(weights.b1), weights.a2.view(), Row<const T>(weights.b2),
             View(v.normed_y), v.fed.view());
  residual(ar, View(v.y), View(v.fed), v.z.view());
  return v;
}

/// max_t ||x_t||_inf / ||c(x_t)||_-inf + 1 for the layer norm, 1 for the RMS norm.
template <Real T>
T norm_spread(Norm norm, MatrixView<const T> x) {
  T largest(0.0);
  if (norm == Norm::rms) return T(1.0);
  for (std::size_t t = 0; t < x.columns(); ++t) {
    const CentringJacobian<T> centred(x.column(t));
    largest = max(largest, ratio(norm_inf(x.column(t)), norm_minus_inf(centred.c())));
  }
  return T(1.0) + largest;
}

/// sigma_max / sigma_min of W_k^T W_q; inf where it is singular.
template <Real T>
T key_query_condition(const PaperBlock<T>& weights) {
  const Matrix<T> product = key_query_product<T>(weights.wq.view(), weights.wk.view());
  const SingularRange<T> range = singular_range<T>(product.view());
  return ratio(range.largest, range.smallest);
}

/// sigma above; as printed it is inf for a singular W_k^T W_q.
template <Real T>
T attention_sigma(const PaperBlock<T>& weights, Form form) {
  const auto wq = weights.wq.view(), wk = weights.wk.view();
  T growth = T(4.0) * sqrt(T(static_cast<double>(wq.columns()))) * sigma_max_of_sizes<T>(wq, wk);
  if (form == Form::as_printed) growth = times_bound(growth, key_query_condition(weights));
  return T(1.0) + growth;
}

namespace detail {

template <Real T>
T times_bounds(std::initializer_list<T> factors) {
  T product(1.0);
  for (const T& factor : factors) product = times_bound(product, factor);
  return product;
}

inline double count(std::size_t k) { return static_cast<double>(k); }

/// xi(A, N(X)) xi(half, X).
template <Real T>
T attention_half_chi(const PaperBlock<T>& w, const BlockValues<T>& v) {
  return times_bound(
      residual_xi<T>(v.x, v.branch),
      attention_xi(AttentionJacobian<T>(w.wq.view(), w.wk.view(), w.wv.view(), v.normed.view())));
}

template <Real T>
T perceptron_xi_of(const PaperBlock<T>& w, Row<const T> normed) {
  return perceptron_xi<T>(w.a1.view(), w.b1, w.a2.view(), w.b2, normed);
}

}  // namespace detail

namespace detail {

/// max_t xi(f_M, y_t) xi(M, N(y_t)).
template <Real T>
T perceptron_half_chi(const PaperBlock<T>& weights, const BlockValues<T>& v) {
  T largest(0.0);
  for (std::size_t t = 0; t < v.y.columns(); ++t) {
    const T xi = residual_xi<T>(v.y.view().columns_part(t, 1), v.fed.view().columns_part(t, 1));
    largest = max(largest, times_bound(xi, perceptron_xi_of(weights, v.normed_y.column(t))));
  }
  return largest;
}

}  // namespace detail

/// Lemma 4.25 (RMS norm), 4.26 (layer norm).
template <Real T>
FirstOrder<T> attention_half_first_order(const PaperBlock<T>& weights, Norm norm, MatrixView<const T> x,
                                         Form form) {
  const BlockValues<T> v = block_values(weights, norm, NormPlace::before_attention, x);
  const T factor = detail::times_bounds<T>(
      {detail::attention_half_chi(weights, v), attention_sigma(weights, form), norm_spread(norm, x)});
  const double n = detail::count(x.columns()), d = detail::count(x.rows());
  const bool rms = norm == Norm::rms;
  return {times_bound(factor, T(2 * n + (rms ? 6 : 7) * d)), times_bound(factor, T(rms ? 3.0 : 4.0))};
}

/// xi(f_A, X), xi(g_A, X).
template <Real T>
T attention_half_xi(const PaperBlock<T>& weights, Norm norm, MatrixView<const T> x) {
  const BlockValues<T> v = block_values(weights, norm, NormPlace::before_attention, x);
  return residual_xi<T>(x, v.branch);
}

/// N(y) and M(N(y)) of one token.
template <Real T>
struct FedToken {
  Matrix<T> normed, fed;
};

template <Real T>
FedToken<T> fed_token(const PaperBlock<T>& weights, Norm norm, MatrixView<const T> y) {
  ContextOf<T> ar;
  FedToken<T> token{Matrix<T>(y.rows(), 1), Matrix<T>(y.rows(), 1)};
  normalise_tokens(ar, y, norm, RootOfD::exact, token.normed.view());
  perceptron(ar, weights.a1.view(), Row<const T>(weights.b1), weights.a2.view(), Row<const T>(weights.b2),
             MatrixView<const T>(token.normed), token.fed.view());
  return token;
}

/// xi(f_M, y), xi(g_M, y);  y [d, 1].
template <Real T>
T perceptron_half_xi(const PaperBlock<T>& weights, Norm norm, MatrixView<const T> y) {
  return residual_xi<T>(y, fed_token(weights, norm, y).fed);
}

/// Lemma 4.27 (RMS norm), 4.28 (layer norm);  y [d, 1].
template <Real T>
FirstOrder<T> perceptron_half_first_order(const PaperBlock<T>& weights, Norm norm, MatrixView<const T> y) {
  const FedToken<T> token = fed_token(weights, norm, y);
  const Row<const T> normed = token.normed.column(0);
  const T factor = detail::times_bounds<T>(
      {residual_xi<T>(y, token.fed), detail::perceptron_xi_of(weights, normed), norm_spread(norm, y)});
  std::vector<T> hidden;
  for (std::size_t k = 0; k < weights.a1.rows(); ++k)
    hidden.push_back(affine_value<T>(weights.a1.view(), weights.b1, k, normed));
  const double omega = detail::count(positive_support(Row<const T>(hidden)).size());
  const bool rms = norm == Norm::rms;
  return {times_bound(factor, T((rms ? 5 : 6) * detail::count(y.rows()) + omega)),
          times_bound(factor, T(rms ? 3.0 : 4.0))};
}

/// (a u + b rho) with chi (eta), Lemma 4.29.
template <Real T>
struct BlockFirstOrder {
  FirstOrder<T> order;
  T chi{};
  T growth{};  // chi sigma s s'
};

namespace detail {

template <Real T>
BlockFirstOrder<T> block_first_order_at(const PaperBlock<T>& weights, Norm norm, const BlockValues<T>& v,
                                        Form form) {
  BlockFirstOrder<T> block;
  block.chi = times_bound(perceptron_half_chi(weights, v), attention_half_chi(weights, v));
  block.growth = times_bounds<T>(
      {block.chi, attention_sigma(weights, form), norm_spread<T>(norm, v.x), norm_spread<T>(norm, v.y)});
  const double n = count(v.x.columns()), d = count(v.x.rows()), wide = count(weights.a1.rows());
  const bool rms = norm == Norm::rms;
  const double roundings = rms ? 6 * n + 23 * d + wide : 8 * n + 34 * d + wide;
  block.order = {times_bound(block.growth, T(roundings)), times_bound(block.growth, T(rms ? 9.0 : 16.0))};
  return block;
}

}  // namespace detail

template <Real T>
BlockFirstOrder<T> block_first_order(const PaperBlock<T>& weights, Norm norm, MatrixView<const T> x,
                                     Form form) {
  return detail::block_first_order_at(weights, norm,
                                      block_values(weights, norm, NormPlace::before_attention, x), form);
}

/// Theorem 4.30: the coefficient of u of L blocks; all have the same D.
template <Real T>
T transformer_first_order(const std::vector<PaperBlock<T>>& blocks, Norm norm, MatrixView<const T> x,
                          Form form) {
  T product(1.0), roundings(0.0);
  const T base(norm == Norm::rms ? 9.0 : 16.0);
  Matrix<T> at;
  for (std::size_t l = 0; l < blocks.size(); ++l) {
    BlockValues<T> v = block_values(blocks[l], norm, NormPlace::before_attention, l == 0 ? x : at.view());
    const BlockFirstOrder<T> block = detail::block_first_order_at(blocks[l], norm, v, form);
    product = detail::times_bounds<T>({product, block.growth, base});
    const double n = detail::count(x.columns()), d = detail::count(x.rows());
    const double wide = detail::count(blocks[l].a1.rows());
    roundings = max(roundings, T(norm == Norm::rms ? 6 * n + 23 * d + wide : 8 * n + 34 * d + wide));
    at = std::move(v.z);
  }
  return times_bound(product, roundings) / (base - T(1.0));
}

/// The assumptions of Lemma 4.29, in the paper's order; each margin > 0 where it holds:
///   attention_generic        the least |A(N(X))|_it
///   WkTWq_nonsingular        sigma_min(W_k^T W_q)                            (as printed only: erratum E1)
///   d_ge_2                   d - 1
///   mlp_generic, L1_suff_generic                                  perceptron_hypotheses, the least over
///   tokens X_centred_suff_generic   min_t ||c(x_t)||_-inf / (2 alpha (1 + u) gamma_d ||x_t||_inf) - 1 (layer
///   norm) Y_centred_suff_generic   the same of Y (layer norm)
template <Real T>
std::vector<Hypothesis> block_hypotheses(const PaperBlock<T>& weights, Norm norm, const BlockValues<T>& v,
                                         const RoundingModel& model, double alpha = 1) {
  const MatrixView<const T> x = v.x.view();
  constexpr double infinity = std::numeric_limits<double>::infinity();
  double attention = infinity, generic = infinity, signs = infinity;
  for (const T& a : v.branch.values()) attention = std::fmin(attention, mignitude(a));
  for (std::size_t t = 0; t < x.columns(); ++t) {
    const auto of_token = perceptron_hypotheses<T>(weights.a1.view(), weights.b1, weights.a2.view(),
                                                   weights.b2, v.normed_y.column(t), model, alpha);
    generic = std::fmin(generic, of_token[0].margin);
    signs = std::fmin(signs, of_token[1].margin);
  }
  const Matrix<T> product = key_query_product<T>(weights.wq.view(), weights.wk.view());
  std::vector<Hypothesis> all{
      {"attention_generic", attention},
      {"WkTWq_nonsingular", std::fmax(0.0, lower_end(singular_range(product.view()).smallest))},
      {"d_ge_2", detail::count(x.rows()) - 1},
      {"mlp_generic", generic},
      {"L1_suff_generic", signs}};
  if (norm == Norm::rms) return all;
  const Upper limit = Upper(2 * alpha) * (Upper(1) + model.u) * model.gamma(model.dot(x.rows()));
  const auto margin = [&](const Matrix<T>& tokens) {
    double least = infinity;
    for (std::size_t t = 0; t < tokens.columns(); ++t) {
      const CentringJacobian<T> centred(tokens.column(t));
      const double distance = lower_end(norm_minus_inf(centred.c()));
      const Upper size = limit * upper_end(norm_inf(tokens.column(t)));
      least = std::fmin(least, distance > 0 ? next_below(distance / size.value()) - 1 : -1);
    }
    return least;
  };
  all.push_back({"X_centred_suff_generic", margin(v.x)});
  all.push_back({"Y_centred_suff_generic", margin(v.y)});
  return all;
}

template <Real T>
std::vector<Hypothesis> block_hypotheses(const PaperBlock<T>& weights, Norm norm, MatrixView<const T> x,
                                         const RoundingModel& model, double alpha = 1) {
  return block_hypotheses(weights, norm, block_values(weights, norm, NormPlace::before_attention, x), model,
                          alpha);
}

/// Those of every block at what it is given, "block 1: attention_generic", ... : what Theorem 4.30 assumes.
template <Real T>
std::vector<Hypothesis> transformer_hypotheses(const std::vector<PaperBlock<T>>& blocks, Norm norm,
                                               MatrixView<const T> x, const RoundingModel& model,
                                               double alpha = 1) {
  std::vector<Hypothesis> all;
  Matrix<T> at;
  for (std::size_t l = 0; l < blocks.size(); ++l) {
    const MatrixView<const T> in = l == 0 ? x : at.view();
    for (Hypothesis& hypothesis : block_hypotheses(blocks[l], norm, in, model, alpha)) {
      hypothesis.name = "block " + std::to_string(l + 1) + ": " + hypothesis.name;
      all.push_back(std::move(hypothesis));
    }
    at = block_values(blocks[l], norm, NormPlace::before_attention, in).z;
  }
  return all;
}

}  // namespace halfulp
