// The paper's two-layer perceptron:  M(x) = A_2 relu(A_1 x + b_1) + b_2  for each token.
// Shapes: A_1 [D, d], b_1 [D], A_2 [d, D], b_2 [d], X, Y [d, n].  All D entries take part in the second
// product.  Sites: mlp_in, act, mlp_out. Source: arXiv:2503.10251, eq. (2), Lemma 4.14.
#pragma once

#include "halfulp/layers/perceptron/activation.hpp"
#include "halfulp/layers/sited.hpp"
#include "halfulp/linalg/product.hpp"

namespace halfulp {

template <class A>
void perceptron(A& ar, MatrixView<const Value<A>> a1, Row<const Value<A>> b1, MatrixView<const Value<A>> a2,
                Row<const Value<A>> b2, MatrixView<const Value<A>> x, MatrixView<Value<A>> y) {
  Matrix<Value<A>> hidden(a1.rows(), x.columns());
  affine(site(ar, Site::mlp_in), a1, b1, x, hidden.view());
  for (auto& h : hidden.values()) h = relu(site(ar, Site::act), h);
  affine(site(ar, Site::mlp_out), a2, b2, MatrixView<const Value<A>>(hidden.view()), y);
}

}  // namespace halfulp
