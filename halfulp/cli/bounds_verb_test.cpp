#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "halfulp/base/error.hpp"
#include "halfulp/cli/program_testing.hpp"
#include "halfulp/models/tiny_checkpoint_testing.hpp"
#include "halfulp/report/plot.hpp"

namespace halfulp {
namespace {

constexpr const char* small = "d=6,n=4,D=8,L=3";

nlohmann::json document_of(const std::vector<std::string>& arguments) {
  const Ran ran = run(arguments);
  EXPECT_EQ(ran.exit_code, 0) << ran.log;
  return nlohmann::json::parse(ran.out);
}
double number(const nlohmann::json& x) { return x.is_null() ? HUGE_VAL : x.get<double>(); }

std::string read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream content;
  content << in.rdbuf();
  return content.str();
}

TEST(BoundsVerb, RigorousBoundsAreAboveWhatHappens) {
  for (const char* norm : {",norm=rms", ",norm=layer"}) {
    for (const char* format : {"bin11", "bin24", "fp32", "dec8"}) {
      const auto document =
          document_of({"bounds", "--random", std::string(small) + norm, "--format", format, "--json"});
      ASSERT_EQ(document["layers"].size(), 3u);
      for (const auto& layer : document["layers"]) {
        EXPECT_TRUE(layer["trusted"].get<bool>());
        EXPECT_GT(number(layer["observed"]["max"]), 0);
        EXPECT_LE(number(layer["observed"]["median"]), number(layer["observed"]["max"]));
        EXPECT_LE(number(layer["observed"]["max"]), number(layer["running"]));
        EXPECT_LE(number(layer["observed"]["max"]), number(layer["a_priori"]));
        EXPECT_LE(number(layer["repaired"]), number(layer["as_printed"]));
        const std::string dominating = layer["dominating"];
        for (const auto& [name, value] : layer["factors"].items())
          if (name != "condition") {
            EXPECT_LE(number(value), number(layer["factors"][dominating])) << name;
          }
      }
    }
  }
}

TEST(BoundsVerb, IsAFunctionOfTheSeedAndNotOfTheThreads) {
  const std::vector<std::string> one{"bounds", "--random", small, "--format", "bin24"};
  auto two = one, other = one;
  two.insert(two.end(), {"-t", "2"});
  other[2] = std::string(small) + ",seed=2";
  EXPECT_EQ(run(one).out, run(two).out);
  EXPECT_NE(run(one).out, run(other).out);
}

TEST(BoundsVerb, OverflowIsSaid) {
  const Ran ran = run({"bounds", "--random", "d=6,n=4,D=8,L=2,scale=300", "--format", "fp16"});
  EXPECT_EQ(ran.exit_code, 0) << ran.log;
  EXPECT_NE(ran.out.find("CAUTION"), std::string::npos) << ran.out;
}

TEST(BoundsVerb, WritesTheFormThatTheEndingAsksFor) {
  const std::string folder = ::testing::TempDir() + "bounds_verb_test";
  std::filesystem::create_directories(folder);
  for (const char* ending : {".json", ".csv", ".svg", ".png"}) {
    const std::string path = folder + "/out" + ending;
    const Ran ran = run({"bounds", "--random", small, "--format", "bin24", "-o", path});
    if (ran.exit_code == 4 && ran.log.find("gnuplot-nox") != std::string::npos) continue;
    ASSERT_EQ(ran.exit_code, 0) << ran.log;
    const std::string content = read(path);
    if (std::string(ending) == ".json") {
      EXPECT_TRUE(nlohmann::json::accept(content));
    }
    if (std::string(ending) == ".csv") {
      EXPECT_EQ(std::count(content.begin(), content.end(), '\n'), 4);
    }
    if (std::string(ending) == ".svg") {
      EXPECT_NE(content.find("Theorem 4.30 as printed"), std::string::npos);
    }
    if (std::string(ending) == ".png") {
      EXPECT_TRUE(content.starts_with("\x89PNG"));
    }
  }
  std::filesystem::remove_all(folder);
}

TEST(BoundsVerb, DoubleRoundingOfDecimalDigitsIsCounted) {
  for (const char* format : {"dec8", "dec15", "dec17"})
    for (const char* model :
         {"d=1,n=1,D=1,L=1,seed=212", "d=2,n=2,D=2,L=1,seed=5", "d=3,n=2,D=4,L=1,seed=6"}) {
      const auto document = document_of({"bounds", "--random", model, "--format", format, "--json"});
      for (const auto& layer : document["layers"]) {
        EXPECT_LE(number(layer["observed"]["max"]), number(layer["running"])) << format << " " << model;
        EXPECT_LE(number(layer["observed"]["max"]), number(layer["a_priori"])) << format << " " << model;
      }
    }
}

TEST(BoundsVerb, TheTheoremSaysNothingBehindABranchThatIsZero) {
  const auto document = document_of({"bounds", "--random", "d=2,n=2,D=2,L=6", "--format", "bin24", "--json"});
  ASSERT_EQ(document["layers"][0]["failed_hypotheses"][0], "mlp_generic");
  for (const auto& layer : document["layers"]) EXPECT_TRUE(layer["repaired"].is_null());
}

TEST(BoundsVerb, UnderflowOfTheExponentialLeavesNoStatement) {
  const auto document =
      document_of({"bounds", "--random", "d=2,n=3,D=2,L=1,seed=8,scale=40", "--format", "bin24", "--json"});
  EXPECT_GT(document["events"]["underflow"].get<int>(), 0);
  EXPECT_TRUE(document["layers"][0]["running"].is_null());
}

TEST(BoundsVerb, NamesOfModelsAreNotCommands) {
  const std::string folder = ::testing::TempDir() + "bounds_verb_shell";
  std::filesystem::create_directories(folder);
  const std::string svg = folder + "/x.svg", trap = folder + "/trap";
  const std::string model = folder + "/a`touch " + trap + "`'b";
  std::filesystem::create_directories(model);
  run({"bounds", "-m", model, "--format", "bin24", "-o", svg});
  const Plot plot{
      "a`touch " + trap + "`'b", "x", "y", false, false, {{"c`touch " + trap + "`", {1, 2}, {1, 2}}}};
  try {
    EXPECT_NE(drawn(plot, PictureForm::svg).find("touch"), std::string::npos);
  } catch (const resource_error&) {  // no gnuplot here
  }
  EXPECT_FALSE(std::filesystem::exists(trap));
  std::filesystem::remove_all(folder);
}

TEST(BoundsVerb, TrainedModelsAndTheirTokensHaveFingerprints) {
  const std::filesystem::path folder = ::testing::TempDir() + "bounds_verb_trained";
  std::filesystem::create_directories(folder);
  testing::tiny_paper().write(folder);
  const auto of_tokens = [&](const std::string& ids, const std::vector<std::string>& more = {}) {
    std::ofstream(folder / "tokens.json") << ids;
    std::vector<std::string> arguments{"bounds", "-m", folder.string(), "--format", "bin24", "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return document_of(arguments);
  };
  const auto one = of_tokens("[1, 2, 3]"), other = of_tokens("[1, 2, 4]");
  EXPECT_EQ(one["n"], 3);
  EXPECT_TRUE(one["model_hash"].get<std::string>().starts_with("xxh3-128:"));
  EXPECT_EQ(one["model_hash"], other["model_hash"]);
  EXPECT_NE(one["tokens"]["hash"], other["tokens"]["hash"]);
  EXPECT_EQ(of_tokens("[1, 2, 4]", {"--tokens", "2"})["tokens"]["hash"],
            of_tokens("[1, 2]")["tokens"]["hash"]);
  const Ran few = run({"bounds", "-m", folder.string(), "--format", "bin24", "--tokens", "9"});
  EXPECT_EQ(few.exit_code, 2);
  EXPECT_NE(few.log.find("--tokens 9"), std::string::npos) << few.log;
  std::filesystem::remove(folder / "tokens.json");
  EXPECT_EQ(run({"bounds", "-m", folder.string(), "--format", "bin24"}).exit_code, 2);
  std::filesystem::remove_all(folder);
  const auto random = document_of({"bounds", "--random", small, "--format", "bin24", "--json"});
  EXPECT_TRUE(random["model_hash"].is_null() && random["tokens"].is_null());
}

TEST(BoundsVerb, WhatCannotBeMeantIsRefused) {
  const auto refused = [](const std::vector<std::string>& more, const std::string& part, int code = 2) {
    std::vector<std::string> arguments{"bounds"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Ran ran = run(arguments);
    EXPECT_EQ(ran.exit_code, code) << ran.log;
    EXPECT_TRUE(is_one_error_line(ran.log)) << ran.log;
    EXPECT_NE(ran.log.find(part), std::string::npos) << ran.log;
  };
  refused({"--format", "bin24"}, "either -m DIR or --random");
  refused({"--random", small, "-m", "x", "--format", "bin24"}, "either -m DIR or --random");
  refused({"--random", "d=6,m=4", "--format", "bin24"}, "unknown 'm'");
  refused({"--random", "d=0", "--format", "bin24"}, "--random d=0");
  refused({"--random", "d=4,d=5", "--format", "bin24"}, "'d' stands twice");
  refused({"--random", "d=1.5", "--format", "bin24"}, "whole number");
  refused({"--random", small, "--tokens", "-3", "--format", "bin24"}, "--tokens");
  refused({"--random", small, "--tokens", "3", "--format", "bin24"}, "are for -m");
  refused({"--random", "d=300,n=1,D=1,L=1", "--format", "bin24"}, "up to 256", 4);
  refused({"--random", "d=256,n=4096,D=65536,L=1000", "--format", "bin24"}, "need about", 4);
  refused({"--random", "norm=batch", "--format", "bin24"}, "rms or layer");
  refused({"--random", small, "--format", "bf17"}, "bf17");
  refused({"--random", small, "--format", "bf16:stochastic"}, "rounding to nearest");
  refused({"--random", small, "--format", "bin24", "-o", "x.txt"}, "-o x.txt");
  refused({"--random", small, "--format", "bin24", "-o", "/no/such/folder/x.svg"}, "/no/such/folder", 4);
  refused({"-m", std::string(HALFULP_SOURCE_DIR) + "/examples/gpt2-tinyshakespeare", "--format", "bin24"},
          "not the paper's architecture", 3);
}

}  // namespace
}  // namespace halfulp
