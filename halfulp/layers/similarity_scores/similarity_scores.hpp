// Similarity scores of keys and queries:  s_it = k_i^T q_t / sqrt(d_h)  for keys i <= t.
// Shapes: K, Q [d_h, n]; S [n, n], column t belongs to query t; entries i > t are masked and mean nothing.
// Source: arXiv:2503.10251, eq. (3), Lemma 4.17 (sqrt(d) an exact constant there; Lemma's d_k = d).
#pragma once

#include "halfulp/layers/rms_norm/rms_norm.hpp"
#include "halfulp/linalg/product.hpp"

namespace halfulp {

/// How the scores get their 1/sqrt(d_h).
enum class ScoreScale {
  by_reciprocal,    // times 1/sqrt(d_h), a constant of the accumulator's format (Llama)
  by_stored_root,   // divided by sqrt(d_h) as the step's result format stores it (GPT-2)
  by_exact_root,    // divided by the exact number sqrt(d_h), one rounding (paper)
  by_rounded_root,  // divided by the rounded sqrt(d_h)
};

/// One score scaled.  Step: scale.
template <class A>
Value<A> scaled_score(A& ar, Value<A> s, double head_dim, ScoreScale how) {
  auto& op = step(ar, Step::scale);
  s = op.load(s);
  switch (how) {
    case ScoreScale::by_reciprocal:
      return op.store(op.mul(s, op.div_root(op.exactly(1.0), head_dim)));
    case ScoreScale::by_stored_root:
      return op.store(op.div(s, op.store(op.mul_root(op.exactly(1.0), head_dim))));
    case ScoreScale::by_rounded_root:
      return op.store(op.div(s, op.mul_root(op.exactly(1.0), head_dim)));
    case ScoreScale::by_exact_root:
      break;
  }
  return op.store(op.div_root(s, head_dim));
}

/// S = K^T Q scaled.  Steps: product, scale.
template <class A>
void similarity_scores(A& ar, MatrixView<const Value<A>> keys, MatrixView<const Value<A>> queries,
                       ScoreScale how, MatrixView<Value<A>> scores) {
  product_of_columns(step(ar, Step::product), keys, queries, scores);
  auto& op = step(ar, Step::scale);
  for (std::size_t t = 0; t < queries.columns(); ++t) {
    for (std::size_t i = 0; i <= t && i < scores.rows(); ++i) {
      begin_entry(op, i, t);
      scores(i, t) = scaled_score(ar, scores(i, t), static_cast<double>(keys.rows()), how);
    }
  }
}

}  // namespace halfulp
