// A plan's numbers against the recipes that they are of.
#include "halfulp/analysis/plan/plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "halfulp/analysis/attribution/attribution.hpp"
#include "halfulp/analysis/logits.hpp"
#include "halfulp/layers/transformer/random_model_testing.hpp"

namespace halfulp {
namespace {

using testing::Draws;

constexpr std::size_t n = 8;

struct Example {
  testing::RandomModel model;
  Recipe recipe;
  ModelRun run;
  RoundingRule fp32 = rounding_rule("fp32");

  Example(std::size_t architecture, const char* text, std::uint64_t seed)
      : model(of(architecture, seed)),
        recipe(text),
        run{model.architecture, model.weights, model.tokens, recipe, 5} {}
  Example(const Example&) = delete;

  static testing::RandomModel of(std::size_t architecture, std::uint64_t seed) {
    Draws draws(seed);
    Architecture a = testing::every_architecture()[architecture];
    a.vocabulary = 200;  // so that some margins are small
    return testing::random_model(a, n, draws);
  }
  Attribution attributed(const Recipe& with, std::size_t probes) const {
    AttributionOptions options;
    options.probes = probes;
    options.bounds = false;
    return attribute({model.architecture, model.weights, model.tokens, with, 5}, options);
  }
  double divergence(const Recipe& with) const {
    const ModelRun own{model.architecture, model.weights, model.tokens, with, 5};
    return output_metrics(accurate_logits(run), recipe_logits(own), run.tokens).kld.mean;
  }
};

TEST(Prediction, OfTheBaseIsItsAttribution) {
  for (const char* text : {"bf16", "amp-bf16", "bf16,head=fp32"}) {
    const Example e(0, text, 71);
    const std::size_t probes = 2 * n;  // half as many margins have functionals of their own: all
    const PromotionPredictions predictions(e.run, e.fp32, probes);
    const Attribution a = e.attributed(e.recipe, probes);
    const Predicted base = predictions.predicted(Selection(predictions.promotions().size()));
    EXPECT_NEAR(base.kld, a.predicted, 1e-9 * a.predicted) << text;
    EXPECT_NEAR(base.flips, *a.expected_flips, 1e-6 * *a.expected_flips) << text;
    EXPECT_NEAR(predictions.relative_error(), a.predicted_se / a.predicted, 1e-9) << text;
  }
}

/// The logits' grid is fp32's then, and everything before the head is as it was.
TEST(Prediction, OfFlipsWithTheHeadPromotedIsThatOfLogitsOnTheWiderGrid) {
  const Example e(0, "bf16", 72);
  const PromotionPredictions predictions(e.run, e.fp32, 2 * n);
  Selection head(predictions.promotions().size());
  for (std::size_t i = 0; i < head.size(); ++i) head[i] = predictions.promotions()[i].site == Site::head;
  const Recipe promoted(promoted_text(e.model.architecture, e.recipe, e.fp32, predictions.chosen(head)));
  const double flips = predictions.predicted(head).flips,
               there = *e.attributed(promoted, 2 * n).expected_flips;
  EXPECT_NEAR(flips, there, 1e-6 * there);
  EXPECT_GT(std::fabs(predictions.predicted(Selection(head.size())).flips / flips - 1), 1e-3);
}

/// One table serves all layers: promoted in one, it is promoted in the other.
TEST(Prediction, OfTheRotaryTableIsThatOfAllLayers) {
  const Example e(0, "fp32,rope.table.out=bf16", 77);
  const PromotionPredictions predictions(e.run, e.fp32, 8);
  ASSERT_EQ(predictions.promotions().size(), 2u);
  const double base = predictions.predicted({false, false}).kld;
  EXPECT_NEAR(base, e.attributed(e.recipe, 8).predicted, 1e-9 * base);
  EXPECT_LT(predictions.predicted({true, false}).kld, 1e-6 * base);
  EXPECT_LT(predictions.predicted({false, true}).kld, 1e-6 * base);
}

TEST(Plan, GainsFallAndAreSharesOfTheBase) {
  const Example e(2, "bf16", 73);
  PlanOptions options;
  options.budget = budget_named("kld=1%");
  options.run = false;
  const PromotionPlan plan = plan_promotions(e.run, e.fp32, options);
  ASSERT_GT(plan.sites.size(), 3u);
  for (const auto* gains : {&plan.sites, &plan.best})
    for (std::size_t k = 0; k < gains->size(); ++k) {
      const PromotionGain& g = (*gains)[k];
      EXPECT_DOUBLE_EQ(g.share * plan.base.predicted.kld, g.gain);
      if (k > 0) {
        EXPECT_LE(g.gain, (*gains)[k - 1].gain);
      }
    }
  EXPECT_GE(plan.best[0].gain, plan.sites[0].gain);
}

TEST(Plan, GainsInSimulationAreDifferencesOfRunsOfTheRecipes) {
  const Example e(0, "bf16", 74);
  const PromotionPlan plan = plan_promotions(e.run, e.fp32, {});
  EXPECT_EQ(plan.base.observed->kld.mean, e.divergence(e.recipe));
  EXPECT_EQ(plan.plan.observed->kld.mean, e.divergence(Recipe(plan.plan.recipe)));
  for (const PromotionGain& g : plan.best) {
    const Recipe promoted(promoted_text(e.model.architecture, e.recipe, e.fp32, {g.promotion}));
    EXPECT_EQ(*g.simulated, e.divergence(e.recipe) - e.divergence(promoted)) << g.promotion.text();
  }
}

TEST(Plan, ABudgetOfFlipsIsAFractionOfThePositions) {
  const Example e(0, "pure-e8m3", 75);
  PlanOptions options;
  options.run = false;
  const double flips = plan_promotions(e.run, e.fp32, options).base.predicted.flips;
  ASSERT_GT(flips, 0.01);
  options.budget.kind = Budget::Kind::flips;
  options.budget.limit = 1.001 * flips / n;
  EXPECT_EQ(plan_promotions(e.run, e.fp32, options).plan.promotions, 0u);
  options.budget.limit = 0.999 * flips / n;
  const PromotionPlan plan = plan_promotions(e.run, e.fp32, options);
  EXPECT_GT(plan.plan.promotions, 0u);
  EXPECT_LE(plan.plan.predicted.flips, 0.999 * flips);
}

TEST(Plan, EverythingPromotedMultipliesMostOfWhatThereIsToMultiply) {
  for (const std::size_t architecture : {0, 2, 4}) {
    const Example e(architecture, "pure-bf16", 76);
    PlanOptions options;
    options.run = false;
    const PromotionPlan plan = plan_promotions(e.run, e.fp32, options);
    EXPECT_LE(plan.everything.cost.multiplications, plan.base_multiplications);
    EXPECT_GE(plan.everything.cost.multiplications, 0.75 * plan.base_multiplications);
    EXPECT_EQ(plan.base.cost.multiplications, 0);
  }
}

}  // namespace
}  // namespace halfulp
