// plan as a user meets it.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "halfulp/cli/program_testing.hpp"

namespace halfulp {
namespace {

const std::string model = std::string(HALFULP_SOURCE_DIR) + "/examples/gpt2-tinyshakespeare";

Ran plan(std::vector<std::string> more, const std::string& tokens = "12") {
  std::vector<std::string> arguments = {"plan", "-m", model, "--tokens", tokens, "--probes", "4"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run(arguments);
}

TEST(PlanVerb, SaysWhatToPromoteAndWhyBesideRulesOfThumb) {
  const Ran result = plan({"--budget", "kld=30%"});
  EXPECT_EQ(result.exit_code, 0) << result.log;
  for (const char* part : {"To reach kld=30%", "the scores are rounded twice to 8 bits", "norms first",
                           "first and last layer", "attention in fp32", "rounded alone",
                           "Cost against divergence", "The recipe: bf16,", "Try next: halfulp profile"})
    EXPECT_NE(result.out.find(part), std::string::npos) << part << "\n" << result.out;
}

TEST(PlanVerb, ABaseThatOverflowsIsRefusedWithTheSitesThatDo) {
  const Ran ran = plan({"--base", "bf16,score=e3m3", "--no-run"});
  EXPECT_EQ(ran.exit_code, 2) << ran.out;
  EXPECT_TRUE(is_one_error_line(ran.log)) << ran.log;
  EXPECT_NE(ran.log.find("--base bf16,score=e3m3 overflows, first at layer "), std::string::npos) << ran.log;
  EXPECT_NE(ran.log.find(",score=fp32"), std::string::npos) << ran.log;
}

TEST(PlanVerb, WhatIsReadIsNotWritten) {
  const std::string ids = ::testing::TempDir() + "plan_verb_ids.txt";
  std::ofstream(ids) << "1 2 3 4\n";
  for (const char* option : {"--write-recipe", "-o"}) {
    const std::string output =
        std::string(option) == "-o" ? ::testing::TempDir() + "plan_verb_link.csv" : ids;
    if (output != ids) std::filesystem::create_symlink(ids, output);
    const Ran ran = run({"plan", "-m", model, "--ids", ids, "--no-run", option, output});
    EXPECT_EQ(ran.exit_code, 2);
    EXPECT_NE(ran.log.find("that is read too"), std::string::npos) << ran.log;
    if (output != ids) std::filesystem::remove(output);
  }
  std::ifstream kept(ids);
  std::string line;
  std::getline(kept, line);
  EXPECT_EQ(line, "1 2 3 4");
  std::filesystem::remove(ids);
}

TEST(PlanVerb, TheBudgetHoldsAndTheCurveFalls) {
  for (const char* budget : {"kld=50%", "kld=5%", "logits=0.02", "flips=5%"}) {
    const auto d = nlohmann::json::parse(plan({"--budget", budget, "--no-run", "--json"}).out);
    ASSERT_TRUE(d["reached"].get<bool>()) << budget;
    const double base = d["base"]["predicted"]["kld"], kld = d["plan"]["predicted"]["kld"];
    if (std::string(budget) == "kld=50%") {
      EXPECT_LE(kld, 0.5 * base * (1 + 1e-9));
    }
    if (std::string(budget) == "kld=5%") {
      EXPECT_LE(kld, 0.05 * base * (1 + 1e-9));
    }
    if (std::string(budget) == "logits=0.02") {
      EXPECT_LE(d["plan"]["predicted"]["logits"], 0.02 * (1 + 1e-9));
    }
    if (std::string(budget) == "flips=5%") {
      EXPECT_LE(d["plan"]["predicted"]["flips"], 0.05 * 12);
    }
    for (const auto& rule : d["rules"]) {
      EXPECT_LE(rule["cost"]["weighted"].get<double>(),
                d["plan"]["cost"]["weighted"].get<double>() * (1 + 1e-9));
      if (std::string(budget).starts_with("kld")) {
        EXPECT_GE(rule["predicted"]["kld"].get<double>(), kld) << budget;
      }
    }
    for (std::size_t k = 1; k < d["curve"].size(); ++k) {
      EXPECT_GT(d["curve"][k]["cost"]["weighted"], d["curve"][k - 1]["cost"]["weighted"]);
      EXPECT_LT(d["curve"][k]["predicted"]["kld"], d["curve"][k - 1]["predicted"]["kld"]);
    }
  }
}

TEST(PlanVerb, AsManyAsAskedForAreTheLargestGains) {
  const auto d = nlohmann::json::parse(plan({"--top", "3", "--no-run", "--json"}).out);
  EXPECT_EQ(d["sites"].size(), 3u);
  EXPECT_EQ(d["plan"]["promotions"], 3);
  for (std::size_t k = 0; k < 3; ++k) EXPECT_EQ(d["sites"][k]["site"], d["best"][k]["site"]);
}

TEST(PlanVerb, SaysWhenNoPlanReachesTheBudget) {
  const Ran result = plan({"--budget", "kld=1e-30", "--no-run"});
  EXPECT_EQ(result.exit_code, 1) << result.log;
  EXPECT_NE(result.out.find("No plan reaches kld=1e-30"), std::string::npos) << result.out;
}

TEST(PlanVerb, WritesARecipeThatProfileReadsAndThatDoesTheSame) {
  const auto folder =
      std::filesystem::temp_directory_path() / ("plan_verb_test_" + std::to_string(::getpid()));
  std::filesystem::create_directory(folder);
  const std::string recipe = (folder / "p.recipe").string();
  const Ran planned = plan({"--budget", "kld=20%", "--json", "-o", recipe});
  ASSERT_EQ(planned.exit_code, 0) << planned.log;
  const auto d = nlohmann::json::parse(planned.out);
  const Ran profiled = run({"profile", "-m", model, "--tokens", "12", "--recipe", "@" + recipe,
                            "--no-effects", "--ref", "fp64", "--json"});
  ASSERT_EQ(profiled.exit_code, 0) << profiled.log;
  const auto p = nlohmann::json::parse(profiled.out);
  EXPECT_EQ(p["output"]["kld"]["mean"], d["plan"]["observed"]["kld"]);  // to the bit
  EXPECT_EQ(p["output"]["top1_flips"], d["plan"]["observed"]["flips"]);
  for (const char* name : {"p.json", "p.csv"})
    EXPECT_EQ(plan({"--no-run", "-o", (folder / name).string()}).exit_code, 0);
  std::ifstream json(folder / "p.json");
  EXPECT_EQ(nlohmann::json::parse(json)["schema"], "halfulp.plan/1");
  std::filesystem::remove_all(folder);
}

TEST(PlanVerb, MistakesAreOneLineWithTheRightCode) {
  const auto expect = [](const Ran& result, int code, const std::string& part) {
    EXPECT_EQ(result.exit_code, code) << result.log;
    EXPECT_NE(result.log.find(part), std::string::npos) << result.log;
    EXPECT_TRUE(is_one_error_line(result.log)) << result.log;
    EXPECT_TRUE(result.out.empty());
  };
  expect(plan({"--budget", "kld=little"}), 2, "not a number");
  expect(plan({"--budget", "klt=1"}), 2, "did you mean kld");
  expect(plan({"--budget", "kld=1", "--top", "2"}), 2, "--top");
  expect(plan({"--promote", "fp16"}), 2, "fp16 does not hold");
  expect(plan({"--promote", "fp33"}), 2, "fp32");
  expect(plan({"--base", "fp32"}), 2, "nothing");
  expect(plan({"--base", "bf61"}), 2, "bf16");
  expect(plan({"--cost-bytes", "-1"}), 2, "--cost-bytes");
  expect(plan({"--top", "0"}), 2, "--top");
  expect(plan({"--probes", "0"}), 2, "--probes");
  expect(plan({"-o", "plan.txt"}), 2, ".recipe");
}

}  // namespace
}  // namespace halfulp
