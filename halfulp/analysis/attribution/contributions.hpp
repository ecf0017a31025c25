// What every rounding of a recipe does to functionals of the logits, from one accurate run and one reverse
// sweep.
//
// With lambda_p the adjoint of functional F_p at what a step stores, eps the error that the step makes there
// on accurate inputs (local_errors.hpp) and rho >= |eps| its radius,
//
//   variance       sum over groups of (sum over the group of lambda_p eps)^2     estimate of E (dF_p)^2
//   deterministic  sum |lambda_p| rho                                            first-order worst case
//   martingale     sum over groups of (sum over the group of |lambda_p| rho)^2   for Azuma's inequality
//   in_run         sum lambda_p eps', eps' what the recipe's own run lost there
//
// A group is what shares a rounding (sharing.hpp); most groups are single entries.  Variances of different
// steps add, except where one rounding serves all layers: there the variance is that of the sum over the
// layers, dealt out to them in proportion to their covariance with the sum, so a layer's part may be
// negative.  Source: docs/theory.md, 7, 8.
#pragma once

#include <optional>
#include <vector>

#include "halfulp/analysis/attribution/recipe_run.hpp"
#include "halfulp/base/progress.hpp"
#include "halfulp/layers/transformer/reverse.hpp"

namespace halfulp {

/// Of one step of a site (and head, for score, softmax and pv), for each functional.
struct StepContribution {
  std::optional<std::size_t> layer;  // none outside layers
  Site site = Site::embed;
  Step step = Step::weight;
  std::optional<std::size_t> head;
  std::vector<double> variance;
  std::vector<double> deterministic, martingale;  // with radii
  std::vector<double> in_run;                     // with the recipe's run
  bool finite = true;                             // false: the step overflows, and sums say nothing
};

/// Sites in the order of the forward pass, heads within a step.
struct Contributions {
  std::size_t functionals = 0;
  std::vector<StepContribution> steps;
  /// lambda_p . (xhat - x) of the stream after 0 .. layers layers, and of the logits: what of the error of
  /// the output was there at that depth, to first order.  With the recipe's run.
  std::vector<std::vector<double>> in_run_at_depth;
  /// |lambda_p| . E, E the entrywise bounds of the recipe's run there; empty where it has none.
  std::vector<std::vector<double>> entrywise_at_depth;
};

struct ContributionOptions {
  bool radii = false;
  RecipeRun* recipe_run = nullptr;  // of run.recipe
};

/// For run.recipe, and then for `others` on the same accurate run (weights as run.recipe stores them),
/// without radii and run.  Throws interrupted; shape_error when there are no functionals; input_error where
/// attention is fused in one recipe and not in another.
std::vector<Contributions> contributions_of(const ModelRun& run, const std::vector<Recipe>& others,
                                            const Functionals& functionals,
                                            const ContributionOptions& options = {},
                                            const Progress& progress = {});
std::vector<Contributions> contributions_of(const ModelRun& run, const std::vector<Recipe>& others,
                                            const FunctionalsOf& functionals_of,
                                            const ContributionOptions& options = {},
                                            const Progress& progress = {});

}  // namespace halfulp
