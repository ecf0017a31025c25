// Fused attention of one query: online softmax over blocks of keys, in which neither scores nor weights are
// ever stored.  For each block, with running maximum m, normaliser l and output o (Milakov and Gimelshein
// 2018; Dao 2022):
//
//   m' = max(m, max_i s_i),  a = exp(m - m'),  p_i = exp(s_i - m'),  l = a l + sum_i p_i,  o = a o + sum_i
//   load(p_i) v_i
//
// and at the end  y = o / l.  In exact arithmetic: attention.  Shapes: q, y [d_h]; K, V [d_h, n], keys 0 .. t
// are seen.
#pragma once

#include "halfulp/layers/self_attention/self_attention.hpp"

namespace halfulp {

/// Steps: scale (scores, kept in the accumulator's format), exp, sum, product (p_i loaded, that is rounded to
/// the operand format; the sum uses them unrounded), divide (stored).
template <class A>
void flash_attention(A& ar, Row<const Value<A>> q, MatrixView<const Value<A>> keys,
                     MatrixView<const Value<A>> values, std::size_t seen, std::size_t block, ScoreScale how,
                     Row<Value<A>> y) {
  using V = Value<A>;
  auto& scoring = step(ar, Step::scale);
  auto& exponential = step(ar, Step::exp);
  auto& adding = step(ar, Step::sum);
  auto& mixing = step(ar, Step::product);
  auto& dividing = step(ar, Step::divide);
  const std::size_t width = q.size();
  std::vector<V> p(block), o(width, mixing.exactly(0.0));
  V maximum{}, normaliser = adding.exactly(0.0);
  for (std::size_t first = 0; first < seen; first += block) {
    const std::size_t count = seen - first < block ? seen - first : block;
    V highest{};
    for (std::size_t i = 0; i < count; ++i) {
      const auto s = dot_of(
          scoring, width, [&](std::size_t k) { return scoring.load(keys(k, first + i)); },
          [&](std::size_t k) { return scoring.load(q[k]); });
      p[i] = scaled_score(ar, s, static_cast<double>(width), how);
      highest = i == 0 ? p[i] : exponential.max(highest, p[i]);
    }
    const V raised = first == 0 ? highest : exponential.max(maximum, highest);
    for (std::size_t i = 0; i < count; ++i) p[i] = exponential.exp(exponential.sub(p[i], raised));
    auto total = sum(adding, Row<const V>(p).part(0, count));
    if (first > 0) {
      const V faded = exponential.exp(exponential.sub(maximum, raised));
      total = adding.add(adding.mul(normaliser, faded), total);
      for (V& entry : o) entry = mixing.mul(entry, faded);
    }
    normaliser = total;
    for (std::size_t i = 0; i < count; ++i) p[i] = mixing.load(p[i]);
    for (std::size_t j = 0; j < width; ++j) {
      const auto inner = dot_of(
          mixing, count, [&](std::size_t i) { return mixing.load(values(j, first + i)); },
          [&](std::size_t i) { return p[i]; });
      o[j] = mixing.add(o[j], inner);
    }
    maximum = raised;
  }
  for (std::size_t j = 0; j < width; ++j) y[j] = dividing.store(dividing.div(o[j], normaliser));
}

}  // namespace halfulp
