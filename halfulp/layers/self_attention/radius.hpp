// Entrywise error bounds of one head:  o_t = sum_i p_it v_i,  from values known within E_V and weights known
// as in softmax/radius.hpp.  With  obar = sum_i pi_i vhat_i  (the weights normalised exactly), for a query t
//
//   sum phat_i vhat_i - o = (sum phat - 1) obar + sum_i (pi_i - p_i) (vhat_i - obar) + sum_i p_i (vhat_i -
//   v_i)
//
// as both pi and p sum to 1: the second term is centred, so a value that all keys share costs nothing, and
//
//   |second| <= sum_i pi_i (e^{L_i} - 1) |vhat_i - obar| / least,  and  <= max_i |vhat_i - obar|
//   |third|  <= sum_i highest(p_i) E_V,i,                          and  <= max_i E_V,i
//
// (o and obar are means of values): attention never loses the statement that it has on its values, however
// large the error of its scores.  Shapes: values, E_V [d_v, n], bounds [d_v].  Source: docs/theory.md, 3, 6.
#pragma once

#include <utility>

#include "halfulp/arith/balls.hpp"
#include "halfulp/layers/linear/radius.hpp"
#include "halfulp/layers/self_attention/self_attention.hpp"
#include "halfulp/layers/similarity_scores/radius.hpp"
#include "halfulp/layers/softmax/radius.hpp"

