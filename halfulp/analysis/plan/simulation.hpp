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
  /// Of run.recipe at this site alone, everything else in binary64.
  OutputMetrics alone(std::size_t layer, Site site) const;

 private:
  ModelRun run_;
  Matrix<double> logits_;
};

}  // namespace halfulp
