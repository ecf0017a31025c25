// Causal self-attention of one head:  A(X) = W_v X_t psi(S(X_t))  for each token t, X_t the tokens up to t.
// Shapes: W_q, W_k, W_v [d, d], X, Y [d, n].  Source: arXiv:2503.10251, eq. (5), Lemma 4.21.
//
// The pieces (similarity_scores, softmax, mix) serve every head of a multi-head model; self_attention() puts
// them together as the paper does, which is the special case h = 1, d_h = d.
#pragma once

#include "halfulp/layers/similarity_scores/similarity_scores.hpp"
#include "halfulp/layers/sited.hpp"
#include "halfulp/layers/softmax/softmax.hpp"

namespace halfulp {

/// psi of the first t + 1 scores of query t; the rest is masked: exactly 0.  Shapes: s, e (scratch), p [n].
template <class A>
void causal_softmax(A& ar, Row<const Value<A>> s, std::size_t t, Shift shift, Row<Value<A>> e,
                    Row<Value<A>> p) {
  const std::size_t seen = t + 1 < s.size() ? t + 1 : s.size();
  softmax(ar, s.part(0, seen), shift, e.part(0, seen), p.part(0, seen));
  for (std::size_t i = seen; i < p.size(); ++i) p[i] = step(ar, Step::exp).exactly(0.0);
}

/// O = V P:  the mean of the values under the attention weights.  Shapes: V [d_h, n], P [n, n], O [d_h, n].
template <class A>
void mix(A& ar, MatrixView<const Value<A>> values, MatrixView<const Value<A>> weights,
         MatrixView<Value<A>> mixed) {
  product(step(ar, Step::product), values, weights, mixed);
}

/// Which product comes first: the lemma's W_v (X_t psi), or (W_v X_t) psi as software does.  Same bound.
enum class ValueOrder { mix_first, project_first };

struct AttentionForm {
  ValueOrder order = ValueOrder::mix_first;
  Shift shift = Shift::none;
  RootOfD root = RootOfD::exact;
};

/// The paper's attention, for one head or for several side by side: each has its share of the rows of W_q,
/// W_k and of W_v, in order (queries may be narrower than values; no output projection).  Sites: qkv, score,
/// softmax, pv.
template <class A>
void self_attention(A& ar, MatrixView<const Value<A>> wq, MatrixView<const Value<A>> wk,
                    MatrixView<const Value<A>> wv, MatrixView<const Value<A>> x, AttentionForm form,
                    MatrixView<Value<A>> y, std::size_t heads = 1) {
  const std::size_t n = x.columns();
  Matrix<Value<A>> q(wq.rows(), n), k(wk.rows(), n), s(n, n), p(n, n);
  const bool project_first = form.order == ValueOrder::project_first;
  Matrix<Value<A>> v(project_first ? wv.rows() : x.rows(), n);
  auto& projecting = site(ar, Site::qkv);
  product(projecting, wq, x, q.view());
  product(projecting, wk, x, k.view());
  if (project_first) product(projecting, wv, x, v.view());
  const auto how = form.root == RootOfD::exact ? ScoreScale::by_exact_root : ScoreScale::by_rounded_root;
  std::vector<Value<A>> exponentials(n);
  for (std::size_t h = 0; h < heads; ++h) {
    const auto of_head = [&](auto view) {
      const std::size_t rows = view.rows() / heads;
      return view.rows_part(h * rows, rows);
    };
    similarity_scores(site(ar, Site::score), MatrixView<const Value<A>>(of_head(k.view())),
                      MatrixView<const Value<A>>(of_head(q.view())), how, s.view());
    for (std::size_t t = 0; t < n; ++t)
      causal_softmax(site(ar, Site::softmax), s.view().column(t), t, form.shift, Row<Value<A>>(exponentials),
                     p.column(t));
    const MatrixView<const Value<A>> weights = p.view();
    if (project_first) {
      mix(site(ar, Site::pv), MatrixView<const Value<A>>(of_head(v.view())), weights, of_head(y));
    } else {
      mix(site(ar, Site::pv), x, weights, v.view());
      product(projecting, of_head(wv), MatrixView<const Value<A>>(v.view()), of_head(y));
    }
  }
}

}  // namespace halfulp
