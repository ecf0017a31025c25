// A-priori rounding error of multi-head attention in mixed precision with nothing dropped: mixed_head.hpp's
// bounds with e^L - 1 for L, so that they hold for every u.  Plain heads only (queries and keys neither
// normalised nor turned); scores err absolutely, so none need be generic.  Source: docs/theory.md, 1, 3.
#pragma once

#include "halfulp/layers/linear/radius.hpp"
#include "halfulp/layers/self_attention/mixed_head.hpp"

namespace halfulp {

/// |do_t|, nothing dropped; a plain head (keys, queries straight from projected()).  Proof: e_k = u_c |k| +
/// (1 + u_c) (e^p - 1) size, p the logarithm of the projection's roundings, and e_q likewise; each score errs
/// by
///   E_i = [ e_k^T |q| + |k|^T e_q + e_k^T e_q + (e^g - 1) (|k| + e_k)^T (|q| + e_q) ] / sqrt(d_h),
/// g the product's and two of the scale; the computed maximum lies within max E of m, so the weights before
/// their normaliser have the logarithmic error L_i = E_i + u_h (m - s_i + E_i + max E) + c_exp u_h / (1 -
/// u_h). With psi' the weights so moved, psi'_i <= psi_i e^{L_i} / sum psi e^{-L}, all that follows is a
/// factor in [e^-r, e^r] on each term (normaliser, quotient, cast, product, sum), and
///   |do| <= sum psi_i (e^{L_i} - 1) |v_i - o| / sum psi e^{-L}
///           + sum psi'_i [ (e^r - 1) |v_i| + e^r e_v,i ].
inline std::vector<Upper> head_error(const MixedHead<Ball>& head, std::size_t t,
                                     const AttentionPrecision& u) {
  const auto lg = [](double v) { return Accumulation::logarithm_of(v); };
  const auto error_of = [&](const Projected<Ball>& y, const Accumulation& sum, double cast, std::size_t a,
                            std::size_t i) {
    return Upper(cast) * magnitude(y.value(a, i)) +
           (Upper(1) + cast) * expm1(sum.logarithm(head.projected_terms())) * magnitude(y.size(a, i));
  };
  const std::size_t d_h = head.keys().value.rows();
  const double root = next_below(std::sqrt(static_cast<double>(d_h)));
  const Upper product = expm1(u.score.logarithm(d_h) + Upper(2) * lg(u.score_scale));
  std::vector<Upper> score(t + 1), log(t + 1);
  Upper worst;
  for (std::size_t i = 0; i <= t; ++i) {
    Upper moved;
    for (std::size_t a = 0; a < d_h; ++a) {
      const Upper k = magnitude(head.keys().value(a, i)), q = magnitude(head.queries().value(a, t));
      const Upper e_k = error_of(head.keys(), u.projection, u.cast, a, i);
      const Upper e_q = error_of(head.queries(), u.projection, u.cast, a, t);
      moved += e_k * q + k * e_q + e_k * e_q + product * (k + e_k) * (q + e_q);
    }
    score[i] = moved / root;
    worst = max(worst, score[i]);
  }
  double least = 0;
  std::vector<Upper> high(t + 1);
  for (std::size_t i = 0; i <= t; ++i) {
    const Upper depth = Upper(magnitude(head.depth(i, t))) + score[i] + worst;
    log[i] = score[i] + Upper(u.softmax) * depth + lg((Upper(u.exponential) * u.softmax).value());
    const Ball& psi = head.weights()(i, t);
    least = next_below(least + next_below(std::fmax(0.0, lower_end(psi)) / exp(log[i]).value()));
    high[i] = Upper(magnitude(psi)) * exp(log[i]);
  }
  const auto count = static_cast<double>(t + 1);
  const Upper factor = u.mix.logarithm(t + 1) + lg(u.weight_cast) + (Upper(count) + 1) * lg(u.softmax);
  std::vector<Upper> error;
  for (std::size_t a = 0; a < head.width(); ++a) {
    Upper sum;
    for (std::size_t i = 0; i <= t; ++i) {
      const Ball& v = head.values().value(a, i);
      const Upper e_v = error_of(head.values(), u.value, u.value_cast, a, i);
      sum += Upper(magnitude(head.weights()(i, t))) * expm1(log[i]) * magnitude(v - head.means()(a, t)) +
             high[i] * (expm1(factor) * magnitude(v) + exp(factor) * e_v);
    }
    error.push_back(sum / least);
  }
  return error;
}

/// |dA|, nothing dropped:  sum_h |W_o^h| ( e^g |do^h| + (e^g - 1) |o^h| ),  g the output's roundings.
inline Radii attention_error(const std::vector<MixedHead<Ball>>& heads, MatrixView<const double> wo,
                             const AttentionPrecision& u) {
  const std::size_t n = heads[0].tokens(), width = heads[0].width();
  const Upper log = u.output.logarithm(heads.size() * width);
  Radii moved(heads.size() * width, n);
  for (std::size_t h = 0; h < heads.size(); ++h) {
    for (std::size_t t = 0; t < n; ++t) {
      const std::vector<Upper> d_o = head_error(heads[h], t, u);
      for (std::size_t a = 0; a < width; ++a)
        moved(h * width + a, t) = exp(log) * d_o[a] + expm1(log) * magnitude(heads[h].means()(a, t));
    }
  }
  return linear_inherited(wo, moved.view());
}

}  // namespace halfulp
