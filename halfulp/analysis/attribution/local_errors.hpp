// The errors that the steps of a site make there, apart from one another.
//
// The steps of the site are rounded one after another, and each has what it adds to the result:
//
//   eps_j = f(steps 1 .. j rounded)(x) - f(steps 1 .. j - 1 rounded)(x),   sum over j = f_P(x) - f(x)
//
// Where a step finds its operands already in the format that it rounds to, it loses nothing, as in the
// recipe's run; for this the values x must be such as the recipe stores.
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

/// x: what the site reads, among tensors of its layer.
std::vector<StepErrors> step_errors(const ModelRun& run, std::size_t layer, Site site,
                                    const Tensors<double>& x);

/// On accurate values, each rounded once as the site before stores it (to nearest where that is at random).
std::vector<StepErrors> local_errors(const ModelRun& run, std::size_t layer, Site site,
                                     const Tensors<double>& accurate, bool with_radii = false);

}  // namespace halfulp
