// Certificates against what happens: a token that is called certain never changes, in any simulated run; what
// is called certain with probability 1 - delta changes no more often than delta.
#include "halfulp/analysis/certificate/certificate.hpp"

#include <gtest/gtest.h>

#include <array>

#include "halfulp/analysis/certificate/head_margins.hpp"
#include "halfulp/analysis/certificate/rigorous_margins.hpp"
#include "halfulp/base/error.hpp"
#include "halfulp/layers/transformer/random_model_testing.hpp"

namespace halfulp {
namespace {

using testing::Draws;
using testing::RandomModel;

ModelRun run_of(const RandomModel& model, const Recipe& recipe, std::uint64_t seed = 0) {
  return {model.architecture, model.weights, model.tokens, recipe, seed};
}

Matrix<double> simulated_logits(const ModelRun& run) {
  return std::move(forward(
      run.architecture, [&](std::size_t layer, Site s) { return run.place(layer, s); },
      [&](std::size_t layer, Site s) { return run.arithmetic(layer, s); },
      [](std::size_t, Site, const Tensors<double>&) {})[Tensor::logits]);
}

bool same(double a, double b) { return a == b || (a != a && b != b); }

/// The greedy tokens of exact arithmetic, in double-double.
std::vector<std::size_t> exact_tokens(const ModelRun& run) {
  const auto ends = forward(
      run.architecture, [&](std::size_t layer, Site s) { return run.place(layer, s); },
      [](std::size_t, Site) { return DoubleDoubleArithmetic(); },
      [](std::size_t, Site, const Tensors<DoubleDouble>&) {});
  const Matrix<DoubleDouble>& z = ends[Tensor::logits];
  std::vector<std::size_t> tokens(z.columns());
  for (std::size_t t = 0; t < z.columns(); ++t)
    for (std::size_t v = 1; v < z.rows(); ++v)
      if (z(tokens[t], t) < z(v, t)) tokens[t] = v;
  return tokens;
}

/// Llama, GPT-2 and the paper's model with one layer or two, and all kinds of heads.
Architecture architecture_of(std::size_t trial) {
  Architecture a = testing::every_architecture()[trial % 5];
  a.layers = 1 + trial / 5 % 2;
  return a;
}

/// More than 10^5 decisions; one layer, where running errors still prove something, and some with two.
TEST(Certificate, ACertainTokenNeverChanges) {
  Draws draws(61);
  std::size_t decisions = 0, certain = 0, certain_at_random = 0;
  for (std::size_t trial = 0; trial < 17; ++trial) {
    Architecture architecture = architecture_of(trial);
    architecture.layers = 1 + (trial >= 14);
    architecture.positions = 24;
    const RandomModel model = testing::random_model(architecture, 24, draws);
    for (const char* text :
         {"bf16", "fp16", "tf32", "fp32", "pure-dec5", "pure-bin16:toward-zero", "fp32-flash",
          "fp32,order=pairwise", "fp32,head=bf16:stochastic", "fp32,head=fp16:stochastic",
          "fp32,final_norm=fp16:stochastic", "fp32,mlp_residual=fp16:stochastic", "fp16:stochastic"}) {
      const Recipe recipe(text);
      const ModelRun run = run_of(model, recipe);
      const RigorousRun rigorous = rigorous_run(run);
      const std::vector<std::size_t> exact = exact_tokens(run);
      const bool random = rounds_at_random(run);
      EXPECT_EQ(random, std::string(text).find("stochastic") != std::string::npos) << text;
      for (std::uint64_t seed = 0; seed < (random ? 50 : 1); ++seed) {
        const Matrix<double> logits = simulated_logits(run_of(model, recipe, seed));
        for (std::size_t i = 0; seed == 0 && i < logits.values().size(); ++i)
          ASSERT_TRUE(same(logits.values()[i], rigorous.logits.values()[i])) << text;
        for (std::size_t t = 0; t < exact.size(); ++t) {
          ++decisions;
          if (!(rigorous.share[t] < 1)) continue;
          ++(random ? certain_at_random : certain);
          ASSERT_EQ(greedy_token(logits.column(t)), exact[t])
              << text << ", model " << trial << ", position " << t << ", seed " << seed;
        }
      }
    }
  }
  EXPECT_GT(decisions, 100000u);
  EXPECT_GT(certain, 1000u);
  EXPECT_GT(certain_at_random, 25000u);
  RecordProperty("decisions", static_cast<int>(decisions));
  RecordProperty("certain", static_cast<int>(certain));
  RecordProperty("certain_at_random", static_cast<int>(certain_at_random));
}

/// Numbers at the ends of their bounds: the exact margin comes close to the end of its bound, and not beyond.
TEST(HeadMargins, ContainTheExactMargin) {
  Draws draws(65);
  for (int trial = 0; trial < 40; ++trial) {
    const std::size_t d = 1 + draws.below(30);
    const double size = std::exp2(-static_cast<double>(trial));
    const Matrix<double> w = draws.matrix(2, d), g = draws.matrix(1, d), b = draws.matrix(1, 2);
    const Operand gain = trial % 2 ? operand_of(g.view()) : Operand{},
                  bias = trial % 3 ? operand_of(b.view()) : Operand{};
    Matrix<Bounded> x(d, 1);
    DoubleDouble exact = bias.empty() ? DoubleDouble{} : DoubleDouble{b(0, 0)} - b(0, 1);
    for (std::size_t i = 0; i < d; ++i) {
      x(i, 0) = {draws.normal(), size * draws.uniform()};
      const DoubleDouble slope = (DoubleDouble{w(0, i)} - w(1, i)) * (gain.empty() ? 1.0 : g(0, i));
      exact = exact + slope * (DoubleDouble{x(i, 0).x} + (slope.hi > 0 ? x(i, 0).e : -x(i, 0).e));
    }
    const Bounded margin = HeadMargins(operand_of(w.view()), gain, bias)(0, 1, x.column(0));
    const double distance = std::fabs((exact - margin.x).hi);
    EXPECT_LE(distance, margin.e) << draws.replay();
    EXPECT_GT(distance, (trial < 30 ? 0.99 : 0) * margin.e) << draws.replay();
  }
}

/// Many tokens to choose from, so that some are close.
TEST(Certificate, AProvedTokenIsThatOfExactArithmetic) {
  Draws draws(63);
  std::size_t proved = 0, differ = 0;
  for (std::size_t trial = 0; trial < 15; ++trial) {
    Architecture architecture = architecture_of(trial);
    architecture.layers = 1;
    architecture.vocabulary = 500;
    architecture.positions = 24;
    const RandomModel model = testing::random_model(architecture, 24, draws);
    for (const char* text : {"pure-bin6", "pure-bin7", "pure-bin8", "pure-bin9", "pure-bin10", "fp16",
                             "pure-bin14", "pure-bin18", "fp32"}) {
      const Recipe recipe(text);
      const ModelRun run = run_of(model, recipe);
      const RigorousRun rigorous = rigorous_run(run);
      const std::vector<std::size_t> exact = exact_tokens(run);
      for (std::size_t t = 0; t < exact.size(); ++t) {
        const std::size_t own = greedy_token(rigorous.logits.column(t));
        differ += own != exact[t];
        proved += rigorous.share[t] < 1;
        if (own != exact[t]) {
          EXPECT_GE(rigorous.share[t], 1) << text << ", model " << trial << ", position " << t;
        }
      }
    }
  }
  EXPECT_GT(proved, 250u);
  EXPECT_GT(differ, 40u);
}

/// Errors of single margins against their radii.
TEST(Certificate, RadiiHoldForTheErrorsOfMargins) {
  Draws draws(69);
  double worst = 0, squares = 0;
  std::size_t count = 0, beyond = 0;
  for (std::size_t trial = 0; trial < 10; ++trial) {
    const RandomModel model = testing::random_model(architecture_of(trial), 10, draws);
    for (const char* text :
         {"fp16,head=fp64", "bf16,head=fp64", "pure-bin14,head=fp64", "pure-fp32,head=fp64"}) {
      const Recipe recipe(text);
      const ModelRun run = run_of(model, recipe);
      CertificateOptions options;
      options.candidates = 10;
      const Certificate c = certify(run, options);
      const Matrix<double> logits = simulated_logits(run);
      for (const TokenCertificate& t : c.tokens)
        for (const Competitor& v : t.competitors) {
          const double change = logits(t.token, t.position) - logits(v.token, t.position) - v.margin;
          EXPECT_LE(std::fabs(change), 1.05 * v.first_order + 1e-14) << text << ", model " << trial;
          worst = std::fmax(worst, std::fabs(change) / v.first_order);
          beyond += std::fabs(change) > v.probabilistic;
          squares += change * change / (v.sigma * v.sigma + 1e-28);
          ++count;
        }
    }
  }
  EXPECT_GT(worst, 0.05);
  EXPECT_EQ(beyond, 0u);
  EXPECT_GT(squares / static_cast<double>(count), 0.5);
  EXPECT_LT(squares / static_cast<double>(count), 1.6);
  RecordProperty("worst", std::to_string(worst));
  RecordProperty("mean_square", std::to_string(squares / static_cast<double>(count)));
}

/// 80 tokens of each recipe; verdicts by all other tokens, nothing extrapolated.
TEST(Certificate, VerdictsHoldInSimulation) {
  Draws draws(67);
  std::size_t probable = 0, probable_flips = 0;
  double expected = 0, observed = 0;
  for (const char* text : {"bf16", "fp16", "pure-fp16", "fp32", "pure-bin8", "bf16:stochastic",
                           "pure-fp16:stochastic", "pure-bin8:stochastic"}) {
    std::array<VerdictCount, verdict_count> all{};
    for (std::size_t trial = 0; trial < 8; ++trial) {
      const RandomModel model = testing::random_model(architecture_of(trial), 10, draws);
      const Recipe recipe(text);
      CertificateOptions options;
      options.candidates = 10;
      options.runs = 40;
      const Certificate c = certify(run_of(model, recipe), options);
      EXPECT_TRUE(c.all_candidates);
      EXPECT_EQ(c.runs, c.at_random ? 40u : 1u);
      std::size_t decisions = 0, flips = 0;
      for (std::size_t v = 0; v < verdict_count; ++v) {
        all[v].tokens += c.verdicts[v].tokens;
        all[v].decisions += c.verdicts[v].decisions;
        all[v].flips += c.verdicts[v].flips;
        decisions += c.verdicts[v].decisions;
      }
      EXPECT_EQ(decisions, 10 * c.runs);
      std::size_t in_bins = 0;
      for (const CalibrationBin& bin : c.calibration) in_bins += bin.decisions, flips += bin.flips;
      EXPECT_EQ(in_bins, decisions);
      EXPECT_EQ(flips, c.observed_flips);
      expected += c.expected_flips * static_cast<double>(c.runs);
      observed += static_cast<double>(c.observed_flips);
      for (const TokenCertificate& t : c.tokens) {
        EXPECT_EQ(t.competitors.size(), 10u);
        EXPECT_EQ(t.verdict == Verdict::certain, t.margin > t.rigorous);
        if (t.verdict == Verdict::probable) {
          EXPECT_LE(t.flip_probability, 0.01) << text;
        }
      }
    }
    EXPECT_EQ(all[0].flips, 0u) << text;
    EXPECT_EQ(all[1].flips, 0u) << text;  // here first order is enough
    probable += all[2].decisions;
    probable_flips += all[2].flips;
  }
  // Delta is 1e-3: with 3 standard deviations of slack.
  EXPECT_LE(static_cast<double>(probable_flips), 1e-3 * static_cast<double>(probable) + 3);
  EXPECT_GT(observed, 0.6 * expected);
  EXPECT_LT(observed, 1.6 * expected);
}

/// Radii carried over to the tokens beyond the candidates: no verdict that all tokens would not give.
TEST(Certificate, ExtrapolatedRadiiAreOnTheSafeSide) {
  Draws draws(71);
  std::size_t bolder = 0, same = 0;
  for (std::size_t trial = 0; trial < 10; ++trial) {
    const RandomModel model = testing::random_model(architecture_of(trial), 10, draws);
    const Recipe recipe(trial % 2 ? "fp16" : "bf16");
    CertificateOptions options;
    options.candidates = 10;
    const Certificate all = certify(run_of(model, recipe), options);
    options.candidates = 1 + trial % 3;
    const Certificate some = certify(run_of(model, recipe), options);
    EXPECT_FALSE(some.all_candidates);
    for (std::size_t t = 0; t < all.tokens.size(); ++t) {
      bolder += some.tokens[t].verdict < all.tokens[t].verdict;
      same += some.tokens[t].verdict == all.tokens[t].verdict;
      EXPECT_EQ(some.tokens[t].competitors.size(), options.candidates);
    }
  }
  EXPECT_EQ(bolder, 0u);
  EXPECT_GT(same, 50u);
}

TEST(Certificate, TiesBelongToNobody) {
  Draws draws(73);
  RandomModel model = testing::random_model(testing::every_architecture()[0], 4, draws);
  Matrix<double> head = draws.matrix(11, 8);
  for (std::size_t i = 0; i < 8; ++i) head(7, i) = head(2, i);
  for (std::size_t i = 0; i < 88; ++i)
    if (i / 8 != 7 && i / 8 != 2) head.values()[i] *= 1e-3;
  model.weights.head.weight = operand_of(head.view()).view;
  const Recipe recipe("fp32");
  const Certificate c = certify(run_of(model, recipe), {});
  for (const TokenCertificate& t : c.tokens) {
    if (t.token != 2) continue;  // the others have both logits negative
    EXPECT_EQ(t.margin, 0);
    EXPECT_EQ(t.verdict, Verdict::at_risk);
    EXPECT_EQ(t.competitors[0].token, 7u);
    EXPECT_EQ(t.competitors[0].flip_probability, 0);  // always equal: the lower index wins
  }
}

TEST(Certificate, RefusesWhatMeansNothing) {
  Draws draws(79);
  const RandomModel model = testing::random_model(testing::every_architecture()[0], 2, draws);
  const Recipe recipe("bf16");
  for (const double delta : {0.0, 1.0, -1.0, std::nan("")})
    EXPECT_THROW(certify(run_of(model, recipe), {delta, 8, 8}), usage_error);
  EXPECT_THROW(certify(run_of(model, recipe), {1e-3, 0, 8}), usage_error);
  EXPECT_THROW(certify(run_of(model, recipe), {1e-3, 8, 0}), usage_error);
}

}  // namespace
}  // namespace halfulp
