// Back through one site of a transformer: the counterpart of evaluate_site() (transformer.hpp).
//
//   x_bar += J^T y_bar   for what the site reads and writes (tensors_of), J the site's Jacobian at the values
//   given
//
// Scores, weights and their mean go back together, head by head, because the adjoints of all heads' scores
// for all functionals would need more memory than the rest of the layer.
#pragma once

#include <functional>

#include "halfulp/layers/transformer/adjoint_tensors.hpp"
#include "halfulp/layers/transformer/transformer.hpp"

namespace halfulp {

/// Norms, linear maps, the rotary embedding, the activation and the residuals.  Does nothing for score,
/// softmax and pv (below), for head (some tokens at a time: reverse.cpp) and for embed, before which there is
/// nothing. `values` are those that the site reads.
void transposed_site(Site site, const Place& place, const Tensors<double>& values, AdjointTensors& adjoints);

/// A head's share of the scores or of the weights: rows first_row .. of the tensor, and their adjoint [n, n
/// P].
using VisitHead = std::function<void(Tensor tensor, std::size_t first_row, MatrixView<const double> adjoint)>;

/// From the adjoint of `mixed` to those of queries, keys (turned where they turn) and values, without fused
/// attention.  visit sees each head's weights, then its scores; masked entries have adjoint 0.
void transposed_attention(const Place& place, const Tensors<double>& values, AdjointTensors& adjoints,
                          const VisitHead& visit);

}  // namespace halfulp
