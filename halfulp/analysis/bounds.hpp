// How far each bound of the paper's architecture is from what happens, layer by layer, and why.
//
// All of the same model in one format (Model 4.1: every operation rounded, recursive sums, unshifted
// softmax):
//
//   observed        |Xhat - X| / |X| in the simulated run: largest and median entry
//   running         a posteriori: entrywise radii beside the simulated run (block/radius.hpp)
//   a_priori        non-asymptotic, from the exact pass alone (block/error.hpp)
//   repaired        Theorem 4.30 without the condition number (erratum E1): coefficient times u, first order
//   as_printed      Theorem 4.30 as printed, first order
//
// running and a_priori are rigorous; repaired and as_printed drop O(u^2) and are no bounds where they exceed
// 0.1 or so.  The exact pass is one in double-double; its own error is that of binary64, measured, times
// 2^-48, and a layer whose observed error is not 100 times that is marked.  inf: no statement.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "halfulp/arith/round.hpp"
#include "halfulp/arith/simulated.hpp"
#include "halfulp/base/progress.hpp"
#include "halfulp/layers/rounding_bound.hpp"
#include "halfulp/models/paper_model.hpp"

namespace halfulp {

/// A factor of Theorem 4.30's product.
struct BoundFactor {
  std::string
      name;  // xi_attention_half, xi_attention, xi_perceptron, scores, condition, centring_x, centring_y
  double value = 1;
};

struct LayerBounds {
  std::size_t layer = 0;  // from 1: after that many blocks
  double observed_max = 0, observed_median = 0;
  double reference_error = 0;  // of the exact pass, relative, largest entry
  bool trusted() const { return reference_error < HUGE_VAL && observed_max >= 100 * reference_error; }
  double running = 0, a_priori = 0, repaired = 0, as_printed = 0;
  std::vector<BoundFactor> factors;
  std::string dominating;  // the largest of the factors in `repaired`
  std::vector<Hypothesis> hypotheses;
};

struct ModelBounds {
  Norm norm = Norm::rms;
  std::size_t d = 0, n = 0, inner = 0;
  double u = 0;
  /// A format whose numbers may underflow, gradually too, which no event counts.
  bool bounded_exponent = false;
  std::vector<LayerBounds> layers;
  /// Of the simulated run: with any of them the bounds assume what did not hold.
  Events events;
};

/// The model's weights and X^(0) are first rounded to the format.  Throws usage_error for a format that has
/// no unit roundoff of a nearest rounding, interrupted.
ModelBounds bounds_of(const PaperModel& model, const RoundingRule& rule, const Progress& progress);

}  // namespace halfulp
