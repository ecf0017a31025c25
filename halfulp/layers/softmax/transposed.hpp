// Back through softmax psi(s):  J^T y_bar = psi o (y_bar - psi^T y_bar), from the weights themselves (the
// shift has no derivative in exact arithmetic). Shapes: psi [t], y_bar, s_bar [t, P]: a column for each of P
// functionals.  Source: arXiv:2503.10251, Lemma 3.13.1.
#pragma once

#include <vector>

#include "halfulp/arith/real.hpp"
#include "halfulp/base/view.hpp"

namespace halfulp {

/// Adds J^T y_bar to s_bar.
template <Real T>
void softmax_transposed(Row<const T> psi, MatrixView<const T> y_bar, MatrixView<T> s_bar) {
  std::vector<T> mean(y_bar.columns(), T(0.0));
  for (std::size_t i = 0; i < psi.size(); ++i)
    for (std::size_t p = 0; p < mean.size(); ++p) mean[p] = mean[p] + psi[i] * y_bar(i, p);
  for (std::size_t i = 0; i < psi.size(); ++i)
    for (std::size_t p = 0; p < mean.size(); ++p)
      s_bar(i, p) = s_bar(i, p) + psi[i] * (y_bar(i, p) - mean[p]);
}

}  // namespace halfulp
