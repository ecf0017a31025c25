// Which greedy tokens are proved to be those of exact arithmetic, from a run of the recipe with running
// errors.
//
// The run gives logits zhat and bounds e with |zhat - z| <= e, z those of exact arithmetic on the weights as
// stored.  With a the run's token, it is the exact one if for every other token v, with any of
//
//   zhat_a - zhat_v      > e_a + e_v
//   (w_a - w_v)^T yhat   > |w_a - w_v|^T e_y               y: the final norm's result, w: rows of the head
//   (w_a - w_v)^T G xhat > |(w_a - w_v)^T G| e_x           x: the stream into an RMS norm of gain G
//
// (the last because a positive factor, here that of the norm, moves no maximum).  Of a recipe that rounds at
// random the bounds enclose all runs, and only the first serves.  Source: docs/theory.md, 10, C1.
#pragma once

#include <vector>

#include "halfulp/analysis/model_run.hpp"

namespace halfulp {

struct RigorousRun {
  Matrix<double> logits;  // of the run, bit for bit
  /// For each position max over v of bound_v / margin_v, the least of the three quotients for each v: below
  /// 1, the token is proved.  Infinite where the run has no finite margin.
  std::vector<double> share;
};

/// Whether any step of the recipe rounds at random.
bool rounds_at_random(const ModelRun& run);

RigorousRun rigorous_run(const ModelRun& run);

/// The index of the largest logit, the lowest of equals; what is not a number never wins.
std::size_t greedy_token(Row<const double> logits);

}  // namespace halfulp
