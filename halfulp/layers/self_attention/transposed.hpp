// Back through the pieces of one head of causal self-attention: the weights psi of each token's scores, and
// the mean O = V P of the values under them.
//
//   P_bar = V^T O_bar,   V_bar = O_bar P^T
//
// Shapes: V [d_h, n], P [n, n]; O_bar, V_bar [d_h, n F], P_bar, S_bar [n, n F] for F functionals: column t F
// + p belongs to token t and functional p.  (Back through the scores: similarity_scores/transposed.hpp.)
#pragma once

#include "halfulp/layers/adjoint_sum.hpp"
#include "halfulp/layers/softmax/transposed.hpp"
#include "halfulp/linalg/product.hpp"

namespace halfulp {

/// Adds to S_bar where key i <= query t; the masked rest stays.
template <Real T>
void causal_softmax_transposed(MatrixView<const T> weights, MatrixView<const T> weights_bar,
                               MatrixView<T> scores_bar) {
  const std::size_t n = weights.columns(), functionals = weights_bar.columns() / n;
  parallel_for(n, 4, [&](std::size_t first, std::size_t last) {
    for (std::size_t t = first; t < last; ++t)
      softmax_transposed<T>(weights.column(t).part(0, t + 1),
                            weights_bar.columns_part(t * functionals, functionals).rows_part(0, t + 1),
                            scores_bar.columns_part(t * functionals, functionals).rows_part(0, t + 1));
  });
}

/// Adds to V_bar and to P_bar.  A masked weight is an exact 0 that nothing can move: its adjoint stays.
template <Real T>
void mix_transposed(MatrixView<const T> values, MatrixView<const T> weights, MatrixView<const T> mixed_bar,
                    MatrixView<T> values_bar, MatrixView<T> weights_bar) {
  ContextOf<T> ar;
  const std::size_t n = weights.columns(), functionals = mixed_bar.columns() / n, width = values.rows();
  Matrix<T> term(n, mixed_bar.columns());
  product_of_columns(ar, values, mixed_bar, term.view());
  for (std::size_t i = 0; i < n; ++i)  // masked: keys after the query
    for (std::size_t c = 0; c < i * functionals; ++c) term(i, c) = T(0.0);
  add_to_adjoint<T>(term, weights_bar);
  // Tokens as rows, so that one product with P serves all functionals.
  Matrix<T> by_token(n, width * functionals), value_term(n, width * functionals);
  const auto each_token = [&](auto move) {
    parallel_for(n, 8, [&](std::size_t first, std::size_t last) {
      for (std::size_t t = first; t < last; ++t)
        for (std::size_t k = 0; k < width; ++k)
          for (std::size_t p = 0; p < functionals; ++p) move(t, k, p);
    });
  };
  each_token([&](std::size_t t, std::size_t k, std::size_t p) {
    by_token(t, k * functionals + p) = mixed_bar(k, t * functionals + p);
  });
  product(ar, weights, MatrixView<const T>(by_token.view()), value_term.view());
  each_token([&](std::size_t t, std::size_t k, std::size_t p) {
    T& entry = values_bar(k, t * functionals + p);
    entry = entry + value_term(t, k * functionals + p);
  });
}

}  // namespace halfulp
