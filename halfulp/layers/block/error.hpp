// Non-asymptotic rounding-error bounds of the paper's blocks and whole transformers: entry by entry,
// absolute, for every input, arithmetic of Model 4.1, order of summation, norm, place of the norm and
// AttentionForm.
//
// Each stage takes the exact tokens x with a bound e >= |xhat - x| and gives both for its result:
//
//   norm         the exact range of N over the box around x (rms_norm/radius.hpp), then its own roundings
//   attention    scores to absolute errors (no score is divided by: erratum E1), softmax_error, mixing
//   perceptron   perceptron_error, whatever the signs of the hidden entries
//   residual     u |x + f| + (1 + u)(e_x + e_f): where x + f cancels, the absolute error stays small
//
// so nothing need be generic or non-singular.  inf ("no statement") once the box around a token to be
// normalised contains a multiple of e (layer norm) or 0 (RMS norm): the computed token may then be NaN.
// Growth with depth is that of worst cases, for random blocks a factor of 15 to 50 a block at d = 4 and of
// 10^3 and more at d = 16: deep statements need small u. Compare Theorem 4.30 (block/rounding.hpp), first
// order.  Source: docs/theory.md, 1, 4, 6.
#pragma once

#include "halfulp/base/parallel.hpp"
#include "halfulp/layers/block/block.hpp"
#include "halfulp/layers/layer_norm/radius.hpp"
#include "halfulp/layers/perceptron/rounding.hpp"
#include "halfulp/layers/residual/rounding.hpp"
#include "halfulp/layers/softmax/rounding.hpp"

