// Recipes run beside one accurate run.
#pragma once

#include "halfulp/analysis/model_run.hpp"
#include "halfulp/analysis/output_metrics.hpp"

namespace halfulp {

/// Accurate: binary64, weights stored as run.recipe has them.
class Simulation {
 public:
  explicit Simulation(const ModelRun& run);

  /// Of a whole recipe on the same model and tokens.
  OutputMetrics metrics(const Recipe& recipe) const;
  /// Of run.recipe at this site alone (with the rotary table of all layers for rope), everything else in
  /// binary64: what a promotion of the site takes away.
  OutputMetrics alone(std::size_t layer, Site site) const;

 private:
  ModelRun run_;
  Matrix<double> logits_;
};

}  // namespace halfulp
