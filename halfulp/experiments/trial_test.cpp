// Trials on packs against the definition, bit for bit, and against what must hold whatever is drawn.
#include "halfulp/experiments/trial.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include "halfulp/linalg/kernels.hpp"

namespace halfulp {
namespace {

Setup small(Granularity granularity = Granularity::operation) {
  Setup s;
  s.d = 6;
  s.n = 5;
  s.inner = 7;
  s.layers = 3;
  s.granularity = granularity;
  return s;
}
Arithmetics all_in(const std::string& name) { return {name, rounding_rule(name), {}, rounding_rule(name)}; }

std::vector<double> errors_of(const Setup& s, const std::vector<Arithmetics>& a, std::uint64_t first = 0) {
  std::vector<double> errors(trials_at_once * a.size() * s.layers * measure_count);
  run_trials(s, a, 7, first, errors.data());
  return errors;
}

void expect_same(double a, double b, const std::string& where) {
  if (std::isnan(a) && std::isnan(b)) return;
  EXPECT_EQ(std::bit_cast<std::uint64_t>(a), std::bit_cast<std::uint64_t>(b))
      << where << ": " << a << ", " << b;
}

/// Every trial as the definition has it, on every instruction set.
void expect_definition(const Setup& s, const std::vector<Arithmetics>& a, const std::string& what) {
  const std::size_t cells = a.size() * s.layers * measure_count;
  std::vector<double> defined(cells);
  for (const Kernels* table : available_kernels()) {
    use_kernels(table);
    const std::vector<double> packed = errors_of(s, a);
    for (std::uint64_t trial : {0, 1, 9, 15}) {
      run_by_definition(s, a, 7, trial, defined.data());
      for (std::size_t c = 0; c < cells; ++c)
        expect_same(packed[trial * cells + c], defined[c],
                    what + " on " + table->name + ", trial " + std::to_string(trial));
    }
  }
  use_kernels(nullptr);
}

const std::vector<Arithmetics>& fast() {
  static const std::vector<Arithmetics> all{all_in("bin4"), all_in("bin11"), all_in("bin24"),
                                            all_in("dec4"), all_in("dec8"),  all_in("bf16"),
                                            all_in("fp16"), all_in("fp32"),  all_in("fp64")};
  return all;
}

TEST(Trial, PacksGiveTheDefinitionsBits) {
  for (const Arithmetics& a : fast()) EXPECT_TRUE(run_on_packs(a)) << a.name;
  for (const Granularity g : {Granularity::operation, Granularity::array})
    for (const NormOrder norm : {NormOrder::layer, NormOrder::rms, NormOrder::none, NormOrder::post}) {
      auto s = small(g);
      s.norm = norm;
      expect_definition(s, fast(), "norm " + std::to_string(static_cast<int>(norm)));
    }
}

TEST(Trial, AttentionAloneHeadsAndRoundedWeightsGiveTheDefinitionsBits) {
  auto attention = small();
  attention.attention_only = true;
  attention.layers = 1;
  attention.input_mean = 1;
  attention.input_deviation = 0.1;
  attention.input_scale = 11.3;
  expect_definition(attention, fast(), "attention");
  auto heads = small();
  heads.heads = 3;
  expect_definition(heads, fast(), "heads");
  auto weights = small();
  weights.rounded_weights = true;
  weights.blocks = Blocks::identical;
  expect_definition(weights, fast(), "weights");
}

/// Weights from 10^-300 to 1, masked in several groups of columns: some are dropped, and some sums of what is
/// left are too small for that.
TEST(Trial, AttentionWeightsOfEverySizeGiveTheDefinitionsBits) {
  auto s = small();
  s.n = 23;
  s.layers = 2;
  s.diagonal_low = 0.25;
  s.diagonal_high = 4;
  const std::vector<Arithmetics> all{all_in("dec1"), all_in("dec2"), all_in("dec3"),  all_in("dec4"),
                                     all_in("dec6"), all_in("dec8"), all_in("dec15"), all_in("bin11")};
  for (const double lambda : {0.01, 0.1, 0.3, 1.0, 4.0}) {
    s.lambda = lambda;
    expect_definition(s, all, "lambda " + std::to_string(lambda));
  }
}

TEST(Trial, ScoresBeyondTheCarriersExponentialsGiveTheDefinitionsBitsAndNumbers) {
  auto s = small();
  const std::vector<Arithmetics> unbounded{all_in("bin8"), all_in("bin24"), all_in("dec6")};
  for (const double lambda :
       {40.0, 1e18, 1e25}) {  // scores of thousands, and beyond any exponential's digits
    s.lambda = lambda;
    expect_definition(s, unbounded, "lambda " + std::to_string(lambda));
    for (const double e : errors_of(s, unbounded)) EXPECT_TRUE(std::isfinite(e)) << lambda;
  }
}

TEST(Trial, AnOverflowIsAnErrorOfNoNumberOnPacksToo) {
  auto s = small();
  s.input_deviation = 1e4;
  s.norm = NormOrder::none;
  const std::vector<Arithmetics> bounded{all_in("fp16")};
  expect_definition(s, bounded, "fp16");
  std::size_t lost = 0;
  for (const double e : errors_of(s, bounded)) lost += std::isnan(e);
  EXPECT_GT(lost, trials_at_once);
  // Of some tokens only: what is measured after them does not hide it.
  s.attention_only = true;
  s.layers = 1;
  for (const double deviation : {20.0, 40.0, 60.0, 80.0, 100.0}) {
    s.input_deviation = deviation;
    expect_definition(s, bounded, "fp16 at " + std::to_string(deviation));
  }
}

TEST(Trial, PromotedSitesGiveTheDefinitionsBits) {
  const std::vector<Arithmetics> mixed{
      {"bin8", rounding_rule("bin8"), {Site::score, Site::softmax}, rounding_rule("bin24")},
      {"dec4", rounding_rule("dec4"), {Site::mlp_out}, rounding_rule("dec8")},
      {"bf16", rounding_rule("bf16"), {Site::attn_norm, Site::mlp_residual}, rounding_rule("fp32")}};
  for (const Arithmetics& a : mixed) EXPECT_TRUE(run_on_packs(a)) << a.name;
  expect_definition(small(), mixed, "promoted");
}

TEST(Trial, RulesWithoutPacksGoByTheDefinition) {
  const std::vector<Arithmetics> slow{all_in("bf16:stochastic"), all_in("bin11:toward-zero"), all_in("bin30"),
                                      all_in("bin8")};
  EXPECT_FALSE(run_on_packs(slow[0]));
  EXPECT_FALSE(run_on_packs(slow[1]));
  EXPECT_FALSE(run_on_packs(slow[2]));
  expect_definition(small(), slow, "slow");
}

TEST(Trial, NothingRoundedMeansNoErrorButTheReferencesShift) {
  auto s = small(Granularity::array);
  const std::vector<double> errors = errors_of(s, {all_in("fp64")});
  for (const double e : errors) EXPECT_EQ(e, 0.0);  // the same operations as the reference
}

TEST(Trial, ATrialDoesNotDependOnItsNeighbours) {
  const auto s = small();
  const std::vector<Arithmetics> a{all_in("bin8"), all_in("dec4")};
  const std::size_t cells = a.size() * s.layers * measure_count;
  const std::vector<double> from_0 = errors_of(s, a, 0), from_5 = errors_of(s, a, 5);
  for (std::size_t t = 5; t < trials_at_once; ++t)
    for (std::size_t c = 0; c < cells; ++c)
      expect_same(from_0[t * cells + c], from_5[(t - 5) * cells + c], "trial " + std::to_string(t));
  // Different trials, layers and seeds differ.
  EXPECT_NE(from_0[0], from_0[cells]);
}

TEST(Trial, IdenticalBlocksShareTheFirstLayerWithIndependentOnes) {
  auto s = small();
  const std::vector<Arithmetics> a{all_in("bin11")};
  const std::vector<double> independent = errors_of(s, a);
  s.blocks = Blocks::identical;
  const std::vector<double> identical = errors_of(s, a);
  expect_same(independent[0], identical[0], "layer 1");
  EXPECT_NE(independent[2], identical[2]);
}

TEST(Trial, TheReferenceIsFarMoreAccurateThanWhatItJudges) {
  const std::vector<double> reference = reference_error(small(), 7, 4);
  const std::vector<double> bin24 = errors_of(small(), {all_in("bin24")});
  for (std::size_t m = 0; m < measure_count; ++m) {
    EXPECT_GT(reference[m], 0.0);
    EXPECT_LT(reference[m], 1e-11);
    EXPECT_LT(reference[m], 1e-3 * bin24[m]);
  }
}

}  // namespace
}  // namespace halfulp