namespace halfulp {

/// Exact tokens [d, n], and how far computed ones are from them at most.
struct TokensWithError {
  Matrix<Ball> x;
  Radii e;
};

/// rho_c(xhat, x) <= rho.
inline TokensWithError tokens_with_error(const Matrix<Ball>& x, Upper rho = {}) {
  TokensWithError tokens{x, Radii(x.rows(), x.columns())};
  for (std::size_t i = 0; i < x.values().size(); ++i) tokens.e.values()[i] = rho * magnitude(x.values()[i]);
  return tokens;
}

namespace detail {

template <class V>
std::vector<V> column_of(const Matrix<V>& x, std::size_t t) {
  std::vector<V> column;
  for (std::size_t i = 0; i < x.rows(); ++i) column.push_back(x(i, t));
  return column;
}
template <class V>
void set_column(Matrix<V>& x, std::size_t t, const std::vector<V>& column) {
  for (std::size_t i = 0; i < x.rows(); ++i) x(i, t) = column[i];
}

/// body(t) for every token, shared among threads.
template <class Body>
void each_token(std::size_t tokens, Body body) {
  parallel_for(tokens, 4, [&](std::size_t first, std::size_t last) {
    for (std::size_t t = first; t < last; ++t) body(t);
  });
}

inline bool says_something(const Radii& e) {
  for (const Upper& entry : e.values())
    if (entry == Upper::no_statement()) return false;
  return true;
}

}  // namespace detail

/// N of each token (normalise_tokens).
///
/// RMS norm: N(xhat) lies in the box of rms_normed_box, k = dot(d)/2 + 3 roundings follow.  Layer norm: chat
/// is within centring_inherited + u |c(xhat)| + (1 + u) gamma(additions(d) + 1) mean|xhat| of c(x), with
/// |c(xhat)| and mean|xhat| themselves bounded from x; then the same for the box around c(x).
inline TokensWithError normalise_with_error(const TokensWithError& tokens, Norm norm, RootOfD root,
                                            const RoundingModel& model) {
  const std::size_t d = tokens.x.rows();
  TokensWithError y{tokens.x, tokens.e};
  const Upper rounded = model.gamma(model.dot(d) / 2 + 3 + (root == RootOfD::rounded));
  const Upper of_mean = (Upper(1) + model.u) * model.gamma(model.additions(d) + 1);
  for (std::size_t t = 0; t < tokens.x.columns(); ++t) {
    std::vector<Ball> x = detail::column_of(tokens.x, t);
    std::vector<Upper> e = detail::column_of(tokens.e, t);
    if (norm == Norm::layer) {
      Upper mean;
      for (std::size_t i = 0; i < d; ++i) mean += e[i] + magnitude(x[i]);
      mean = mean / static_cast<double>(d);
      std::vector<Ball> c(d);
      BallArithmetic balls;
      centring(balls, Row<const Ball>(x), Row<Ball>(c));
      e = centring_inherited(Row<const Upper>(e));
      for (std::size_t i = 0; i < d; ++i) e[i] += Upper(model.u) * (e[i] + magnitude(c[i])) + of_mean * mean;
      x = c;
    }
    NormedBox box = rms_normed_box(Row<const Ball>(x), Row<const Upper>(e), Ball(0.0));
    for (std::size_t i = 0; i < d; ++i) box.radius[i] += rounded * (box.radius[i] + magnitude(box.y[i]));
    detail::set_column(y.x, t, box.y);
    detail::set_column(y.e, t, box.radius);
  }
  return y;
}

namespace detail {

/// W X.
inline TokensWithError product_with_error(const Matrix<Ball>& w, const TokensWithError& tokens,
                                          const RoundingModel& model) {
  const std::size_t n = tokens.x.columns();
  TokensWithError y{Matrix<Ball>(w.rows(), n), Radii(w.rows(), n)};
  each_token(n, [&](std::size_t t) {
    const std::vector<Ball> x = column_of(tokens.x, t);
    for (std::size_t i = 0; i < w.rows(); ++i)
      y.x(i, t) = affine_value<Ball>(w.view(), {}, i, Row<const Ball>(x));
    set_column(y.e, t,
               affine_error<Ball>(w.view(), {}, Row<const Ball>(x), model, column_of(tokens.e, t), x.size()));
  });
  return y;
}

/// A number with its error.
struct Score {
  Ball s;
  Upper e;
};

/// k^T q / sqrt(d_h):  |khat^T qhat - k^T q| <= |k|^T e_q + e_k^T |q| + e_k^T e_q; the dot product's own
/// roundings act on (|k| + e_k)^T (|q| + e_q); the scale rounds once, or twice with a rounded root.
inline Score score_with_error(const TokensWithError& k, std::size_t i, const TokensWithError& q,
                              std::size_t t, RootOfD root, const RoundingModel& model) {
  const std::size_t d = k.x.rows();
  Ball s = 0.0;
  Upper moved, sizes;
  for (std::size_t j = 0; j < d; ++j) {
    const Upper key = magnitude(k.x(j, i)), query = magnitude(q.x(j, t));
    s += k.x(j, i) * q.x(j, t);
    moved += key * q.e(j, t) + k.e(j, i) * (query + q.e(j, t));
    sizes += (key + k.e(j, i)) * (query + q.e(j, t));
  }
  const Upper error = moved + model.gamma(model.dot(d)) * sizes;
  const Upper scale = root == RootOfD::exact ? Upper(model.u) : model.gamma(2);
  const Ball width = sqrt(Ball(static_cast<double>(d)));
  return {s / width, (error + scale * (error + magnitude(s))) / lower_end(width)};
}

/// V psi for each token, psi the causal softmax of the scores of k and q.  With |phat_i - psi_i| <= g_i
/// psi_i:
///   sum_i |v_i| g_i psi_i + e_i (1 + g_i) psi_i,   then the roundings of a sum of t terms on (|v_i| + e_i)(1
///   + g_i) psi_i.
inline TokensWithError mix_with_error(const TokensWithError& v, const TokensWithError& k,
                                      const TokensWithError& q, AttentionForm form,
                                      const RoundingModel& model) {
  TokensWithError y{Matrix<Ball>(v.x.rows(), v.x.columns()), Radii(v.x.rows(), v.x.columns())};
  each_token(v.x.columns(), [&](std::size_t t) {
    std::vector<Ball> s;
    std::vector<Upper> e;
    for (std::size_t i = 0; i <= t; ++i) {
      const Score score = score_with_error(k, i, q, t, form.root, model);
      s.push_back(score.s);
      e.push_back(score.e);
    }
    const SoftmaxJacobian<Ball> weights{Row<const Ball>(s)};
    const std::vector<Upper> g = softmax_error(Row<const Ball>(s), model, form.shift, e);
    const Upper rounded = model.gamma(std::fmin(model.dot(v.x.columns()), static_cast<double>(t + 1)));
    for (std::size_t a = 0; a < v.x.rows(); ++a) {
      Ball sum = 0.0;
      Upper moved, sizes;
      for (std::size_t i = 0; i <= t; ++i) {
        const Ball& psi = weights.psi()[i];
        const Upper size = magnitude(v.x(a, i)), weight = magnitude(psi), most = weight + g[i] * weight;
        sum += v.x(a, i) * psi;
        moved += size * g[i] * weight + v.e(a, i) * most;
        sizes += (size + v.e(a, i)) * most;
      }
      y.x(a, t) = sum;
      y.e(a, t) = moved + rounded * sizes;
    }
  });
  return y;
}

}  // namespace detail

/// A(X) (self_attention).
inline TokensWithError attention_with_error(const PaperBlock<Ball>& weights, const TokensWithError& x,
                                            AttentionForm form, const RoundingModel& model) {
  const TokensWithError q = detail::product_with_error(weights.wq, x, model);
  const TokensWithError k = detail::product_with_error(weights.wk, x, model);
  if (form.order == ValueOrder::project_first)
    return detail::mix_with_error(detail::product_with_error(weights.wv, x, model), k, q, form, model);
  return detail::product_with_error(weights.wv, detail::mix_with_error(x, k, q, form, model), model);
}

/// M(x) for each token (perceptron).
inline TokensWithError perceptron_with_error(const PaperBlock<Ball>& weights, const TokensWithError& x,
                                             const RoundingModel& model) {
  TokensWithError y{Matrix<Ball>(weights.a2.rows(), x.x.columns()), Radii(weights.a2.rows(), x.x.columns())};
  BallArithmetic balls;
  perceptron(balls, weights.a1.view(), Row<const Ball>(weights.b1), weights.a2.view(),
             Row<const Ball>(weights.b2), MatrixView<const Ball>(x.x.view()), y.x.view());
  detail::each_token(x.x.columns(), [&](std::size_t t) {
    const std::vector<Ball> token = detail::column_of(x.x, t);
    detail::set_column(y.e, t,
                       perceptron_error<Ball>(weights.a1.view(), weights.b1, weights.a2.view(), weights.b2,
                                              Row<const Ball>(token), model, detail::column_of(x.e, t)));
  });
  return y;
}

namespace detail {

/// X + F.  Where the branch went through a NaN, zero weights do not hide it: no statement about anything.
inline TokensWithError residual_with_error(const TokensWithError& x, const TokensWithError& f, bool known,
                                           const RoundingModel& model) {
  TokensWithError y{x.x, residual_error<Ball>(x.x.view(), f.x.view(), model.u, x.e, f.e)};
  for (std::size_t i = 0; i < y.x.values().size(); ++i) y.x.values()[i] += f.x.values()[i];
  if (!known) y.e = no_radii(x.x.rows(), x.x.columns());
  return y;
}

}  // namespace detail

/// f_A, g_A, or X + N(A(X))  (attention_half).
inline TokensWithError attention_half_with_error(const PaperBlock<Ball>& weights, BlockForm form,
                                                 const TokensWithError& x, const RoundingModel& model) {
  const AttentionForm attention = form.attention;
  if (form.place == NormPlace::before_attention) {
    const TokensWithError normed = normalise_with_error(x, form.norm, attention.root, model);
    return detail::residual_with_error(x, attention_with_error(weights, normed, attention, model),
                                       detail::says_something(normed.e), model);
  }
  const TokensWithError attended = attention_with_error(weights, x, attention, model);
  const bool known = detail::says_something(x.e) && detail::says_something(attended.e);
  return detail::residual_with_error(x, normalise_with_error(attended, form.norm, attention.root, model),
                                     known, model);
}

/// f_M, g_M  (perceptron_half).
inline TokensWithError perceptron_half_with_error(const PaperBlock<Ball>& weights, BlockForm form,
                                                  const TokensWithError& y, const RoundingModel& model) {
  const TokensWithError normed = normalise_with_error(y, form.norm, form.attention.root, model);
  return detail::residual_with_error(y, perceptron_with_error(weights, normed, model),
                                     detail::says_something(normed.e), model);
}

/// block().
inline TokensWithError block_with_error(const PaperBlock<Ball>& weights, BlockForm form,
                                        const TokensWithError& x, const RoundingModel& model) {
  return perceptron_half_with_error(weights, form, attention_half_with_error(weights, form, x, model), model);
}

/// A whole transformer, block after block.
inline TokensWithError transformer_with_error(const std::vector<PaperBlock<Ball>>& blocks, BlockForm form,
                                              TokensWithError x, const RoundingModel& model) {
  for (const PaperBlock<Ball>& block : blocks) x = block_with_error(block, form, x, model);
  return x;
}

}  // namespace halfulp
