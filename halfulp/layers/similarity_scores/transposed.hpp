// Back through the similarity scores S = K^T Q / sqrt(d_h) of one head:
//
//   K_bar = Q S_bar^T / sqrt(d_h),   Q_bar = K S_bar / sqrt(d_h)
//
// Shapes: K, Q [d_h, n]; S_bar [n, n P], K_bar, Q_bar [d_h, n P]: column t P + p belongs to token t and
// functional p.  Masked entries of S_bar (key i > query t) must be 0.
#pragma once

#include "halfulp/layers/adjoint_sum.hpp"
#include "halfulp/linalg/product.hpp"

namespace halfulp {

/// Adds to K_bar and to Q_bar.
template <Real T>
void similarity_scores_transposed(MatrixView<const T> keys, MatrixView<const T> queries,
                                  MatrixView<const T> scores_bar, MatrixView<T> keys_bar,
                                  MatrixView<T> queries_bar) {
  ContextOf<T> ar;
  const std::size_t n = queries.columns(), functionals = scores_bar.columns() / n;
  const auto head_dim = static_cast<double>(keys.rows());
  Matrix<T> term(keys.rows(), scores_bar.columns());
  product(ar, keys, scores_bar, term.view());
  for (T& entry : term.values()) entry = ar.div_root(entry, head_dim);
  add_to_adjoint<T>(term, queries_bar);
  // The scores' adjoint differs from functional to functional, so each has a product of its own.
  Matrix<T> of_one(n, n), key_term(keys.rows(), n);
  for (std::size_t p = 0; p < functionals; ++p) {
    parallel_for(n, 32, [&](std::size_t first, std::size_t last) {
      for (std::size_t t = first; t < last; ++t)
        for (std::size_t i = 0; i < n; ++i) of_one(t, i) = scores_bar(i, t * functionals + p);
    });
    product(ar, queries, MatrixView<const T>(of_one.view()), key_term.view());
    for (std::size_t k = 0; k < keys.rows(); ++k)
      for (std::size_t i = 0; i < n; ++i) {
        T& entry = keys_bar(k, i * functionals + p);
        entry = entry + ar.div_root(key_term(k, i), head_dim);
      }
  }
}

}  // namespace halfulp
