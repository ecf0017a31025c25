#include "halfulp/experiments/curves.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "halfulp/base/error.hpp"
#include "halfulp/base/parallel.hpp"
#include "halfulp/experiments/normalisation.hpp"
#include "halfulp/experiments/summation.hpp"

namespace halfulp {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity(),
                 nan = std::numeric_limits<double>::quiet_NaN();

/// One curve of one point, observed and bound of each trial given.
BoundedCurves one_point(const std::vector<std::pair<double, double>>& trials) {
  CurveExperiment experiment;
  experiment.blank.bounds = {{"theorem", true}};
  experiment.blank.curves.resize(1);
  experiment.blank.curves[0].points.resize(1);
  experiment.trial = [&](std::uint64_t t, std::span<Reading> readings) {
    readings[0] = {1, trials[t].first, {trials[t].second}};
  };
  return run_curves(experiment, trials.size(), {});
}

/// A smaller experiment of each kind.
CurveExperiment small_sums() { return summation({{"bin8", "fp16", "dec4"}, 8, 1}); }
CurveExperiment small_norms() { return normalisation({{"bin11", "fp16", "dec4"}, 16, 12, 1}); }

TEST(Curves, ATrialBeyondATheoremIsCaught) {
  EXPECT_TRUE(holds(one_point({{1, 2}, {2, 2}, {0, 0}})));
  EXPECT_FALSE(holds(one_point({{1, 2}, {2.1, 2}})));
  EXPECT_FALSE(holds(one_point({{1e-300, 0}})));
}

TEST(Curves, WhatHasNoValueOrNoStatementIsCounted) {
  const BoundedCurves curves = one_point({{nan, infinity}, {infinity, infinity}, {1, 2}});
  const CurvePoint& point = curves.curves[0].points[0];
  EXPECT_TRUE(holds(curves));
  EXPECT_EQ(point.observed.nan(), 1u);
  EXPECT_EQ(point.bounds[0].stated, 1u);
  EXPECT_EQ(point.bounds[0].worst_ratio, 0.5);
  EXPECT_FALSE(holds(one_point({{nan, 2}})));
}

TEST(Curves, TheoremsHoldAndSmallerOnesWouldNot) {
  for (const CurveExperiment& honest : {small_sums(), small_norms()}) {
    const BoundedCurves curves = run_curves(honest, 40, {});
    EXPECT_TRUE(holds(curves)) << honest.blank.name;
    for (std::size_t c = 0; c < curves.curves.size(); ++c) {
      double sharpest = 0;
      for (const CurvePoint& point : curves.curves[c].points)
        sharpest = std::fmax(sharpest, point.bounds[honest.blank.name == "summation" ? 0 : 1].worst_ratio);
      EXPECT_GT(sharpest, 0.1) << honest.blank.name << " " << curves.curves[c].variant << " "
                               << curves.curves[c].arithmetic;
    }
    CurveExperiment planted = honest;
    planted.trial = [&](std::uint64_t t, std::span<Reading> readings) {
      honest.trial(t, readings);
      for (Reading& reading : readings)
        for (double& bound : reading.bounds) bound /= 10;
    };
    EXPECT_FALSE(holds(run_curves(planted, 40, {}))) << honest.blank.name;
  }
}

TEST(Curves, AreTheSameForAnyNumberOfThreads) {
  const auto text = [](const BoundedCurves& curves) {
    std::vector<std::uint64_t> words;
    for (const BoundedCurve& curve : curves.curves)
      for (const CurvePoint& point : curve.points) {
        point.x.append_to(words);
        point.observed.append_to(words);
        for (const BoundAtPoint& bound : point.bounds) bound.value.append_to(words);
      }
    return words;
  };
  for (const CurveExperiment& experiment : {small_sums(), small_norms()}) {
    std::vector<std::uint64_t> of[2];
    for (const std::size_t count : {1, 2}) {
      set_threads(count);
      of[count - 1] = text(run_curves(experiment, 20, {}));
    }
    set_threads(0);
    EXPECT_GT(of[0].size(), 100u);
    EXPECT_TRUE(of[0] == of[1]) << experiment.blank.name;
  }
}

TEST(Summation, OfTwoNumbersRoundsOnceInEveryOrder) {
  const BoundedCurves curves = run_curves(summation({{"bin8"}, 1, 3}), 100, {});
  for (const BoundedCurve& curve : curves.curves) {
    EXPECT_EQ(curve.points[0].observed,
              curves.curves[curve.input == curves.curves[0].input ? 0 : 5].points[0].observed)
        << curve.variant;
    EXPECT_LE(curve.points[0].observed.largest(), 0x1p-8);
    EXPECT_GT(curve.points[0].observed.largest(), 0x1p-9);
  }
}

TEST(Summation, RefusesWhatTheoremsAreNotAbout) {
  EXPECT_THROW(summation({{"bf16:stochastic"}, 4, 1}), usage_error);
  EXPECT_THROW(summation({{"bin8", "bin8"}, 4, 1}), usage_error);
  EXPECT_THROW(summation({{"bin8"}, 0, 1}), usage_error);
  EXPECT_THROW(summation({{"bin8"}, 23, 1}), usage_error);
}

TEST(Normalisation, LayerNormLosesWhatRmsNormKeeps) {
  const BoundedCurves curves = run_curves(normalisation({{"bin24"}, 32, 44, 1}), 40, {});
  const auto& rms = curves.curves[0].points;
  const auto& layer = curves.curves[1].points;
  EXPECT_LT(rms[16].observed.largest(), 20 * 0x1p-24);
  EXPECT_GT(layer[16].observed.quantile(0.5), 100 * rms[16].observed.quantile(0.5));
  EXPECT_EQ(layer[0].bounds[0].stated, 40u);
  // constant tokens: the lemma makes no statement and their norm is none
  EXPECT_EQ(layer[44].bounds[0].stated, 0u);
  EXPECT_EQ(layer[44].observed.nan(), 40u);
  EXPECT_EQ(rms[44].observed.nan(), 0u);
}

}  // namespace
}  // namespace halfulp
