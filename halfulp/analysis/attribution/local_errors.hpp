// The errors that the steps of a site make there, apart from one another.
#pragma once

#include <vector>

#include "halfulp/analysis/attribution/sharing.hpp"
#include "halfulp/analysis/model_run.hpp"

namespace halfulp {

/// Of one step, in each tensor that the site writes.  A step that reads a rounded constant (the root of d_h)
/// has two: what the constant's error does, shared by all, and the rest.
struct StepErrors {
  Step step = Step::weight;
  Sharing sharing;
  Tensors<double> error;
  Tensors<double> radius;  // |error| <= radius, worst case; empty unless asked for
  Tensors<double> spread;  // as radius, of a sum of independent errors of mean 0 (Azuma); empty: the radius
};

/// The site reads accurate values (`inputs`) and one step alone is rounded: how the result differs from
/// `inputs`, which hold what the site makes of them without rounding, too.
std::vector<StepErrors> local_errors(const ModelRun& run, std::size_t layer, Site site,
                                     const Tensors<double>& inputs, bool with_radii = false);

/// The site reads what the recipe's run has given it, and its steps are rounded one after another: what each
/// adds.  The sum over the steps is what the recipe's run lost here, yhat - f(xhat).
std::vector<StepErrors> errors_in_turn(const ModelRun& run, std::size_t layer, Site site,
                                       const Tensors<double>& inputs);

}  // namespace halfulp