namespace halfulp {

/// |sum_i phat_i vhat_i - o_t|, the sum exact; the keys are the first of `values`, as many as the box has.
inline std::vector<Upper> mixing_inherited(const WeightBox& box, MatrixView<const Ball> values,
                                           const Radii& e_values) {
  const std::size_t seen = box.share.size();
  const Upper lacking = magnitude(box.total - Ball(1.0));
  std::vector<Upper> radius, moved, highest;
  for (std::size_t i = 0; i < seen; ++i) {
    moved.push_back(box.moved(i));
    highest.push_back(box.highest(i));
  }
  for (std::size_t a = 0; a < values.rows(); ++a) {
    Ball centre;
    for (std::size_t i = 0; i < seen; ++i) centre += box.share[i] * values(a, i);
    Upper spread, widest, passed, largest;
    for (std::size_t i = 0; i < seen; ++i) {
      const Upper off = magnitude(values(a, i) - centre);
      spread += moved[i] * off;
      widest = max(widest, off);
      passed += highest[i] * e_values(a, i);
      largest = max(largest, e_values(a, i));
    }
    radius.push_back(lacking * magnitude(centre) + min(spread / box.least, widest) + min(passed, largest));
  }
  return radius;
}

/// gamma |Vhat| |Phat|: the roundings of the sum.  Masked weights are 0 and are added exactly, so a term of
/// query t passes at most t additions, in whatever order.
inline Radii mixing_local(const RoundingModel& model, MatrixView<const double> values,
                          MatrixView<const double> weights) {
  const double all = model.dot(weights.rows());
  const auto roundings = [&](std::size_t t) { return std::fmin(all, static_cast<double>(t + 1)); };
  Radii rho = linear_inherited(values, scaled_sizes(1.0, weights));
  for (std::size_t t = 0; t < weights.columns(); ++t)
    for (std::size_t a = 0; a < rho.rows(); ++a) rho(a, t) *= model.gamma(roundings(t));
  return rho;
}

/// The weights of all queries: column t of E_S and of the computed S, P.
inline std::vector<WeightBox> weight_boxes(const RoundingModel& model, MatrixView<const double> scores,
                                           const Radii& e_scores, Shift shift,
                                           MatrixView<const double> weights) {
  std::vector<WeightBox> boxes;
  for (std::size_t t = 0; t < weights.columns(); ++t) {
    const std::size_t seen = t + 1 < weights.rows() ? t + 1 : weights.rows();
    boxes.push_back(softmax_box(model, scores.column(t).part(0, seen), e_scores.column(t).part(0, seen),
                                shift, weights.column(t).part(0, seen)));
  }
  return boxes;
}

/// mixing_inherited for all queries.
inline Radii mixed_inherited(const std::vector<WeightBox>& boxes, MatrixView<const Ball> values,
                             const Radii& e_values) {
  Radii radii(values.rows(), boxes.size());
  for (std::size_t t = 0; t < boxes.size(); ++t) {
    const std::vector<Upper> column = mixing_inherited(boxes[t], values, e_values);
    for (std::size_t a = 0; a < column.size(); ++a) radii(a, t) = column[a];
  }
  return radii;
}

/// The paper's head with all that it computes.  mixed: X P (mix_first) or unused; v: W_v X (project_first) or
/// unused.
struct AttentionRun {
  Matrix<double> q, k, v, s, p, mixed, y;
};

/// The same operations in the same order as self_attention().
template <class A>
AttentionRun run_self_attention(A& ar, MatrixView<const double> wq, MatrixView<const double> wk,
                                MatrixView<const double> wv, MatrixView<const double> x, AttentionForm form) {
  const std::size_t n = x.columns();
  AttentionRun run{Matrix<double>(wq.rows(), n), Matrix<double>(wk.rows(), n), Matrix<double>(wv.rows(), n),
                   Matrix<double>(n, n),         Matrix<double>(n, n),         Matrix<double>(x.rows(), n),
                   Matrix<double>(wv.rows(), n)};
  product(ar, wq, x, run.q.view());
  product(ar, wk, x, run.k.view());
  const auto how = form.root == RootOfD::exact ? ScoreScale::by_exact_root : ScoreScale::by_rounded_root;
  similarity_scores(ar, std::as_const(run.k).view(), std::as_const(run.q).view(), how, run.s.view());
  std::vector<double> exponentials(n);
  for (std::size_t t = 0; t < n; ++t)
    causal_softmax(ar, std::as_const(run.s).column(t), t, form.shift, Row<double>(exponentials),
                   run.p.column(t));
  if (form.order == ValueOrder::project_first) {
    product(ar, wv, x, run.v.view());
    mix(ar, std::as_const(run.v).view(), std::as_const(run.p).view(), run.y.view());
  } else {
    mix(ar, x, std::as_const(run.p).view(), run.mixed.view());
    product(ar, wv, std::as_const(run.mixed).view(), run.y.view());
  }
  return run;
}

/// |Yhat - A(X)| for |Xhat - X| <= E.  Signed products: the scores' errors pass through |Khat^T W_q| and
/// |W_k^T Qhat|, and with mix_first the centred term is taken of W_v xhat_i instead of |W_v| on that of
/// xhat_i.
inline Radii self_attention_radius(const RoundingModel& model, MatrixView<const double> wq,
                                   MatrixView<const double> wk, MatrixView<const double> wv,
                                   MatrixView<const double> x, const Radii& e, const AttentionRun& run,
                                   AttentionForm form, Composition composition) {
  const bool is_signed = composition == Composition::signed_products;
  const Radii rho_q = linear_local(model, wq, {}, x, run.q.view());
  const Radii rho_k = linear_local(model, wk, {}, x, run.k.view());
  const Radii e_q = linear_inherited(wq, e.view()) + rho_q, e_k = linear_inherited(wk, e.view()) + rho_k;
  const auto how = form.root == RootOfD::exact ? ScoreScale::by_exact_root : ScoreScale::by_rounded_root;
  const Radii came_in =
      is_signed ? scores_inherited_signed(wk, wq, run.k.view(), run.q.view(), e, rho_k, rho_q, e_k, e_q)
                : scores_inherited(run.k.view(), run.q.view(), e_k, e_q);
  const Radii e_s = came_in + scores_local(model, run.k.view(), run.q.view(), how);
  const auto boxes = weight_boxes(model, run.s.view(), e_s, form.shift, run.p.view());
  if (form.order == ValueOrder::project_first) {
    const Radii e_v = linear_radius(model, wv, {}, x, e.view(), run.v.view());
    return mixed_inherited(boxes, in_balls(run.v.view()).view(), e_v) +
           mixing_local(model, run.v.view(), run.p.view());
  }
  const Radii rounded = mixing_local(model, x, run.p.view());
  const Radii local = linear_local(model, wv, {}, run.mixed.view(), run.y.view());
  if (!is_signed)
    return linear_inherited(wv, (mixed_inherited(boxes, in_balls(x).view(), e) + rounded).view()) + local;
  BallArithmetic balls;
  const Matrix<Ball> w = in_balls(wv), at = in_balls(x);
  Matrix<Ball> values(wv.rows(), x.columns());
  product(balls, w.view(), at.view(), values.view());
  return mixed_inherited(boxes, std::as_const(values).view(), linear_inherited(wv, e.view())) +
         linear_inherited(wv, rounded.view()) + local;
}

}  // namespace halfulp
