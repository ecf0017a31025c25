// The residual connection:  y = x + f.  Shapes: all [d, n].  Step: add, one rounding.
// The relative error of y is unbounded where x + f cancels (xi(f) of Lemmas 4.25 to 4.28).
#pragma once

#include "halfulp/base/view.hpp"
#include "halfulp/layers/staged.hpp"

namespace halfulp {

template <class A>
void residual(A& ar, MatrixView<const Value<A>> x, MatrixView<const Value<A>> f, MatrixView<Value<A>> y) {
  auto& op = step(ar, Step::add);
  for (std::size_t i = 0; i < x.rows(); ++i) {
    for (std::size_t t = 0; t < x.columns(); ++t) {
      begin_entry(op, i, t);
      y(i, t) = op.store(op.add(op.load(x(i, t)), op.load(f(i, t))));
    }
  }
}

}  // namespace halfulp
