// The reverse sweep of a decoder-only transformer: the counterpart of forward() (transformer.hpp).
//
// Given P functionals of the logits, F_p(Z), one accurate forward pass and one sweep backwards give at every
// site of every layer the adjoint of what the site stores,
//
//   lambda_p = dF_p / dy,   so that   F_p(y + eps) - F_p(y) = lambda_p^T eps + O(eps^2)
//
// for errors eps made there.  All functionals go back together: weights are read once a layer, whatever P.
// Memory: the inputs of the layers, and values and adjoints of one layer.  The values are binary64; the sweep
// has the same bits for any number of threads.  Attention is taken apart into scores, weights and their mean
// also where the place says that it is fused: in exact arithmetic that is the same. Source: Griewank,
// Walther, Evaluating Derivatives, sections 3.2 (reverse mode) and 12.3 (recomputation).
#pragma once

#include <functional>

#include "halfulp/layers/transformer/transformer.hpp"

namespace halfulp {

/// P functionals, by their gradients with respect to the logits.  gradient(first, z, z_bar) is asked for
/// tokens first .. first + b - 1 at a time: z [vocabulary, b] the logits, z_bar [vocabulary, b P] zeros to be
/// filled, column t P + p for token first + t and functional p.
struct Functionals {
  std::size_t count = 0;
  std::function<void(std::size_t first, MatrixView<const double> z, MatrixView<double> z_bar)> gradient;
};

/// Functionals that depend on what the accurate logits [vocabulary, n] are.
using FunctionalsOf = std::function<Functionals(const Matrix<double>& logits)>;

/// F_p(Z) = sum_it C_p(i, t) Z(i, t).  Each C_p [vocabulary, n].
Functionals linear_functionals(std::vector<Matrix<double>> gradients);

/// Some rows and columns of what a site has stored, and their adjoints.  Every entry of every tensor is in
/// one piece: scores and weights come head by head, logits some tokens at a time, others whole.
struct SiteAdjoint {
  std::size_t layer = 0;  // architecture.layers for final_norm and head
  Site site = Site::embed;
  Tensor tensor = Tensor::stream;
  std::size_t first_row = 0, first_token = 0;  // of the piece, in the tensor
  MatrixView<const double> value;              // [rows, tokens]
  MatrixView<const double> adjoint;            // [rows, tokens P]: column t P + p; 0 where masked
  const Tensors<double>& tensors;              // all values of the layer: what the site read among them
};

using PlaceOf = std::function<Place(std::size_t layer, Site site)>;
using VisitAdjoint = std::function<void(const SiteAdjoint& piece)>;

struct ReverseOptions {
  /// Gradients with respect to logits that are held at a time, in numbers; at least those of one token are.
  std::size_t gradient_numbers = std::size_t{1} << 24;
};

/// place_of as for forward().  Pieces come site by site from head to embed, score and softmax after pv, one
/// thread calling.  Throws interrupted; shape_error when there are no functionals.
void reverse(const Architecture& architecture, const PlaceOf& place_of, const Functionals& functionals,
             const VisitAdjoint& visit, const ReverseOptions& options = {});

/// The same; functionals_of is called once, after the forward pass.
void reverse(const Architecture& architecture, const PlaceOf& place_of, const FunctionalsOf& functionals_of,
             const VisitAdjoint& visit, const ReverseOptions& options = {});

}  // namespace halfulp
