// What one trial of an experiment draws and computes: a random transformer of the paper, or a single
// self-attention.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "halfulp/arith/format.hpp"
#include "halfulp/layers/site.hpp"
#include "halfulp/layers/softmax/softmax.hpp"

namespace halfulp {

/// What is rounded: every elementary operation (Model 4.1), or each array that a layer makes, computed in
/// binary64 and rounded once (queries, keys, values, scores, weights, their mean; x - mean, norm, normalised;
/// both layers of the perceptron; both sums).
enum class Granularity { operation, array };

/// Whether all layers of a trial have the same weights.
enum class Blocks { independent, identical };

/// The norm of the attention's half: before the attention, after it (Figure 4b), or none.  The perceptron's
/// half always normalises before.
enum class NormOrder { layer, rms, none, post };

/// Names of enumerators as options and documents have them.
std::string name_of(NormOrder norm);
std::string name_of(Blocks blocks);
std::string name_of(Granularity granularity);
/// Throw usage_error naming the option and what it takes.
NormOrder norm_order_named(const std::string& name);
Blocks blocks_named(const std::string& name);
Granularity granularity_named(const std::string& name);

/// Distributions, as in Figure 1 (arXiv:2503.10251) unless changed.  Numbers drawn are rounded to binary32,
/// so that they are data like the weights of a checkpoint; biases are 0.
struct Setup {
  bool attention_only = false;  // one self-attention with identity weights (Figure 3)
  std::size_t d = 20, n = 20, inner = 20, layers = 40, heads = 1;
  NormOrder norm = NormOrder::layer;
  Blocks blocks = Blocks::independent;
  double attention_deviation = 1;                     // of the entries of W_q, W_k, W_v
  double perceptron_deviation = 0.47287080450158786;  // of A_1, A_2: variance 1/sqrt(d)
  double diagonal_low = 0.25, diagonal_high = 4;  // W_q and W_k times uniform diagonal matrices; equal: none
  double lambda = 1;                              // multiplies W_q
  double input_mean = 0, input_deviation = 1, input_scale = 1;
  Granularity granularity = Granularity::operation;
  bool rounded_weights = false;  // the rounded run sees weights rounded to its format

  bool operator==(const Setup&) const = default;
};

/// Every operation rounded by one rule, chosen sites by another.
struct Arithmetics {
  std::string name;
  RoundingRule rule;
  std::vector<Site> promoted;
  RoundingRule promotion;
};

/// Whether packs round as the rule says: nearest-even to dec<p>, to formats of 2 to 25 bits, to binary64.
bool runs_on_packs(const RoundingRule& rule);

/// The softmax of a rule at Granularity::operation: unshifted, as the paper has it, where exponents have no
/// bounds; shifted by the maximum where exp would overflow.
Shift shift_for(const RoundingRule& rule);

}  // namespace halfulp
