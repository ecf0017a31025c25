// What of the output is asked for, and the functionals of the logits whose errors say it.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "halfulp/analysis/attribution/functionals.hpp"
#include "halfulp/analysis/attribution/recipe_run.hpp"

namespace halfulp {

/// attribution.hpp says what they are.
enum class Target { kld, logits, loss, margin, token };
std::string_view name_of(Target target);

struct TargetChoice {
  Target target = Target::kld;
  std::size_t token = 0;    // position of Target::token
  std::size_t probes = 16;  // of kld, logits and margin
  bool flips = true;        // predict flips, from half as many of the closest margins

  /// A single functional and not random ones.
  bool is_single() const { return target == Target::loss || target == Target::token; }
  /// Throws usage_error for a position that is not there, no tokens to predict, no probes.
  void check(std::size_t tokens) const;
  /// The target whose functionals, scaled, have this mean square.
  double of_mean_square(double square) const;
};

/// Functionals 0 .. probes - 1 are the target's, then come the closest margins, then the direction of the
/// error that the recipe's run has: its product with that error is the target.
struct TargetFunctionals {
  Functionals functionals;
  std::size_t probes = 0;
  double scale = 1;  // of their squares
  std::vector<Margin> closest;
  std::optional<std::size_t> direction;
};

/// logits: the accurate ones; margins: theirs, by position.
TargetFunctionals target_functionals(const ModelRun& run, const TargetChoice& choice,
                                     MatrixView<const double> logits, const std::vector<Margin>& margins,
                                     const RecipeRun* recipe_run);

}  // namespace halfulp
