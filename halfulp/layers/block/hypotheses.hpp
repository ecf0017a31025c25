// What Lemma 4.29 and Theorem 4.30 assume of a block and its input, each with its margin.
// Source: arXiv:2503.10251, Lemmas 4.25 to 4.29.
#pragma once

#include "halfulp/layers/block/values.hpp"
#include "halfulp/layers/perceptron/rounding.hpp"
#include "halfulp/layers/similarity_scores/rounding.hpp"
#include "halfulp/linalg/singular_values.hpp"

namespace halfulp {

/// The assumptions of Lemma 4.29, in the paper's order; each margin > 0 where it holds:
///   attention_generic        the least |A(N(X))|_it
///   WkTWq_nonsingular        sigma_min(W_k^T W_q); as printed only (E1)
///   d_ge_2                   d - 1
///   mlp_generic, L1_suff_generic   perceptron_hypotheses, the least over tokens
///   X_centred_suff_generic   layer norm: min_t ||c(x_t)||_-inf / (2 alpha (1 + u) gamma_d ||x_t||_inf) - 1
///   Y_centred_suff_generic   the same of Y
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
      {"d_ge_2", static_cast<double>(x.rows()) - 1},
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
