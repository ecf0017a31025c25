// The bundled model, measured: laws that every profile must obey.
#include "halfulp/analysis/profile.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "halfulp/models/checkpoint.hpp"
#include "halfulp/models/token_ids.hpp"

namespace halfulp {
namespace {

const std::filesystem::path folder =
    std::filesystem::path(HALFULP_SOURCE_DIR) / "examples" / "gpt2-tinyshakespeare";

struct Example {
  Checkpoint checkpoint = load_checkpoint(folder);
  std::vector<std::uint32_t> tokens = read_token_ids(folder / "tokens.json");

  Profile run(const std::string& recipe, std::size_t count, ProfileOptions options = {}) const {
    return profile(checkpoint.architecture, checkpoint.weights, std::span(tokens).first(count),
                   Recipe(recipe), options);
  }
};

const Example& example() {
  static const Example example;
  return example;
}

ProfileOptions with(ReferenceKind reference) {
  ProfileOptions options;
  options.reference = reference;
  return options;
}

const SiteProfile& site_of(const Profile& profile, std::optional<std::size_t> layer, Site site) {
  for (const SiteProfile& s : profile.sites)
    if (s.layer == layer && s.site == site) return s;
  throw std::runtime_error("no such site");
}

/// What an independent binary64 forward pass of a checkpoint gave.
struct Truth {
  double loss;
  std::vector<std::size_t> argmax;
};

void expect_truth(const std::filesystem::path& model, const std::vector<std::uint32_t>& tokens,
                  const Truth& truth) {
  const Checkpoint checkpoint = load_checkpoint(model);
  const Recipe recipe("fp64");
  const Architecture& a = checkpoint.architecture;
  const auto end = forward(
      a,
      [&](std::size_t layer, Site) {
        return Place{a, checkpoint.weights, tokens, layer};
      },
      [](std::size_t, Site) { return Native(); }, [](std::size_t, Site, const Tensors<double>&) {});
  const auto& logits = end[Tensor::logits];
  const OutputMetrics metrics = output_metrics(logits.view(), logits.view(), tokens);
  EXPECT_NEAR(*metrics.cross_entropy.reference, truth.loss, 1e-12) << model;
  for (std::size_t t = 0; t < truth.argmax.size(); ++t)
    for (std::size_t v = 0; v < logits.rows(); ++v)
      EXPECT_LE(logits(v, t), logits(truth.argmax[t], t)) << model << " token " << t;
}

/// The folder's weights and, below it, the same rounded to bf16, each with its truth in tokens.json.
void expect_truths(const std::filesystem::path& model) {
  std::ifstream file(model / "tokens.json");
  const auto json = nlohmann::json::parse(file);
  const std::vector<std::uint32_t> tokens = json.at("ids");
  const auto check = [&](const std::filesystem::path& at, const nlohmann::json& truth) {
    if (std::filesystem::exists(at / "model.safetensors"))
      expect_truth(at, tokens, {truth.at("loss_nats"), truth.at("argmax_ids")});
  };
  if (json.at("reference_fp64").contains("loss_nats")) {
    check(model, json.at("reference_fp64"));
    check(model / "bf16", json.at("reference_fp64_bf16_weights"));
  } else {
    for (const auto& [step, truth] : json.at("reference_fp64").items()) check(model / step, truth);
  }
}

TEST(RealCheckpoints, BundledModelGivesTheLossAndTheGreedyTokensThatItCameWith) {
  std::ifstream file(folder / "tokens.json");
  const auto truth = nlohmann::json::parse(file).at("reference_fp64_bf16_weights");
  expect_truth(folder, example().tokens, {truth.at("loss_nats"), truth.at("argmax_ids")});
}

TEST(RealCheckpoints, GiveTheLossAndTheGreedyTokensThatTheyCameWith) {
  const char* set = std::getenv("HALFULP_DATA");
  const std::filesystem::path data =
      set ? std::filesystem::path(set) : std::filesystem::path(HALFULP_SOURCE_DIR) / ".." / "shared" / "data";
  if (!std::filesystem::exists(data)) GTEST_SKIP() << "no checkpoints: set HALFULP_DATA";
  for (const char* name :
       {"stories260K", "gpt2-tinyshakespeare", "llama-mid-tinyshakespeare", "paper-tinyshakespeare"})
    expect_truths(data / name);
}

TEST(Profile, SameArithmeticMakesNoError) {
  const Profile p = example().run("fp64,fma=on", 8, with(ReferenceKind::fp64));
  for (const SiteProfile& s : p.sites) {
    EXPECT_EQ(s.local.componentwise.max, 0) << name_of(s.site);
    EXPECT_EQ(s.total.componentwise.max, 0) << name_of(s.site);
  }
  EXPECT_EQ(p.output.kld.max, 0);
}

TEST(Profile, ElementwiseSitesErrByTheirOwnRoundingsOnly) {
  const Profile p = example().run("bf16", 16);
  const double u = 0x1p-8;
  for (const SiteProfile& s : p.sites) {
    if (s.site == Site::attn_residual || s.site == Site::mlp_residual || s.site == Site::embed) {
      // one rounding of a sum; its operands are read as binary32, which is visible where they cancel
      EXPECT_LE(s.local.componentwise.p95, u / (1 - u));
      EXPECT_LE(s.local.normwise, u / (1 - u));
      EXPECT_GT(s.local.componentwise.max, u / 4);
    }
  }
}

TEST(Profile, TotalIsWithinLocalPlusInheritedToFirstOrder) {
  const Profile p = example().run("bf16", 24);
  for (const SiteProfile& s : p.sites)
    EXPECT_LE(s.total.normwise, 1.1 * (s.local.normwise + s.inherited.normwise) + 1e-12)
        << name_of(s.site) << " of layer " << s.layer.value_or(99);
}

TEST(Profile, ErrorScalesWithTheUnitRoundoff) {
  const double coarse = example().run("pure-bin11", 16).output.logit_difference.rms;
  const double fine = example().run("pure-bin16", 16).output.logit_difference.rms;
  EXPECT_NEAR(std::log2(coarse / fine), 5, 1);
}

TEST(Profile, DoubleDoubleAndBinary64ReferencesAgreeWhereTheyMust) {
  const Profile a = example().run("bf16", 12), b = example().run("bf16", 12, with(ReferenceKind::dd));
  ASSERT_EQ(a.sites.size(), b.sites.size());
  for (std::size_t i = 0; i < a.sites.size(); ++i) {
    EXPECT_NEAR(a.sites[i].total.normwise, b.sites[i].total.normwise, 1e-9) << name_of(a.sites[i].site);
    EXPECT_TRUE(a.sites[i].trusted.value());
    EXPECT_TRUE(b.sites[i].trusted.value());
  }
  EXPECT_EQ(b.reference.kind, "double_double");
  EXPECT_EQ(b.reference.check, "fp64");
}

TEST(Profile, ReferenceThatIsNoBetterThanTheRecipeIsMarked) {
  const Profile p =
      example().run("fp64,order=blocked:8", 12);  // differs from the reference by its order only
  EXPECT_FALSE(site_of(p, std::nullopt, Site::head).trusted.value());
  const Profile q = example().run("fp64,order=blocked:8", 12, with(ReferenceKind::dd));
  EXPECT_TRUE(site_of(q, std::nullopt, Site::head).trusted.value());
}

TEST(Profile, OneBlockIsCertifiedByRunningErrorAnalysis) {
  Architecture shallow = example().checkpoint.architecture;
  shallow.layers = 1;
  const Profile p = profile(shallow, example().checkpoint.weights, std::span(example().tokens).first(12),
                            Recipe("bf16"), ProfileOptions{});
  EXPECT_EQ(p.reference.check, "running_error");
  EXPECT_LT(p.reference.radius.value(), 1e-6);
  EXPECT_EQ(p.reference.checked_tokens, 12u);
}

TEST(Profile, DoesNotDependOnTheNumberOfThreads) {
  const std::string recipe = "bf16,act.out=bf16:stochastic,qkv.acc=bin11:stochastic";
  set_threads(1);
  const Profile one = example().run(recipe, 20);
  set_threads(2);
  const Profile two = example().run(recipe, 20);
  set_threads(0);
  ASSERT_EQ(one.sites.size(), two.sites.size());
  for (std::size_t i = 0; i < one.sites.size(); ++i) {
    EXPECT_EQ(one.sites[i].total.normwise, two.sites[i].total.normwise);
    EXPECT_EQ(one.sites[i].events.underflow, two.sites[i].events.underflow);
  }
  EXPECT_EQ(one.output.kld.mean, two.output.kld.mean);
}

TEST(Profile, SeedChoosesTheStochasticRoundings) {
  ProfileOptions first = with(ReferenceKind::fp64), second = first;
  second.seed = 1;
  const std::string recipe = "bf16,mlp_in.out=bf16:stochastic";
  EXPECT_EQ(example().run(recipe, 8, first).output.kld.mean, example().run(recipe, 8, first).output.kld.mean);
  EXPECT_NE(example().run(recipe, 8, first).output.kld.mean,
            example().run(recipe, 8, second).output.kld.mean);
}

TEST(Profile, FusedAttentionIsAttentionInExactArithmetic) {
  ProfileOptions options = with(ReferenceKind::dd);
  const Profile p = example().run("fp64-flash,flash_block=8", 24, options);
  EXPECT_LT(p.output.logit_difference.max, 1e-12);
  const Profile plain = example().run("bf16", 24), fused = example().run("bf16-flash,flash_block=8", 24);
  EXPECT_NEAR(*plain.output.cross_entropy.reference, *fused.output.cross_entropy.reference, 1e-12);
  EXPECT_THROW(site_of(fused, 0, Site::softmax), std::runtime_error);
  EXPECT_LT(fused.output.kld.mean, plain.output.kld.mean) << "scores are no longer rounded";
}

TEST(Profile, MeasuresTheLayersAskedFor) {
  ProfileOptions options = with(ReferenceKind::fp64);
  options.layers = {false, true, false, false};
  const Profile p = example().run("bf16", 8, options),
                all = example().run("bf16", 8, with(ReferenceKind::fp64));
  for (const SiteProfile& s : p.sites) EXPECT_TRUE(!s.layer || *s.layer == 1);
  EXPECT_EQ(site_of(p, 1, Site::score).total.normwise, site_of(all, 1, Site::score).total.normwise);
  EXPECT_EQ(p.output.kld.mean, all.output.kld.mean);
}

TEST(Profile, StoringTheWeightsIsAnErrorOnlyWhenAskedFor) {
  ProfileOptions options = with(ReferenceKind::fp64);
  const std::string recipe = "fp64,qkv.weight=bin4";
  EXPECT_LT(example().run(recipe, 8, options).output.kld.mean, 1e-20);
  options.include_weights = true;
  const Profile p = example().run(recipe, 8, options);
  EXPECT_GT(p.output.kld.mean, 1e-5);
  EXPECT_GT(site_of(p, 2, Site::qkv).weight->normwise, 0x1p-8);
  EXPECT_LE(site_of(p, 2, Site::mlp_in).weight->normwise, 0);
}

TEST(Profile, EffectsOfSingleSitesAddUpToAboutTheWhole) {
  ProfileOptions options = with(ReferenceKind::fp64);
  options.effects = true;
  const Profile p = example().run("bf16", 64, options);
  double sum = 0;
  for (const SiteEffect& e : p.effects) sum += e.kld_mean;
  EXPECT_EQ(p.effects.size(), 15u);
  EXPECT_GT(sum, p.output.kld.mean / 3);
  EXPECT_LT(sum, p.output.kld.mean * 3);
}

TEST(Profile, OverflowIsCountedAndReported) {
  const Profile p = example().run("pure-e4m3fn", 8, with(ReferenceKind::fp64));
  std::uint64_t events = 0;
  for (const SiteProfile& s : p.sites) events += s.events.overflow + s.events.nan + s.events.underflow;
  EXPECT_GT(events, 0u);
}

TEST(Profile, EarlierTokensDoNotDependOnLaterOnes) {
  const Profile few = example().run("bf16", 10, with(ReferenceKind::fp64));
  const Profile many = example().run("bf16", 11, with(ReferenceKind::fp64));
  EXPECT_LE(few.output.kld.max, many.output.kld.max);
  EXPECT_LE(few.output.logit_difference.max, many.output.logit_difference.max);
}

}  // namespace
}  // namespace halfulp
