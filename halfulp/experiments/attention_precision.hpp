// What higher precision buys, site by site: random transformers as in Figure 1 with every operation in a low
// arithmetic, then the same with one site, or a group of them, in a higher one.
//
// The paper (arXiv:2503.10251, section 1.1) proposes self-attention in higher precision.  The error that
// comes into an attention is amplified without any u (docs/theory.md, 3), so precision there removes only
// what is rounded there; how much that is depends on depth and on lambda, the scale of W_k^T W_q.
#pragma once

#include "halfulp/experiments/figure.hpp"

namespace halfulp {

/// Sites that are promoted together.
struct PromotedSet {
  std::string name;
  std::vector<Site> sites;
};

/// In the order of the plan's arithmetics: nothing (all in the low arithmetic), the input, each site, groups
/// of them (score + softmax; attention: norm, qkv, score, softmax, pv; perceptron: norm and both layers), and
/// last everything.
const std::vector<PromotedSet>& promoted_sets();

/// options.arithmetics: one, the low one (bin8); high: bin24.  d, n, D as in Figure 1, 20 layers.
/// Series: "depth", x the layer, at lambda = 1 (where asked for, or the only one asked for); "lambda", x
/// lambda (2^-5 .. 2^4, or those asked for), after all layers. Throws usage_error for what makes no sense, a
/// high precision that is not higher among it.
Figure attention_precision(const FigureOptions& options, const std::string& high);

/// How many times smaller errors become: value(low) / value(promoted), with an interval of 95 % from the
/// spread of its logarithm among the 16 groups of trials.  NaN where a value is 0, infinite or NaN.
struct Gain {
  double factor = no_value;
  Interval interval;
};
Gain gain(const GroupedValue& low, const GroupedValue& promoted);

}  // namespace halfulp
