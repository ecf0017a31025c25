// What is said of a target against the formulas of attribution.hpp, written out over the contributions to the
// target's functionals alone.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "halfulp/analysis/attribution/attribution.hpp"
#include "halfulp/analysis/attribution/expected_flips.hpp"
#include "halfulp/analysis/logits.hpp"
#include "halfulp/layers/transformer/random_model_testing.hpp"

namespace halfulp {
namespace {

using testing::Draws;

constexpr std::size_t n = 7, probes = 5, position = 4;
constexpr double delta = 0.02;

struct Example {
  testing::RandomModel model;
  Recipe recipe;
  ModelRun run;

  Example(std::size_t architecture, const char* text, Draws& draws)
      : model(testing::random_model(testing::every_architecture()[architecture], n, draws)),
        recipe(text),
        run{model.architecture, model.weights, model.tokens, recipe, 9} {}
  Example(const Example&) = delete;

  AttributionOptions options(Target target) const {
    AttributionOptions options;
    options.target = target;
    options.token = position;
    options.probes = probes;
    options.delta = delta;
    options.run = true;
    return options;
  }
  /// The target's own functionals, and what their mean square is to be multiplied by.
  std::pair<Functionals, double> functionals(Target target) const {
    const auto margins = top_margins(accurate_logits(run));
    const auto vocabulary = static_cast<double>(model.architecture.vocabulary);
    switch (target) {
      case Target::kld:
        return {divergence_probes(probes, run.seed), 1.0 / n};
      case Target::logits:
        return {logit_probes(probes, run.seed), 1 / (n * vocabulary)};
      case Target::loss:
        return {loss_functional(run.tokens), 1};
      case Target::margin:
        return {margin_probes(margins, probes, run.seed), 1.0 / n};
      case Target::token:
        break;
    }
    return {margin_functionals({margins[position]}), 1};
  }
};

template <class Visit>
void each_example(Visit visit) {
  Draws draws(81);
  for (const std::size_t architecture : {0, 2, 4})
    for (const char* text : {"bf16", "fp16,head=fp32", "bf16-flash", "fp32,head=bf16"}) {
      const Example example(architecture, text, draws);
      for (const Target target : {Target::kld, Target::logits, Target::loss, Target::margin, Target::token}) {
        SCOPED_TRACE(std::string(text) + " " + std::string(name_of(target)));
        visit(example, target);
      }
    }
}

double mean(const std::vector<double>& x) {
  double sum = 0;
  for (const double each : x) sum += each;
  return sum / static_cast<double>(x.size());
}

double mean_square(std::vector<double> x) {
  for (double& each : x) each *= each;
  return mean(x);
}

/// Of the steps within some layers.
std::vector<double> total(const Contributions& c, std::vector<double> StepContribution::*of,
                          std::size_t layers, std::size_t depth) {
  std::vector<double> sum(c.functionals);
  for (const StepContribution& s : c.steps) {
    const bool in_front = s.site == Site::embed, behind = s.site == Site::final_norm || s.site == Site::head;
    if (in_front || (behind ? depth > layers : *s.layer < depth))
      for (std::size_t p = 0; p < sum.size(); ++p) sum[p] += (s.*of)[p];
  }
  return sum;
}

void expect_near(double a, double b) {
  if (a == b) return;  // both may be infinite
  EXPECT_NEAR(a, b, 1e-9 * std::fabs(b));
}

TEST(AttributionSummary, IsThatOfTheFormulas) {
  each_example([](const Example& e, Target target) {
    const Attribution a = attribute(e.run, e.options(target));
    const auto [functionals, scale] = e.functionals(target);
    RecipeRun recipe_run(e.run, true);
    const Contributions c = contributions_of(e.run, {}, functionals, {true, &recipe_run}).front();
    const std::size_t layers = e.model.architecture.layers;
    const auto quantity = [&](double square) {
      return target == Target::kld ? square / 2 : std::sqrt(square);
    };
    const double chances = 2 * std::log(2 / delta);

    const auto variance = total(c, &StepContribution::variance, layers, layers + 1);
    const double square = scale * mean(variance);
    expect_near(a.predicted, quantity(square));
    expect_near(a.sigma, std::sqrt(square));
    double spread = 0;
    for (const double v : variance) spread += (scale * v - square) * (scale * v - square);
    const auto count = static_cast<double>(variance.size());
    const double relative = count > 1 ? std::sqrt(spread / (count - 1) / count) / square : 0;
    expect_near(a.predicted_se, relative * a.predicted * (target == Target::kld ? 1 : 0.5));

    ASSERT_EQ(a.ladder.size(), layers + 2);
    for (std::size_t depth = 0; depth <= layers + 1; ++depth) {
      const Depth& d = a.ladder[depth];
      const double worst = mean_square(total(c, &StepContribution::deterministic, layers, depth)),
                   martingale = mean(total(c, &StepContribution::martingale, layers, depth));
      expect_near(d.sigma * d.sigma, scale * mean(total(c, &StepContribution::variance, layers, depth)));
      expect_near(*d.deterministic, std::sqrt(scale * worst));
      expect_near(*d.probabilistic, std::sqrt(scale * std::min(worst, chances * martingale)));
      expect_near(*d.observed, std::sqrt(scale * mean_square(c.in_run_at_depth[depth])));
      expect_near(*d.entrywise, std::sqrt(scale * mean_square(c.entrywise_at_depth[depth])));
    }
    const double worst = *a.ladder.back().deterministic, likely = *a.ladder.back().probabilistic;
    expect_near(*a.deterministic, quantity(worst * worst));
    expect_near(*a.probabilistic, quantity(likely * likely));

    ASSERT_EQ(a.steps.size(), c.steps.size());
    for (std::size_t k = 0; k < c.steps.size(); ++k) {
      const StepShare& s = a.steps[k];
      const StepContribution& of = c.steps[k];
      const double own = scale * mean(of.variance);
      EXPECT_NEAR(s.share, own / square, 1e-9);
      expect_near(s.sigma, root_of_variance(own));
      expect_near(*s.deterministic, std::sqrt(scale * mean_square(of.deterministic)));
      EXPECT_EQ(s.in_run.has_value(), !of.in_run.empty());
      if (!s.z) continue;
      if (a.options.is_single()) {
        expect_near(*s.z, of.in_run[0] / std::sqrt(own));
        EXPECT_EQ(*s.in_run, of.in_run[0]);
      } else {
        expect_near(*s.z, std::sqrt(scale * mean_square(of.in_run) / own));
      }
    }
  });
}

/// The gradient of the divergence along the error is known by its product with it: twice the divergence's
/// quadratic part.  All other targets are what they are at once.
TEST(AttributionSummary, SignedPartsSumToWhatWasObservedWithAndWithoutFlips) {
  Draws draws(82);
  for (const std::size_t architecture : {0, 2, 4}) {
    const Example e(architecture, "pure-bin18", draws);
    for (const Target target : {Target::kld, Target::logits, Target::loss, Target::margin, Target::token})
      for (const bool flips : {false, true}) {
        AttributionOptions options = e.options(target);
        options.flips = flips;
        const Attribution a = attribute(e.run, options);
        double sum = 0;
        for (const StepShare& s : a.steps) sum += s.in_run.value_or(0);
        EXPECT_DOUBLE_EQ(*a.in_run, sum);
        EXPECT_NEAR(sum / *a.observed, 1, 0.02) << name_of(target) << ' ' << flips;
        EXPECT_EQ(a.expected_flips.has_value(), flips);
        EXPECT_EQ(a.functionals, (a.options.is_single() ? 1 : probes + 1) + (flips ? (probes + 1) / 2 : 0));
      }
  }
}

TEST(AttributionSummary, SaysNothingWhereTheRecipeOverflows) {
  Draws draws(83);
  for (const char* text : {"fp16", "bf16"}) {
    Example e(0, text, draws);
    for (double& entry : e.model.matrices.front().values()) entry *= 1e6;  // the embedding
    const bool overflows = e.recipe.text() == "fp16";
    for (const Target target : {Target::kld, Target::logits, Target::loss, Target::margin, Target::token}) {
      const Attribution a = attribute(e.run, e.options(target));
      EXPECT_EQ(std::isfinite(*a.observed), !overflows) << name_of(target);
      for (const double x : {a.predicted, a.sigma, *a.deterministic, *a.probabilistic, *a.expected_flips,
                             a.ladder.front().sigma, a.ladder.back().sigma})
        EXPECT_EQ(std::isnan(x), overflows) << name_of(target);
      for (const StepShare& s : a.steps) EXPECT_EQ(std::isnan(s.share), overflows) << name_of(target);
    }
  }
}

TEST(AttributionSummary, FlipsAreThoseOfTheClosestMarginsWithoutTheRoundingOfTheLogits) {
  each_example([](const Example& e, Target target) {
    const Attribution a = attribute(e.run, e.options(target));
    const Matrix<double> logits = accurate_logits(e.run);
    const auto margins = top_margins(logits), closest = closest_margins(margins, (probes + 1) / 2);
    std::vector<double> variance(closest.size());
    const Contributions c = contributions_of(e.run, {}, margin_functionals(closest)).front();
    for (const StepContribution& s : c.steps)
      for (std::size_t m = 0; m < variance.size(); ++m)
        variance[m] += s.site == Site::head ? 0 : s.variance[m];
    const Format& stored =
        e.recipe.stored_as(e.model.architecture, e.model.architecture.layers, Tensor::logits).format;
    expect_near(*a.expected_flips, expected_flips(logits, margins, closest, variance, stored));
    EXPECT_EQ(a.margin.has_value(), target == Target::token);
    if (a.margin) expect_near(*a.margin, margins[position].value);
  });
}

}  // namespace
}  // namespace halfulp
