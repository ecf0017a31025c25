// Which roundings of a recipe cause the error of the output, and how large it will be, without running the
// recipe: one accurate run, one reverse sweep.
//
// The target is a quantity of the output.  Its functionals F_p (functionals.hpp) have errors
// dF_p = sum over all roundings of lambda eps + O(u^2); with means over the functionals,
//
//   kld      mean divergence of next-token distributions     (1/2n) mean dF_p^2     divergence probes
//   logits   rms of the logits' error                        sqrt(mean dF_p^2/(vn)) random signs
//   loss     mean negative log-likelihood                    |dF|                   its gradient
//   margin   rms of the errors of top-1 margins              sqrt(mean dF_p^2 / n)  margins, random signs
//   token=T  margin of the top token at position T           |dF|                   that margin
//
// v: vocabulary, n: tokens.  With the recipe's run the target is observed and explained: the functional along
// the error that happened (its gradient there) makes the signed contributions of all roundings sum to it, up
// to second order.  Source: docs/theory.md, 7, 8.
#pragma once

#include <optional>
#include <vector>

#include "halfulp/analysis/attribution/condition.hpp"
#include "halfulp/analysis/attribution/contributions.hpp"
#include "halfulp/analysis/attribution/target.hpp"
#include "halfulp/analysis/output_metrics.hpp"

namespace halfulp {

struct AttributionOptions : TargetChoice {
  bool run = false;        // run the recipe, too
  bool bounds = true;      // worst-case and probabilistic bounds
  double delta = 1e-3;     // of the probabilistic bound
  bool condition = false;  // estimate the condition numbers of the network, too
};

/// Of one step, in the target's quantity but for shares.
struct StepShare {
  std::optional<std::size_t> layer;
  Site site = Site::embed;
  Step step = Step::weight;
  std::optional<std::size_t> head;
  double share = 0;                     // of the target's error variance; all sum to 1
  double sigma = 0;                     // square root of the mean variance: of F scaled as in `Depth`
  std::optional<double> deterministic;  // mean over functionals of sum |lambda| rho, scaled likewise
  std::optional<double> in_run;         // signed part of the observed target
  /// lambda . eps in the run over its predicted sigma: with a sign for a single functional, else rms over the
  /// probes.  Independent roundings give about 1, systematic ones more.
  std::optional<double> z;
};

/// The ladder of errors: rms over the functionals of what, of dF, is there after some layers, all scaled so
/// that squares are: twice the divergence, or the target's square.
struct Depth {
  std::size_t layers = 0;  // passed; one more for the logits
  double sigma = 0;
  std::optional<double> probabilistic, deterministic, observed;
  std::optional<double> entrywise;  // from rigorous bounds of the streams
};

struct Attribution {
  AttributionOptions options;
  std::size_t tokens = 0, functionals = 0;
  double predicted = 0, predicted_se = 0;              // of the target; standard error over the probes
  double sigma = 0;                                    // at the end of the ladder
  std::optional<double> probabilistic, deterministic;  // of the target
  std::optional<double> observed, in_run;              // of the target, with the recipe's run
  std::optional<OutputMetrics> run_metrics;
  std::optional<double> expected_flips;  // of greedy tokens, ties and the rounding of the logits included
  std::size_t closest_margins = 0;  // that were given variances of their own for it; others have the mean
  std::optional<double> margin;     // of Target::token, in the accurate run
  std::optional<ConditionEstimate> condition;
  std::vector<StepShare> steps;  // in the order of the forward pass
  std::vector<Depth> ladder;
};

/// Throws interrupted; usage_error for a position that is not there, no tokens to predict, or no probes.
Attribution attribute(const ModelRun& run, const AttributionOptions& options, const Progress& progress = {});

}  // namespace halfulp
