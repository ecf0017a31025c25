#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "halfulp/cli/program_testing.hpp"

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
