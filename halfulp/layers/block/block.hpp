// The paper's transformer blocks, built of its rooms with one arithmetic for every operation.
//
//   pre-norm   Y = X + A(N(X)),  Z = Y + M(N(Y))     eqs. (6), (9); N the layer norm (T) or the RMS norm (Q)
//   post-norm  Y = X + N(A(X)),  Z = Y + M(N(Y))     Figure 4b
//
// Shapes: X, Y, Z [d, n].  Source: arXiv:2503.10251, Lemmas 4.25 to 4.29.
#pragma once

#include "halfulp/layers/layer_norm/layer_norm.hpp"
#include "halfulp/layers/perceptron/perceptron.hpp"
#include "halfulp/layers/residual/residual.hpp"
#include "halfulp/layers/self_attention/self_attention.hpp"

namespace halfulp {

/// Where the block normalises around its attention.
enum class NormPlace { before_attention, after_attention };

template <class V>
struct PaperBlock {
  Matrix<V> wq, wk, wv;  // [d, d]
  Matrix<V> a1, a2;      // [D, d], [d, D]
  std::vector<V> b1, b2;
};

struct BlockForm {
  Norm norm = Norm::rms;
  NormPlace place = NormPlace::before_attention;
  AttentionForm attention;
};

/// N applied to every token.
template <class A>
void normalise_tokens(A& ar, MatrixView<const Value<A>> x, Norm norm, RootOfD root, MatrixView<Value<A>> y) {
  std::vector<Value<A>> centred(x.rows());
  for (std::size_t t = 0; t < x.columns(); ++t) {
    if (norm == Norm::rms)
      rms_norm_of_paper(ar, x.column(t), 0.0, y.column(t), root);
    else
      layer_norm_of_paper(ar, x.column(t), Row<Value<A>>(centred), y.column(t), root);
  }
}

/// f_A, g_A (pre-norm) or X + N(A(X)) (post-norm).
template <class A>
void attention_half(A& ar, const PaperBlock<Value<A>>& block, BlockForm form, MatrixView<const Value<A>> x,
                    MatrixView<Value<A>> y) {
  using V = Value<A>;
  Matrix<V> first(x.rows(), x.columns()), second(x.rows(), x.columns());
  const RootOfD root = form.attention.root;
  if (form.place == NormPlace::before_attention) {
    normalise_tokens(site(ar, Site::attn_norm), x, form.norm, root, first.view());
    self_attention(ar, block.wq.view(), block.wk.view(), block.wv.view(), MatrixView<const V>(first.view()),
                   form.attention, second.view());
  } else {
    self_attention(ar, block.wq.view(), block.wk.view(), block.wv.view(), x, form.attention, first.view());
    normalise_tokens(site(ar, Site::attn_norm), MatrixView<const V>(first.view()), form.norm, root,
                     second.view());
  }
  residual(site(ar, Site::attn_residual), x, MatrixView<const V>(second.view()), y);
}

/// f_M, g_M:  Y + M(N(Y)).
template <class A>
void perceptron_half(A& ar, const PaperBlock<Value<A>>& block, BlockForm form, MatrixView<const Value<A>> y,
                     MatrixView<Value<A>> z) {
  using V = Value<A>;
  Matrix<V> normed(y.rows(), y.columns()), out(y.rows(), y.columns());
  normalise_tokens(site(ar, Site::mlp_norm), y, form.norm, form.attention.root, normed.view());
  perceptron(ar, block.a1.view(), Row<const V>(block.b1), block.a2.view(), Row<const V>(block.b2),
             MatrixView<const V>(normed.view()), out.view());
  residual(site(ar, Site::mlp_residual), y, MatrixView<const V>(out.view()), z);
}

/// Z = block(X).
template <class A>
void block(A& ar, const PaperBlock<Value<A>>& weights, BlockForm form, MatrixView<const Value<A>> x,
           MatrixView<Value<A>> z) {
  Matrix<Value<A>> y(x.rows(), x.columns());
  attention_half(ar, weights, form, x, y.view());
  perceptron_half(ar, weights, form, MatrixView<const Value<A>>(y.view()), z);
}

}  // namespace halfulp
