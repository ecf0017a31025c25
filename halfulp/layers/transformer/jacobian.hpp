// The Jacobian J of the logits Z [vocabulary, n] with respect to the input X [d, n] of the first block (the
// stream after embed): products with it and with its transpose, for several directions or functionals at
// once; no matrix and no tape.
//
//   dZ_p  = J V_p        the forward pass in numbers with derivatives (arith/slopes.hpp)
//   X_bar_p = J^T C_p    the reverse sweep (reverse.hpp)
//
// Cost in products with the weights, a forward pass of n tokens being 1: jacobian_times for P directions
// 1 + k, k = 2 up to P = 2 and k = 4 up to P = 4; jacobian_transposed_times for P functionals 2 + P.
// Memory of jacobian_times: one layer's tensors in numbers of 1 + k doubles.  Attention as in reverse.hpp.
// Source: Griewank, Walther, Evaluating Derivatives, chapter 3.
#pragma once

#include "halfulp/layers/transformer/reverse.hpp"

namespace halfulp {

inline constexpr std::size_t most_directions = 4;

/// P directions.  fill(x, v) is asked for once: x [d, n] the input, v [d, n P] zeros to be filled, column
/// t P + p for token t and direction p.
struct Directions {
  std::size_t count = 0;
  std::function<void(MatrixView<const double> x, MatrixView<double> v)> fill;
};

/// Some tokens' logits z [vocabulary, b], as the forward pass in binary64 has them to the bit, and their
/// derivatives dz [vocabulary, b P], columns as in Directions; token `first` is the first of them.
using VisitDerivatives =
    std::function<void(std::size_t first, MatrixView<const double> z, MatrixView<const double> dz)>;

struct JacobianOptions {
  /// Derivatives of logits that are held at a time, in numbers; at least those of one token are.
  std::size_t derivative_numbers = std::size_t{1} << 24;
};

/// J V_p, token after token.  place_of as for forward().  Throws interrupted; shape_error for no directions
/// or more than most_directions.
void jacobian_times(const Architecture& architecture, const PlaceOf& place_of, const Directions& directions,
                    const VisitDerivatives& visit, const JacobianOptions& options = {});

/// X, and J^T C_p in column t P + p.
struct StreamAdjoint {
  Matrix<double> stream;   // [d, n]
  Matrix<double> adjoint;  // [d, n P]
};

/// J^T C_p, C_p the functionals' gradients with respect to the logits.  Throws as reverse().
StreamAdjoint jacobian_transposed_times(const Architecture& architecture, const PlaceOf& place_of,
                                        const Functionals& functionals, const ReverseOptions& options = {});

}  // namespace halfulp
