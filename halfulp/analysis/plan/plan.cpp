#include "halfulp/analysis/plan/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "halfulp/analysis/cost.hpp"
#include "halfulp/analysis/plan/reasons.hpp"
#include "halfulp/analysis/plan/rules_of_thumb.hpp"
#include "halfulp/analysis/plan/simulation.hpp"

namespace halfulp {
namespace {

class Planner {
 public:
  Planner(const ModelRun& run, const RoundingRule& format, const PlanOptions& options,
          const Progress& progress)
      : run_(run),
        format_(format),
        options_(options),
        predictions_(run, format, options.probes, progress),
        problem_(predictions_.problem(PromotionPredictions::Value::kld, options.weights)) {}

  PromotionPlan plan() {
    PromotionPlan plan;
    plan.options = options_;
    plan.format = format_;
    plan.tokens = run_.tokens.size();
    plan.relative_error = predictions_.relative_error();
    plan.base_bytes = moved_bytes(run_.architecture, run_.recipe, plan.tokens);
    plan.base_multiplications = pass_cost(run_.architecture, plan.tokens);
    const std::size_t count = predictions_.promotions().size();
    plan.base = variant("base", Selection(count));
    plan.everything = variant("everything", Selection(count, true));
    const std::optional<Selection> found = within_budget(plan.base.predicted);
    plan.reached = found.has_value();
    const Selection selection = found ? *found : least_remainder(problem_);
    plan.plan = variant("plan", selection);
    for (const RuleOfThumb& rule : rules_of_thumb(predictions_.promotions(), run_.architecture, format_))
      plan.rules.push_back(variant(rule.name, first_items(problem_, rule.order, plan.plan.cost.weighted)));
    plan.sites = gains(selection, plan.base);
    plan.best = gains(best_items(problem_, 3), plan.base);
    for (const Selection& s : frontier(problem_))
      plan.curve.push_back({taken(s), cost(s), predictions_.predicted(s)});
    plan.hints = hints_for(predictions_.chosen(selection), run_.architecture, run_.recipe, format_);
    return plan;
  }

 private:
  static std::size_t taken(const Selection& s) {
    return static_cast<std::size_t>(std::count(s.begin(), s.end(), true));
  }
  PlanCost cost(const Selection& s) const {
    return {predictions_.bytes(s), predictions_.multiplications(s), cost_of(problem_, s)};
  }
  PlanVariant variant(const std::string& name, const Selection& s) const {
    return {name,
            promoted_text(run_.architecture, run_.recipe, format_, predictions_.chosen(s)),
            taken(s),
            cost(s),
            predictions_.predicted(s),
            std::nullopt};
  }

  std::optional<Selection> within_budget(const Predicted& base) const {
    const Budget& budget = options_.budget;
    switch (budget.kind) {
      case Budget::Kind::kld:
        return cheapest(problem_, budget.limit);
      case Budget::Kind::relative:
        return cheapest(problem_, budget.limit * base.kld);
      case Budget::Kind::logits:
        return cheapest(predictions_.problem(PromotionPredictions::Value::logits, options_.weights),
                        budget.limit * budget.limit);
      case Budget::Kind::top:
        return best_items(problem_, budget.count);
      case Budget::Kind::flips:
        break;
    }
    return within_flips(base, budget.limit * static_cast<double>(run_.tokens.size()));
  }
  /// Flips are no sum over roundings: the divergence stands for them, and its limit is found by bisection.
  std::optional<Selection> within_flips(const Predicted& base, double flips) const {
    const auto few = [&](const Selection& s) { return predictions_.predicted(s).flips <= flips; };
    const Selection none(predictions_.promotions().size());
    if (few(none)) return none;
    std::optional<Selection> best = least_remainder(problem_);
    if (!few(*best)) return std::nullopt;
    double low = remainder_of(problem_, *best), high = base.kld;
    for (int halving = 0; halving < 24 && high > low * (1 + 1e-6); ++halving) {
      const double limit = low > 0 ? low + (high - low) / 2 : high / 2;
      const auto s = cheapest(problem_, limit);
      if (s && few(*s)) {
        low = limit;
        if (cost_of(problem_, *s) < cost_of(problem_, *best)) best = s;
      } else {
        high = limit;
      }
    }
    return best;
  }

  std::vector<PromotionGain> gains(const Selection& selection, const PlanVariant& base) const {
    std::vector<PromotionGain> gains;
    for (std::size_t i = 0; i < selection.size(); ++i) {
      if (!selection[i]) continue;
      Selection alone(selection.size());
      alone[i] = true;
      PromotionGain g;
      g.promotion = predictions_.promotions()[i];
      g.gain = base.predicted.kld - predictions_.predicted(alone).kld;
      g.share = g.gain / base.predicted.kld;
      g.cost = cost(alone);
      g.reason = reason_for(g.promotion, run_.architecture, run_.recipe);
      gains.push_back(std::move(g));
    }
    std::stable_sort(gains.begin(), gains.end(),
                     [](const PromotionGain& a, const PromotionGain& b) { return a.gain > b.gain; });
    return gains;
  }

  const ModelRun& run_;
  const RoundingRule& format_;
  const PlanOptions& options_;
  PromotionPredictions predictions_;
  SelectionProblem problem_;
};

/// Every recipe of the plan beside the accurate run.
void simulate(const ModelRun& run, PromotionPlan& plan, const Progress& progress) {
  const Simulation simulation(run);
  std::vector<PlanVariant*> variants = {&plan.base, &plan.plan, &plan.everything};
  for (PlanVariant& rule : plan.rules) variants.push_back(&rule);
  const auto whole = static_cast<double>(variants.size() + 2 * plan.best.size());
  double done = 0;
  const auto report = [&](const std::string& what) {
    if (progress) progress(done++, whole, what);
  };
  for (PlanVariant* v : variants) {
    report("run of " + v->name);
    v->observed = simulation.metrics(Recipe(v->recipe));
  }
  for (PromotionGain& g : plan.best) {
    report("run with " + g.promotion.text());
    const Recipe promoted(promoted_text(run.architecture, run.recipe, plan.format, {g.promotion}));
    g.simulated = plan.base.observed->kld.mean - simulation.metrics(promoted).kld.mean;
    report("run of " + g.promotion.text() + " alone");
    g.alone = simulation.alone(g.promotion.layer, g.promotion.site).kld.mean;
  }
}

}  // namespace

PromotionPlan plan_promotions(const ModelRun& run, const RoundingRule& format, const PlanOptions& options,
                              const Progress& progress) {
  run.recipe.check(run.architecture);
  PromotionPlan plan = Planner(run, format, options, progress).plan();
  if (options.run) simulate(run, plan, progress);
  return plan;
}

}  // namespace halfulp
