// Condition numbers of whole networks against their dense Jacobians, by the reverse sweep row by row.
//
// The value given is the row sum of the logit named, both computed in binary64 by sweeps that lose little
// more than 2^-53 of the sums of moduli: 2^-36 leaves room for a network's length.  It is nowhere above the
// largest row sum; nothing proves that it is not far below, so the factor of 3 is what is found (and mostly
// it is exact).
#include "halfulp/analysis/attribution/condition.hpp"

#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "halfulp/arith/real.hpp"
#include "halfulp/base/error.hpp"
#include "halfulp/layers/transformer/jacobian.hpp"
#include "halfulp/layers/transformer/random_model_testing.hpp"
#include "halfulp/models/checkpoint.hpp"
#include "halfulp/models/token_ids.hpp"

namespace halfulp {
namespace {

using namespace halfulp::testing;

constexpr double lost = 0x1p-36;

/// Row sums (|J| |x|)_k and logits, token by token.
struct Dense {
  std::vector<double> sums, logits;
  double largest_logit = 0, largest_sum = 0, largest_ratio = 0;

  explicit Dense(const ModelRun& run) {
    const std::size_t vocabulary = run.architecture.vocabulary, n = run.tokens.size(), all = vocabulary * n;
    const Functionals rows{all, [&](std::size_t first, MatrixView<const double> z, MatrixView<double> z_bar) {
                             for (std::size_t j = 0; j < z.columns(); ++j)
                               for (std::size_t i = 0; i < vocabulary; ++i) {
                                 logits.push_back(z(i, j));
                                 z_bar(i, j * all + (first + j) * vocabulary + i) = 1;
                               }
                           }};
    const StreamAdjoint back = jacobian_transposed_times(
        run.architecture, [&](std::size_t layer, Site site) { return run.place(layer, site); }, rows);
    sums.assign(all, 0.0);
    for (std::size_t i = 0; i < back.stream.rows(); ++i)
      for (std::size_t t = 0; t < n; ++t)
        for (std::size_t k = 0; k < all; ++k)
          sums[k] += std::fabs(back.adjoint(i, t * all + k) * back.stream(i, t));
    for (std::size_t k = 0; k < all; ++k) {
      largest_logit = std::fmax(largest_logit, std::fabs(logits[k]));
      largest_sum = std::fmax(largest_sum, sums[k]);
      if (logits[k] != 0) largest_ratio = std::fmax(largest_ratio, sums[k] / std::fabs(logits[k]));
    }
  }
};

struct Quality {
  int trials = 0, exact = 0;
  double worst = 1;
  std::size_t most_products = 0, most_sweeps = 0;
  void add(double estimate, double exactly) {
    ++trials;
    exact += estimate >= exactly * (1 - lost);
    worst = std::fmin(worst, estimate / exactly);
  }
};

/// What must hold of every estimate, and how good it is.
void examine(const ModelRun& run, const Dense& dense, const ConditionOptions& options, Quality& componentwise,
             Quality& mixed) {
  const std::size_t vocabulary = run.architecture.vocabulary;
  const ConditionEstimate got = condition_of(run, options);
  const auto row = [&](const ConditionNumber& c) { return c.at.position * vocabulary + c.at.token; };
  ASSERT_LT(row(got.componentwise_of_others), dense.sums.size());
  ASSERT_LT(row(got.mixed), dense.sums.size());
  const double sum = dense.sums[row(got.componentwise_of_others)];
  const double here = sum / std::fabs(dense.logits[row(got.componentwise_of_others)]);
  EXPECT_NEAR(got.componentwise_of_others.value, here, lost * here);
  EXPECT_LE(got.componentwise_of_others.value, dense.largest_ratio * (1 + lost));
  const double there = dense.sums[row(got.mixed)] / dense.largest_logit;
  EXPECT_NEAR(got.mixed.value, there, lost * there);
  EXPECT_LE(got.mixed.value, dense.largest_sum / dense.largest_logit * (1 + lost));
  EXPECT_LE(got.transposed_products, 2 * options.iterations);
  EXPECT_LE(got.products, 2 * (options.iterations - 1) + (got.zeros.empty() ? 0 : 1));
  componentwise.add(got.componentwise_of_others.value, dense.largest_ratio);
  mixed.add(got.mixed.value, dense.largest_sum / dense.largest_logit);
  for (Quality* q : {&componentwise, &mixed}) {
    q->most_products = std::max(q->most_products, got.products);
    q->most_sweeps = std::max(q->most_sweeps, got.transposed_products);
  }
}

void expect_good(const Quality& q, double exact_share, const char* which) {
  EXPECT_GE(3 * q.worst, 1) << which;
  EXPECT_GE(q.exact, exact_share * q.trials) << which << ": exact " << q.exact << " of " << q.trials;
  if (::testing::Test::HasFailure() || std::getenv("SHOW_RATIOS") != nullptr)
    std::printf("%s: worst %.3f, exact %d of %d, at most %zu products, %zu sweeps\n", which, q.worst, q.exact,
                q.trials, q.most_products, q.most_sweeps);
}

ModelRun run_of(const RandomModel& model, const Recipe& recipe) {
  return {model.architecture, model.weights, model.tokens, recipe};
}

TEST(Condition, OfSmallNetworksIsARowSumOfTheDenseJacobianAndNearlyTheLargest) {
  Draws draws(301);
  Quality componentwise, mixed;
  const Recipe recipe("fp64");
  for (Architecture a : every_architecture()) {
    a.positions = 64;
    for (const std::size_t n : {1, 6, 40}) {
      const RandomModel model = random_model(a, n, draws);
      const Dense dense(run_of(model, recipe));
      for (const std::size_t columns : {2, 4})
        for (const std::uint64_t seed : {0, 1})
          examine(run_of(model, recipe), dense, {columns, 5, seed}, componentwise, mixed);
    }
  }
  expect_good(componentwise, 0.9, "componentwise");
  expect_good(mixed, 0.6, "mixed");
}

TEST(Condition, OfTheBundledModelIsARowSumOfTheDenseJacobianAndNearlyTheLargest) {
  const auto folder = std::filesystem::path(HALFULP_SOURCE_DIR) / "examples" / "gpt2-tinyshakespeare";
  const Checkpoint model = load_checkpoint(folder);
  const std::vector<std::uint32_t> tokens = read_token_ids(folder / "tokens.json");
  Quality componentwise, mixed;
  for (const char* format : {"fp64", "bf16-flash"})
    for (const std::size_t first : {0, 50}) {
      const Recipe recipe(format);
      const ModelRun run{model.architecture, model.weights, std::span(tokens).subspan(first, 3), recipe};
      const Dense dense(run);
      for (const std::size_t columns : {2, 4}) examine(run, dense, {columns, 5, 0}, componentwise, mixed);
    }
  expect_good(componentwise, 0.9, "componentwise");
  expect_good(mixed, 0, "mixed");
}

/// A bias of the head that is minus the logit makes it 0 to the bit.  And a row of zeros, whose logit nothing
/// moves: 0/0 = 0.
TEST(Condition, IsInfiniteWhereALogitIsExactlyZeroUnlessNothingMovesIt) {
  Draws draws(302);
  const Recipe recipe("fp64");
  RandomModel model = random_model(every_architecture()[0], 5, draws);
  Matrix<double>& head = model.matrices.back();
  for (std::size_t i = 0; i < head.columns(); ++i) head(7, i) = 0;
  const ConditionEstimate nothing_moves = condition_of(run_of(model, recipe));
  EXPECT_TRUE(nothing_moves.zeros.empty());
  EXPECT_TRUE(std::isfinite(nothing_moves.componentwise.value));
  EXPECT_EQ(nothing_moves.componentwise.value, nothing_moves.componentwise_of_others.value);

  const auto end = forward(
      model.architecture, [&](std::size_t layer, Site site) { return model.place(layer, site); },
      [](std::size_t, Site) { return Native(); }, [](std::size_t, Site, const Tensors<double>&) {});
  model.matrices.emplace_back(1, model.architecture.vocabulary);
  model.matrices.back()(0, 4) = -end[Tensor::logits](4, 3);
  model.weights.head.bias = operand_of(model.matrices.back().view()).view;
  const ConditionEstimate got = condition_of(run_of(model, recipe));
  EXPECT_EQ(got.componentwise.value, HUGE_VAL);
  EXPECT_EQ(got.componentwise.at.token, 4u);
  EXPECT_EQ(got.componentwise.at.position, 3u);
  ASSERT_EQ(got.zeros.size(), 1u);
  EXPECT_EQ(got.zeros[0].token, 4u);
  EXPECT_TRUE(std::isfinite(got.componentwise_of_others.value));
  EXPECT_TRUE(std::isfinite(got.mixed.value));
  Quality componentwise, mixed;
  examine(run_of(model, recipe), Dense(run_of(model, recipe)), {2, 5, 0}, componentwise, mixed);
  expect_good(componentwise, 1, "componentwise");
}

TEST(Condition, OfWhatIsNotFiniteIsUnknown) {
  Draws draws(303);
  const Recipe recipe("fp64");
  RandomModel model = random_model(every_architecture()[0], 5, draws);
  for (double& entry : model.matrices.back().values()) entry *= 0x1p1022;
  const ConditionEstimate got = condition_of(run_of(model, recipe));
  EXPECT_TRUE(std::isnan(got.mixed.value));
  EXPECT_EQ(got.mixed.at.position, 5u);
}

TEST(Condition, SaysHowFarItIsAndRefusesTooManyColumns) {
  Draws draws(304);
  const Recipe recipe("fp64");
  const RandomModel model = random_model(every_architecture()[0], 5, draws);
  std::size_t said = 0;
  const ConditionEstimate got =
      condition_of(run_of(model, recipe), {}, [&](double done, double whole, std::string_view) {
        EXPECT_EQ(done, static_cast<double>(++said));
        EXPECT_EQ(whole, 18);
      });
  EXPECT_EQ(said, got.products + got.transposed_products);
  EXPECT_THROW(condition_of(run_of(model, recipe), {5, 5, 0}), shape_error);
  EXPECT_THROW(condition_of(run_of(model, recipe), {0, 5, 0}), shape_error);
  EXPECT_THROW(condition_of(run_of(model, recipe), {2, 1, 0}), shape_error);
}

}  // namespace
}  // namespace halfulp
