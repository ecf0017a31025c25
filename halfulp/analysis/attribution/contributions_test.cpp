// The laws of attribution: what bounds say holds, what sums say adds up, on random models of every kind.
#include "halfulp/analysis/attribution/contributions.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "halfulp/analysis/attribution/functionals.hpp"
#include "halfulp/analysis/logits.hpp"
#include "halfulp/base/error.hpp"
#include "halfulp/layers/transformer/random_model_testing.hpp"
#include "halfulp/models/checkpoint.hpp"
#include "halfulp/models/token_ids.hpp"

namespace halfulp {
namespace {

using testing::Draws;

constexpr std::size_t n = 6;

std::vector<double> total(const Contributions& c, std::vector<double> StepContribution::*of) {
  std::vector<double> sum(c.functionals);
  for (const StepContribution& s : c.steps)
    for (std::size_t p = 0; p < sum.size(); ++p) sum[p] += (s.*of)[p];
  return sum;
}

std::vector<Matrix<double>> random_gradients(std::size_t count, std::size_t vocabulary, std::size_t tokens,
                                             Draws& draws) {
  std::vector<Matrix<double>> gradients;
  for (std::size_t p = 0; p < count; ++p) gradients.push_back(draws.matrix(vocabulary, tokens));
  return gradients;
}

double product(const Matrix<double>& gradient, const Matrix<double>& computed,
               const Matrix<double>& accurate) {
  double sum = 0;
  for (std::size_t k = 0; k < accurate.values().size(); ++k)
    sum += gradient.values()[k] * (computed.values()[k] - accurate.values()[k]);
  return sum;
}

TEST(Contributions, TheWorstCaseHoldsForTenThousandFunctionals) {
  Draws draws(41);
  std::size_t functionals = 0;
  for (const Architecture& architecture : testing::every_architecture())
    for (const char* text :
         {"pure-bin20", "bin20", "bin20-flash", "pure-bin20:stochastic", "bin20:toward-zero"}) {
      const testing::RandomModel model = testing::random_model(architecture, n, draws);
      const Recipe recipe(text);
      const ModelRun run{model.architecture, model.weights, model.tokens, recipe, 7};
      const auto gradients = random_gradients(400, architecture.vocabulary, n, draws);
      RecipeRun recipe_run(run, true);
      const Contributions c =
          contributions_of(run, {}, linear_functionals(gradients), {true, &recipe_run}).front();
      const auto worst = total(c, &StepContribution::deterministic);
      const auto in_run = total(c, &StepContribution::in_run);
      const Matrix<double> accurate = accurate_logits(run);
      double misfits = 0, squares = 0;
      for (std::size_t p = 0; p < gradients.size(); ++p) {
        const double observed = product(gradients[p], recipe_run.logits(), accurate);
        EXPECT_LE(std::fabs(observed), worst[p]) << text;
        EXPECT_LE(std::fabs(in_run[p]), worst[p]) << text;
        EXPECT_LE(std::fabs(observed), c.entrywise_at_depth.back()[p]) << text;
        EXPECT_NEAR(c.in_run_at_depth.back()[p], observed, 1e-9 * worst[p]);
        misfits += (in_run[p] - observed) * (in_run[p] - observed);
        squares += observed * observed;
      }
      EXPECT_LE(std::sqrt(misfits / squares), 300 * 0x1p-20) << text;
      functionals += gradients.size();
    }
  EXPECT_GE(functionals, 10000u);
}

TEST(Contributions, StochasticRoundingKeepsToTheProbabilisticBoundAndToTheVariance) {
  Draws draws(42);
  constexpr double delta = 0.05;
  std::size_t exceeded = 0, decisions = 0;
  double squares = 0, predicted = 0;
  for (const Architecture& architecture : testing::every_architecture()) {
    const testing::RandomModel model = testing::random_model(architecture, n, draws);
    const Recipe recipe("pure-bin14:stochastic");
    const auto gradients = random_gradients(8, architecture.vocabulary, n, draws);
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
      const ModelRun run{model.architecture, model.weights, model.tokens, recipe, seed};
      const Contributions c =
          contributions_of(run, {}, linear_functionals(gradients), {true, nullptr}).front();
      const auto martingale = total(c, &StepContribution::martingale);
      const auto variance = total(c, &StepContribution::variance);
      const Matrix<double> accurate = accurate_logits(run);
      const RecipeRun other(ModelRun{model.architecture, model.weights, model.tokens, recipe, seed + 1000});
      for (std::size_t p = 0; p < gradients.size(); ++p) {
        const double observed = product(gradients[p], other.logits(), accurate);
        exceeded += std::fabs(observed) > std::sqrt(2 * std::log(2 / delta) * martingale[p]);
        squares += observed * observed;
        predicted += variance[p];
        ++decisions;
      }
    }
  }
  // Binomial with chance delta: its mean and five standard deviations.
  const double trials = static_cast<double>(decisions);
  EXPECT_LE(static_cast<double>(exceeded), trials * delta + 5 * std::sqrt(trials * delta * (1 - delta)));
  EXPECT_NEAR(predicted / squares, 1, 0.25);
}

/// Functional by functional: over many of them, what shares a rounding and what does not look the same.
TEST(Contributions, TheVarianceOfWhatSharesARoundingIsThatOfEachFunctionalsError) {
  Draws draws(46);
  const Architecture architecture = testing::every_architecture()[0];
  const testing::RandomModel model = testing::random_model(architecture, 3, draws);
  const auto gradients = random_gradients(24, architecture.vocabulary, 3, draws);
  constexpr std::size_t seeds = 500;
  for (const char* text : {"fp64,attn_norm.stats=bin10:stochastic", "fp64,softmax.sum=bin10:stochastic",
                           "fp64,rope.table=bin10:stochastic", "fp64-flash,pv.exp.acc=bin10:stochastic",
                           "fp64-flash,pv.sum.acc=bin10:stochastic"}) {
    const Recipe recipe(text);
    std::vector<double> predicted(gradients.size()), observed(gradients.size());
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
      const ModelRun run{model.architecture, model.weights, model.tokens, recipe, seed};
      const auto variance = total(contributions_of(run, {}, linear_functionals(gradients)).front(),
                                  &StepContribution::variance);
      const RecipeRun other(ModelRun{model.architecture, model.weights, model.tokens, recipe, seed + 1000});
      const Matrix<double> accurate = accurate_logits(run);
      for (std::size_t p = 0; p < gradients.size(); ++p) {
        const double error = product(gradients[p], other.logits(), accurate);
        predicted[p] += variance[p];
        observed[p] += error * error;
      }
    }
    // Both are means of 500 squares, each with a standard deviation of some 7 %.
    for (std::size_t p = 0; p < gradients.size(); ++p) {
      EXPECT_GT(observed[p], 1e-12 * seeds) << text;
      EXPECT_NEAR(std::log2(predicted[p] / observed[p]), 0, 0.7) << text << ' ' << p;
    }
  }
}

