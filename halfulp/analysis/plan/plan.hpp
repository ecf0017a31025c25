// Which sites of which layers to promote, so that what a recipe does to the output stays within a budget at
// the smallest cost; chosen from predictions (prediction.hpp), then run.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "halfulp/analysis/output_metrics.hpp"
#include "halfulp/analysis/plan/budget.hpp"
#include "halfulp/analysis/plan/hints.hpp"
#include "halfulp/analysis/plan/prediction.hpp"

namespace halfulp {

struct PlanOptions {
  Budget budget;
  CostWeights weights;
  std::size_t probes = 16;
  bool run = true;  // the plan, the base, the rules of thumb
};

struct PlanCost {
  double bytes = 0, multiplications = 0, weighted = 0;
};

/// A recipe, what it costs beyond the base, what it is predicted to do and did.
struct PlanVariant {
  std::string name, recipe;
  std::size_t promotions = 0;
  PlanCost cost;
  Predicted predicted;
  std::optional<OutputMetrics> observed;
};

/// One promotion by itself.
struct PromotionGain {
  Promotion promotion;
  double gain = 0, share = 0;  // of the base's mean KL divergence that it takes away
  PlanCost cost;
  std::string reason;
  /// In simulation: base less promoted, and the site alone rounded, which scatters less.
  std::optional<double> simulated, alone;
};

struct PlanPoint {
  std::size_t promotions = 0;
  PlanCost cost;
  Predicted predicted;
};

struct PromotionPlan {
  PlanOptions options;
  RoundingRule format;
  std::size_t tokens = 0;
  bool reached = true;        // by prediction; else everything that helps is promoted
  double relative_error = 0;  // of predicted divergences, over the probes
  double base_bytes = 0, base_multiplications = 0;
  PlanVariant base, plan, everything;
  std::vector<PlanVariant> rules;    // of thumb, at the plan's cost or below
  std::vector<PromotionGain> sites;  // of the plan, by falling gain
  std::vector<PromotionGain> best;   // the three largest gains of all, simulated one by one
  std::vector<PlanPoint> curve;      // by rising cost, falling divergence
  std::vector<Hint> hints;
};

/// Throws usage_error where nothing can be promoted or the base overflows, input_error where the accurate
/// logits are not finite, interrupted.
PromotionPlan plan_promotions(const ModelRun& run, const RoundingRule& format, const PlanOptions& options,
                              const Progress& progress = {});

}  // namespace halfulp
