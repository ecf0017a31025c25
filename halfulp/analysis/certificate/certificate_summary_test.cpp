// The numbers of a certificate against the formulas of certificate.hpp, on small cases.
#include <gtest/gtest.h>

#include <cmath>

#include "halfulp/analysis/attribution/contributions.hpp"
#include "halfulp/analysis/attribution/flips.hpp"
#include "halfulp/analysis/attribution/functionals.hpp"
#include "halfulp/analysis/certificate/margin_radii.hpp"
#include "halfulp/analysis/certificate/rigorous_margins.hpp"
#include "halfulp/analysis/logits.hpp"
#include "halfulp/layers/transformer/random_model_testing.hpp"

namespace halfulp {
namespace {

using testing::Draws;
using testing::RandomModel;

constexpr std::size_t n = 6;

ModelRun run_of(const RandomModel& model, const Recipe& recipe, std::uint64_t seed = 3) {
  return {model.architecture, model.weights, model.tokens, recipe, seed};
}

/// visit(run, options, certificate) for recipes with all candidates and with few.
template <class Visit>
void each_certificate(Visit visit) {
  Draws draws(91);
  for (const std::size_t architecture : {0, 3, 4})
    for (const char* text : {"bf16", "pure-bin6", "fp32,head=bf16", "pure-bin7:stochastic"})
      for (const std::size_t candidates : {3, 10}) {
        SCOPED_TRACE(std::string(text) + " " + std::to_string(candidates));
        const RandomModel model =
            testing::random_model(testing::every_architecture()[architecture], n, draws);
        const Recipe recipe(text);
        const CertificateOptions options{0.02, candidates, 5};
        const ModelRun run = run_of(model, recipe);
        visit(run, options, certify(run, options));
      }
}

/// In one sweep over all tokens, as if nobody had thought of prefixes.
TEST(CertificateSummary, RadiiOfCompetitorsAreThoseOfTheirMargins) {
  each_certificate([](const ModelRun& run, const CertificateOptions& options, const Certificate& c) {
    const auto vocabulary = static_cast<double>(run.architecture.vocabulary);
    const Matrix<double> z = accurate_logits(run);
    std::vector<Margin> margins;
    for (const TokenCertificate& t : c.tokens)
      for (const Competitor& v : t.competitors) margins.push_back({t.position, t.token, v.token, v.margin});
    const Contributions all = contributions_of(run, {}, margin_functionals(margins), {true, nullptr}).front();
    std::size_t p = 0;
    for (const TokenCertificate& t : c.tokens)
      for (const Competitor& v : t.competitors) {
        double variance = 0, worst = 0, martingale = 0;
        for (const StepContribution& s : all.steps) {
          if (s.site != Site::head || c.at_random) variance += s.variance[p];
          worst += s.deterministic[p];
          martingale += s.martingale[p];
        }
        ++p;
        const double likely = std::sqrt(2 * std::log(2 * vocabulary / options.delta) * martingale);
        EXPECT_EQ(v.margin, z(t.token, t.position) - z(v.token, t.position));
        EXPECT_NEAR(v.sigma, root_of_variance(variance), 1e-9 * v.sigma);
        EXPECT_NEAR(v.first_order, worst, 1e-9 * worst);
        EXPECT_NEAR(v.probabilistic, std::min(worst, likely), 1e-9 * v.probabilistic);
      }
  });
}

TEST(CertificateSummary, FlipsAreCountedInTheRunsThatWereAskedFor) {
  each_certificate([](const ModelRun& run, const CertificateOptions&, const Certificate& c) {
    EXPECT_EQ(c.runs, c.at_random ? 5u : 1u);
    std::vector<std::size_t> flips(n);
    for (std::size_t k = 0; k < c.runs; ++k) {
      ModelRun again = run;
      again.seed = run.seed + k;
      const Matrix<double> logits = recipe_logits(again);
      for (std::size_t t = 0; t < n; ++t) flips[t] += greedy_token(logits.column(t)) != c.tokens[t].token;
    }
    for (std::size_t t = 0; t < n; ++t) EXPECT_EQ(c.tokens[t].flips, flips[t]);
  });
}

TEST(CertificateSummary, FlipsAreExpectedFromEveryCompetitor) {
  each_certificate([](const ModelRun& run, const CertificateOptions&, const Certificate& c) {
    const Format& stored =
        run.recipe.stored_as(run.architecture, run.architecture.layers, Tensor::logits).format;
    const Matrix<double> z = accurate_logits(run);
    double expected = 0;
    for (const TokenCertificate& t : c.tokens) {
      const double spacing = c.at_random ? 0 : spacing_at(stored, z(t.token, t.position));
      double sum = 0;
      for (const Competitor& v : t.competitors) {
        EXPECT_EQ(v.flip_probability, flip_probability(v.margin, v.sigma, spacing, v.token < t.token));
        sum += v.flip_probability;
      }
      EXPECT_DOUBLE_EQ(t.flip_probability, std::min(1.0, sum));
      expected += t.flip_probability;
    }
    EXPECT_DOUBLE_EQ(c.expected_flips, expected);
  });
}

TEST(CertificateSummary, BinsOfTheCalibrationMeetAndTheirMeansSumToWhatIsExpected) {
  each_certificate([](const ModelRun&, const CertificateOptions&, const Certificate& c) {
    ASSERT_FALSE(c.calibration.empty());
    EXPECT_EQ(c.calibration.front().low, 0);
    EXPECT_EQ(c.calibration.back().high, 1);
    double expected = 0;
    for (std::size_t k = 0; k < c.calibration.size(); ++k) {
      const CalibrationBin& bin = c.calibration[k];
      EXPECT_LT(bin.low, bin.high);
      if (k > 0) {
        EXPECT_EQ(bin.low, c.calibration[k - 1].high);
      }
      if (bin.decisions > 0) {
        EXPECT_GE(bin.predicted, bin.low * (1 - 1e-12));
        EXPECT_LE(bin.predicted, bin.high);
      }
      expected += bin.predicted * static_cast<double>(bin.decisions);
    }
    const double in_all_runs = c.expected_flips * static_cast<double>(c.runs);
    EXPECT_NEAR(expected, in_all_runs, 1e-12 * in_all_runs);
  });
}

TEST(CertificateSummary, AmongEqualCompetitorsTheLowestIndexIsTheClosest) {
  Draws draws(92);
  RandomModel model = testing::random_model(testing::every_architecture()[0], n, draws);
  Matrix<double> head(11, 8);  // all logits equal but for the sign: 0 to 4 and 5 to 10
  for (std::size_t v = 0; v < 11; ++v)
    for (std::size_t i = 0; i < 8; ++i) head(v, i) = v < 5 ? 1 : -1;
  model.weights.head.weight = operand_of(head.view()).view;
  const Recipe recipe("bf16");
  for (const TokenCertificate& t : certify(run_of(model, recipe), {1e-3, 6, 1}).tokens) {
    const std::size_t first = t.token;
    EXPECT_TRUE(first == 0 || first == 5);
    ASSERT_EQ(t.competitors.size(), 6u);
    for (std::size_t k = 0; k < 6; ++k) {
      const std::size_t v = t.competitors[k].token;
      EXPECT_EQ(v, first == 0 && k >= 4 ? k + 1 : first == 5 && k == 5 ? 0 : first + k + 1);
    }
  }
}

TEST(CertificateSummary, DistancesAreThoseOfTheHeadsRows) {
  Draws draws(93);
  const RandomModel model = testing::random_model(testing::every_architecture()[0], n, draws);
  const Recipe recipe("bf16");
  const ModelRun run = run_of(model, recipe);
  const auto tokens = certify(run, {1e-3, 2, 1}).tokens;
  const Matrix<double> distances = head_distances(run, tokens);
  const Operand head = run.place(model.architecture.layers, Site::head).operand(model.weights.head.weight);
  for (std::size_t t = 0; t < n; ++t)
    for (std::size_t v = 0; v < model.architecture.vocabulary; ++v) {
      double square = 0;
      for (std::size_t i = 0; i < model.architecture.width; ++i) {
        const double difference = head.at(v, i) - head.at(tokens[t].token, i);
        square += difference * difference;
      }
      if (v != tokens[t].token) {
        EXPECT_NEAR(distances(v, t), std::sqrt(square), 1e-12);
      }
    }
}

TEST(CertificateSummary, OtherTokensTakeTwiceTheLargestRadiusPerDistance) {
  TokenCertificate t;
  t.token = 1;
  t.competitors = {{0, 2, 0, 0.5, 0.25, 0}, {3, 4, 0, 0.75, 0.125, 0}};
  Matrix<double> z(5, 1), distances(5, 2);
  const double logits[] = {8, 10, 5, 6, 2}, away[] = {0.5, 0, 0.25, 0.25, 2};
  for (std::size_t v = 0; v < 5; ++v) z(v, 0) = logits[v], distances(v, 1) = away[v];
  const Shares candidates = shares_of(t, z.column(0), {}, 0);
  EXPECT_EQ(candidates.first_order, 0.5 / 2);
  EXPECT_EQ(candidates.probabilistic, 0.25 / 2);
  // radius per distance: max(0.5/0.5, 0.75/0.25) = 3 and max(0.25/0.5, 0.125/0.25) = 0.5
  // tokens 2 and 4: 2 * 0.25 * 3 of 5, 2 * 2 * 3 of 8; 2 * 2 * 0.5 of 8
  const Shares all = shares_of(t, z.column(0), distances, 1);
  EXPECT_EQ(all.first_order, 12.0 / 8);
  EXPECT_EQ(all.probabilistic, 2.0 / 8);
}

}  // namespace
}  // namespace halfulp