/// The second of two tokens alone is turned: its table has one set of errors for both layers.
TEST(Contributions, OfTheRotaryTableAreTheSquareOfTheSumOverLayers) {
  Draws draws(48);
  const Architecture architecture = testing::every_architecture()[0];
  const testing::RandomModel model = testing::random_model(architecture, 2, draws);
  const Recipe recipe("fp64,rope.table.out=bin12");
  const ModelRun run{model.architecture, model.weights, model.tokens, recipe};
  RecipeRun recipe_run(run);
  const auto gradients = random_gradients(20, architecture.vocabulary, 2, draws);
  const Contributions c =
      contributions_of(run, {}, linear_functionals(gradients), {false, &recipe_run}).front();
  const auto variance = total(c, &StepContribution::variance), in_run = total(c, &StepContribution::in_run);
  for (std::size_t p = 0; p < gradients.size(); ++p) {
    double size = 0;
    for (const StepContribution& s : c.steps) size += std::fabs(s.in_run[p]);
    EXPECT_GT(size, 0);
    EXPECT_NEAR(variance[p], in_run[p] * in_run[p], 0.02 * size * size);
  }
}

TEST(Contributions, OfAHeadThatNothingReadsAreZero) {
  Draws draws(47);
  const Architecture architecture = testing::every_architecture()[0];
  for (const char* text : {"pure-bf16", "bf16-flash"})
    for (std::size_t unread = 0; unread < architecture.heads; ++unread) {
      testing::RandomModel model = testing::random_model(architecture, n, draws);
      Matrix<double> out = draws.matrix(architecture.width, architecture.heads * architecture.head_dim);
      for (std::size_t i = 0; i < out.rows(); ++i)
        for (std::size_t k = 0; k < architecture.head_dim; ++k)
          out(i, unread * architecture.head_dim + k) = 0;
      model.weights.blocks[1].attn_out.weight = operand_of(out.view()).view;
      const Recipe recipe(text);
      const ModelRun run{model.architecture, model.weights, model.tokens, recipe};
      const Contributions c = contributions_of(run, {}, logit_probes(2, 1)).front();
      std::size_t seen = 0;
      for (const StepContribution& s : c.steps) {
        if (s.layer != 1u || !s.head || s.step == Step::scale) continue;  // by 1/2, exactly
        ++seen;
        EXPECT_EQ(s.variance[0] == 0, s.head == unread)
            << name_of(s.site) << '.' << name_of(s.step) << ' ' << *s.head;
      }
      EXPECT_GE(seen, 2 * architecture.heads);
    }
}

