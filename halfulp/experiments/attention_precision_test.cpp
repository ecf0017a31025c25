#include "halfulp/experiments/attention_precision.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "halfulp/base/error.hpp"
#include "halfulp/base/parallel.hpp"
#include "halfulp/experiments/heads.hpp"

namespace halfulp {
namespace {

FigureOptions small() {
  FigureOptions o;
  o.d = o.n = o.inner = 8;
  o.layers = {4};
  o.lambda = {0.25, 1};
  return o;
}

Outcome made(const Figure& f, std::uint64_t trials) {
  Outcome outcome(f.plan);
  run_plan(f.plan, {0, trials}, outcome, {});
  return outcome;
}

/// Errors of the trials 0 .. 15 of one setup in one arithmetic.
std::vector<double> errors_of(const Setup& setup, const Arithmetics& a) {
  std::vector<double> errors(trials_at_once * setup.layers * measure_count);
  run_trials(setup, {a}, 1, 0, errors.data());
  return errors;
}

TEST(AttentionPrecision, EverythingPromotedIsTheHighArithmetic) {
  for (const auto& [low, high] :
       {std::pair{"bin8", "bin24"}, {"bf16", "fp32"}, {"dec3", "dec6"}, {"bin8", "fp32"}}) {
    FigureOptions o = small();
    o.arithmetics = {low};
    const Figure f = attention_precision(o, high);
    const RoundingRule rule = rounding_rule(high);
    ASSERT_EQ(f.plan.arithmetics.size(), promoted_sets().size());
    const auto& setup = f.plan.setups[0];
    const std::vector<double> everything = errors_of(setup, f.plan.arithmetics.back());
    const std::vector<double> nothing = errors_of(setup, f.plan.arithmetics.front());
    if (shift_for(rounding_rule(low)) == shift_for(rule)) {
      EXPECT_EQ(everything, errors_of(setup, {high, rule, {}, rule})) << low << " " << high;
    }
    EXPECT_LT(everything[1], 0.01 * nothing[1]);
  }
}

TEST(AttentionPrecision, PacksPromoteAsTheDefinitionDoes) {
  const Figure f = attention_precision(small(), "bin24");
  const auto& setup = f.plan.setups[1];
  const std::size_t cells = f.plan.arithmetics.size() * setup.layers * measure_count;
  std::vector<double> fast(trials_at_once * cells), slow(cells);
  run_trials(setup, f.plan.arithmetics, 5, 0, fast.data());
  for (const std::uint64_t trial : {0, 3}) {
    run_by_definition(setup, f.plan.arithmetics, 5, trial, slow.data());
    for (std::size_t c = 0; c < cells; ++c) EXPECT_EQ(fast[trial * cells + c], slow[c]) << c;
  }
}

TEST(AttentionPrecision, SetsDifferAndGainsAreThoseOfTheSamples) {
  const Figure f = attention_precision(small(), "bin24");
  ASSERT_EQ(f.series.size(), 2u);
  const Outcome outcome = made(f, 320);
  const Point& end = f.series[0].points.back();
  const auto sample = [&](std::size_t a) { return at(f, outcome, end, a, Measure::normwise); };
  for (std::size_t a = 1; a < promoted_sets().size(); ++a)
    EXPECT_FALSE(sample(a) == sample(0)) << promoted_sets()[a].name;
  const auto median = [&](std::size_t a) {
    return value_of(Statistic::median, sample(a), sample(a).total());
  };
  const Gain same = gain(median(0), median(0));
  EXPECT_EQ(same.factor, 1);
  EXPECT_EQ(same.interval.low, 1);
  EXPECT_EQ(same.interval.high, 1);
  const Gain all = gain(median(0), median(promoted_sets().size() - 1));
  EXPECT_GT(all.interval.low, 0x1p14);
  EXPECT_LT(all.interval.high, 0x1p18);
  EXPECT_LT(all.interval.low, all.factor);
}

TEST(AttentionPrecision, IsTheSameForAnyNumberOfThreads) {
  const Figure f = attention_precision(small(), "bin24");
  set_threads(1);
  const Outcome one = made(f, 48);
  set_threads(2);
  const Outcome two = made(f, 48);
  set_threads(0);
  EXPECT_TRUE(one == two);
}

TEST(AttentionPrecision, RefusesWhatMakesNoSense) {
  FigureOptions o = small();
  EXPECT_THROW(attention_precision(o, "bin8"), usage_error);
  o.arithmetics = {"bin8", "bin11"};
  EXPECT_THROW(attention_precision(o, "bin24"), usage_error);
  o.arithmetics = {"bin8"};
  EXPECT_THROW(attention_precision(o, "bin99"), usage_error);
  o.granularity = Granularity::array;
  EXPECT_THROW(attention_precision(o, "bin24"), usage_error);
}

TEST(Heads, AreThePowersOfTwoThatDivideTheWidth) {
  FigureOptions o = small();
  o.lambda = {};
  o.d = 24;
  o.layers = {1, 3};
  const Figure f = heads(o);
  ASSERT_EQ(f.plan.setups.size(), 4u);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(f.plan.setups[i].heads, std::size_t{1} << i);
    EXPECT_EQ(f.series[1].points[i].x, static_cast<double>(std::size_t{1} << i));
  }
  EXPECT_NE(errors_of(f.plan.setups[2], f.plan.arithmetics[0]),
            errors_of(f.plan.setups[0], f.plan.arithmetics[0]));
}

TEST(Heads, ErrorsStayWithinTheBoundsAndSmallerOnesWouldNotDo) {
  FigureOptions o = small();
  o.lambda = {0.125};
  o.arithmetics = {"bin8", "bin24", "bf16", "dec6"};
  const CurveExperiment honest = heads_bounds(o);
  const BoundedCurves curves = run_curves(honest, 4, {});
  EXPECT_TRUE(holds(curves));
  std::size_t stated = 0;
  double sharpest = 0;
  for (const BoundedCurve& curve : curves.curves)
    for (const CurvePoint& point : curve.points) {
      stated += point.bounds[0].stated;
      sharpest = std::fmax(sharpest, point.bounds[0].worst_ratio);
      if (curve.arithmetic != "bin24") continue;
      EXPECT_LE(point.bounds[1].worst_ratio, 1) << curve.variant;
      EXPECT_LE(point.bounds[2].worst_ratio, 1) << curve.variant;
    }
  EXPECT_GT(stated, 60u);
  EXPECT_GT(sharpest, 1e-4);
  CurveExperiment planted = honest;
  planted.trial = [&](std::uint64_t t, std::span<Reading> readings) {
    honest.trial(t, readings);
    for (Reading& reading : readings) reading.bounds[0] *= sharpest / 2;
  };
  EXPECT_FALSE(holds(run_curves(planted, 4, {})));
}

}  // namespace
}  // namespace halfulp
