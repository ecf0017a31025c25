// The same width split into 1, 2, 4, ... heads: how errors of random transformers change, and what the bound
// of one attention says beside what happens there.
//
// The paper has one head (arXiv:2503.10251); bounds of many are in layers/self_attention/mixed_*.hpp, where
// every step has the same u and W_o = I.
#pragma once

#include "halfulp/experiments/curves.hpp"
#include "halfulp/experiments/figure.hpp"

namespace halfulp {

/// x the heads, the divisors of d that are powers of two; a series after 1, 6 and 12 layers (or those asked
/// for).  d = n = D = 32; else as Figure 1, layers independent.  Default arithmetics: bin8, bin24.
/// Throws usage_error for what makes no sense.
Figure heads(const FigureOptions& options);

/// The attention of layer 1 at the trial's input, rounded to the format, for the same numbers of heads:
/// curves "largest entry" (relative componentwise) and "Frobenius norm" (relative) for each arithmetic.
/// Bounds: the non-asymptotic one and its first order, entry by entry; the relative form (xi times the
/// roundings, of the largest entry only).  No statement where a bounded exponent made a difference.
CurveExperiment heads_bounds(const FigureOptions& options);

}  // namespace halfulp
