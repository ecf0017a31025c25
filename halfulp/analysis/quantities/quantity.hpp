// Quantities of the paper (and ours) by name: what `halfulp check` compares with test vectors and `halfulp
// eval` computes on the user's own data.
//
// Mathematical quantities are evaluated in balls: double-double with a radius for everything that our own
// evaluation loses.  Simulated algorithms and roundings are the bits themselves.  A new quantity is a line in
// one of the tables below: its name, statement, inputs and value in words, and the function.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "halfulp/analysis/quantities/value.hpp"
#include "halfulp/models/vectors.hpp"

namespace halfulp {

struct Quantity {
  std::string_view name, statement, inputs, value;
  /// Throws input_error naming file and field for what is missing, has a wrong shape or is no number.
  QuantityValue (*evaluate)(const VectorFields& inputs);
};

std::span<const Quantity> rounding_quantities();    // round.*, op.*
std::span<const Quantity> simulated_quantities();   // sim.*
std::span<const Quantity> layer_quantities();       // rms_norm, attention, block_Q, ...: values
std::span<const Quantity> distance_quantities();    // rho_c, gamma, opnorm_inf1
std::span<const Quantity> norm_quantities();        // rms_norm.*, centring.*, layer_norm.*
std::span<const Quantity> affine_quantities();      // affine.*, sum.*, matvec.*
std::span<const Quantity> perceptron_quantities();  // mlp.*
std::span<const Quantity> softmax_quantities();     // softmax.*
std::span<const Quantity> attention_quantities();   // scores.*, sigma_*, attention.*
std::span<const Quantity> block_quantities();       // f_A.*, ..., block_*.*, deep_*.*
std::span<const Quantity> error_quantities();       // *.round.error, *.round.margins

/// All of them in alphabetical order.
const std::vector<const Quantity*>& all_quantities();
/// Null when there is none of that name.
const Quantity* quantity_named(std::string_view name);

}  // namespace halfulp