TEST(Contributions, TheMisfitOfTheSignedSumFallsWithTheUnitRoundoff) {
  const std::filesystem::path folder =
      std::filesystem::path(HALFULP_SOURCE_DIR) / "examples" / "gpt2-tinyshakespeare";
  const Checkpoint checkpoint = load_checkpoint(folder);
  std::vector<std::uint32_t> tokens = read_token_ids(folder / "tokens.json");
  tokens.resize(16);
  Draws draws(43);
  const auto gradients = random_gradients(48, checkpoint.architecture.vocabulary, tokens.size(), draws);
  double sx = 0, sy = 0, sxx = 0, sxy = 0, count = 0;
  for (int t = 8; t <= 20; ++t) {
    const Recipe recipe("pure-bin" + std::to_string(t));
    const ModelRun run{checkpoint.architecture, checkpoint.weights, tokens, recipe};
    RecipeRun recipe_run(run);
    const Contributions c =
        contributions_of(run, {}, linear_functionals(gradients), {false, &recipe_run}).front();
    const auto in_run = total(c, &StepContribution::in_run);
    const Matrix<double> accurate = accurate_logits(run);
    double misfits = 0, squares = 0;
    for (std::size_t p = 0; p < gradients.size(); ++p) {
      const double observed = product(gradients[p], recipe_run.logits(), accurate);
      misfits += (in_run[p] - observed) * (in_run[p] - observed);
      squares += observed * observed;
    }
    const double x = -t, y = 0.5 * std::log2(misfits / squares);
    sx += x;
    sy += y;
    sxx += x * x;
    sxy += x * y;
    ++count;
  }
  const double slope = (count * sxy - sx * sy) / (count * sxx - sx * sx);
  EXPECT_NEAR(slope, 1, 0.1);
}

TEST(Contributions, SystematicRoundingIsManyTimesItsSigma) {
  Draws draws(45);
  const testing::RandomModel model = testing::random_model(testing::every_architecture()[0], n, draws);
  const Functionals sum = linear_functionals({Matrix<double>(model.architecture.vocabulary, n, 1.0)});
  const auto z_of = [&](const char* text) {
    const Recipe recipe(text);
    const ModelRun run{model.architecture, model.weights, model.tokens, recipe};
    RecipeRun recipe_run(run);
    const Contributions c = contributions_of(run, {}, sum, {false, &recipe_run}).front();
    return total(c, &StepContribution::in_run)[0] / std::sqrt(total(c, &StepContribution::variance)[0]);
  };
  EXPECT_LT(std::fabs(z_of("fp64,head.product.out=bin10")), 4);
  EXPECT_GT(z_of("fp64,head.product.out=bin10:up"), 5);
  EXPECT_LT(z_of("fp64,head.product.out=bin10:down"), -5);
}

TEST(Contributions, OtherRecipesAreWeighedOnTheSameSweep) {
  Draws draws(44);
  const testing::RandomModel model = testing::random_model(testing::every_architecture()[0], n, draws);
  const Recipe low("bf16"), high("bf16,score=fp32,0.qkv=fp32");
  const ModelRun run{model.architecture, model.weights, model.tokens, low};
  const ModelRun own{model.architecture, model.weights, model.tokens, high};
  const Functionals probes = logit_probes(4, 1);
  const auto both = contributions_of(run, {high}, probes);
  const auto alone = contributions_of(own, {}, probes);
  ASSERT_EQ(both.size(), 2u);
  ASSERT_EQ(both[1].steps.size(), alone[0].steps.size());
  for (std::size_t k = 0; k < alone[0].steps.size(); ++k)
    EXPECT_EQ(both[1].steps[k].variance, alone[0].steps[k].variance);
  EXPECT_THROW(contributions_of(run, {Recipe("bf16-flash")}, probes), input_error);
}

}  // namespace
}  // namespace halfulp
