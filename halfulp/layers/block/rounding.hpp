// First-order rounding-error bounds of the halves of a pre-norm block, of blocks, and of whole transformers.
// N is the RMS norm (f_A, f_M, Q of the paper) or the layer norm (g_A, g_M, T); the second line of each is
// for the latter.  s = 1 for the RMS norm, 1 + max_t ||x_t||_inf / ||c(x_t)||_-inf for the layer norm
// ("spread").
//
//   4.25  attention half    xi(f_A) xi(A, N(X)) sigma ((2n + 6d) u + 3 rho)
//   4.26                    xi(g_A) xi(A, N(X)) sigma s ((2n + 7d) u + 4 rho)
//   4.27  perceptron half   xi(f_M) xi(M, N(y)) ((5d + |Omega|) u + 3 rho)
//   4.28                    xi(g_M) xi(M, N(y)) s ((6d + |Omega|) u + 4 rho)
//   4.29  block             chi sigma ((6n + 23d + D) u + 9 rho)
//                           chi sigma s s' ((8n + 34d + D) u + 16 rho)
//   4.30  transformer       prod_l (chi_l sigma_l) 9^L/8 (6n + 23d + D) u
//                           prod_l (chi_l sigma_l s_l s'_l) 16^L/15 (8n + 34d + D) u
//
//   sigma   1 + 4 sqrt(d) sigma_max(|W_k|^T |W_q|); as printed its second term is multiplied by
//           sigma_max / sigma_min of W_k^T W_q (E1)
//   chi     max_t {xi(f_M, y_t) xi(M, N(y_t))} xi(f_A, X) xi(A, N(X))
//   s'      the spread of Y
//
// Everything is infinite where a half cancels or an intermediate result is not generic; the non-asymptotic
// bounds, which need none of that, are in block/error.hpp.  Source: arXiv:2503.10251, section 4.5; in 4.30.2
// the product is over the spreads too (misprint).
#pragma once

#include "halfulp/layers/block/values.hpp"
#include "halfulp/layers/perceptron/rounding.hpp"
#include "halfulp/layers/residual/rounding.hpp"
#include "halfulp/layers/self_attention/condition.hpp"
#include "halfulp/layers/similarity_scores/rounding.hpp"

namespace halfulp {

/// The coefficient of u of one block, 6n + 23d + D (8n + 34d + D with the layer norm), and of rho, 9 (16):
/// also the base of Theorem 4.30's geometric series.
inline double block_roundings(Norm norm, std::size_t n, std::size_t d, std::size_t inner) {
  return static_cast<double>(norm == Norm::rms ? 6 * n + 23 * d + inner : 8 * n + 34 * d + inner);
}
inline double block_growth(Norm norm) { return norm == Norm::rms ? 9 : 16; }

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

/// The lemmas are about branches without zeros: with 0/0 = 0 a factor xi could be 0, and what it multiplies,
/// the error of the input, is not (E8).
template <Real T>
bool has_zero(MatrixView<const T> branch) {
  for (std::size_t i = 0; i < branch.rows(); ++i)
    for (std::size_t t = 0; t < branch.columns(); ++t)
      if (certain_sign(branch(i, t)) == 0) return true;
  return false;
}

/// xi(A, N(X)) xi(half, X); inf where A(N(X)) is not generic.
template <Real T>
T attention_half_chi(const PaperBlock<T>& w, const BlockValues<T>& v) {
  if (has_zero<T>(v.branch)) return infinite<T>();
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

/// max_t xi(f_M, y_t) xi(M, N(y_t)); inf where M(N(Y)) is not generic.
template <Real T>
T perceptron_half_chi(const PaperBlock<T>& weights, const BlockValues<T>& v) {
  if (has_zero<T>(v.fed)) return infinite<T>();
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
  if (detail::has_zero<T>(token.fed)) return {infinite<T>(), infinite<T>()};
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
  const double roundings = block_roundings(norm, v.x.columns(), v.x.rows(), weights.a1.rows());
  block.order = {times_bound(block.growth, T(roundings)), times_bound(block.growth, T(block_growth(norm)))};
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
  const T base(block_growth(norm));
  Matrix<T> at;
  for (std::size_t l = 0; l < blocks.size(); ++l) {
    BlockValues<T> v = block_values(blocks[l], norm, NormPlace::before_attention, l == 0 ? x : at.view());
    const BlockFirstOrder<T> block = detail::block_first_order_at(blocks[l], norm, v, form);
    product = detail::times_bounds<T>({product, block.growth, base});
    roundings = max(roundings, T(block_roundings(norm, x.columns(), x.rows(), blocks[l].a1.rows())));
    at = std::move(v.z);
  }
  return times_bound(product, roundings) / (base - T(1.0));
}

}  // namespace halfulp
