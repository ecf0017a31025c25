// The adjoint of a tensor that several rooms read is the sum of what each of them sends back.
#pragma once

#include "halfulp/arith/real.hpp"
#include "halfulp/base/parallel.hpp"
#include "halfulp/base/view.hpp"

namespace halfulp {

/// x_bar += term, rows shared among threads.  Shapes: equal.
template <Real T>
void add_to_adjoint(MatrixView<const T> term, MatrixView<T> x_bar) {
  parallel_for(x_bar.rows(), 32, [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i)
      for (std::size_t j = 0; j < x_bar.columns(); ++j) x_bar(i, j) = x_bar(i, j) + term(i, j);
  });
}

}  // namespace halfulp
