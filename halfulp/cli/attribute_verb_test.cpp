// attribute as a user meets it: what it prints, what it refuses, and with which code.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "halfulp/cli/program_testing.hpp"

namespace halfulp {
namespace {

const std::string model = std::string(HALFULP_SOURCE_DIR) + "/examples/gpt2-tinyshakespeare";

auto attribute(std::vector<std::string> more) {
  std::vector<std::string> arguments = {"attribute", "-m", model, "--tokens", "8", "--probes", "2"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run(arguments, "");
}

TEST(AttributeVerb, PrintsThePredictionAndWithTheRunWhatHappened) {
  const auto alone = attribute({"--recipe", "bf16"});
  EXPECT_EQ(alone.exit_code, 0) << alone.log;
  for (const char* part : {"predicted", "bounds", "greedy token", "score.product", "The ladder", "Try next"})
    EXPECT_NE(alone.out.find(part), std::string::npos) << part;
  EXPECT_EQ(alone.out.find("observed"), std::string::npos);
  const auto both = attribute({"--recipe", "bf16", "--run", "--no-bounds"});
  for (const char* part : {"observed", "signed sum", "misfit", "|z|"})
    EXPECT_NE(both.out.find(part), std::string::npos) << part;
  EXPECT_EQ(both.out.find("bounds"), std::string::npos);
  EXPECT_EQ(both.out.find("condition"), std::string::npos);
  const auto condition = attribute({"--no-bounds", "--condition"});
  EXPECT_NE(condition.out.find("mixed at least"), std::string::npos) << condition.log;
}

TEST(AttributeVerb, TheDocumentIsTheSameForAnyNumberOfThreads) {
  const auto of = [](const char* threads) {
    auto document = nlohmann::json::parse(attribute({"--run", "--json", "-t", threads}).out);
    document.erase("provenance");
    document.erase("seconds");
    return document.dump();
  };
  EXPECT_EQ(of("1"), of("2"));
}

TEST(AttributeVerb, WritesJsonAndCsvWhole) {
  const auto folder =
      std::filesystem::temp_directory_path() / ("attribute_verb_test_" + std::to_string(::getpid()));
  std::filesystem::create_directory(folder);
  EXPECT_EQ(attribute({"-o", (folder / "a.json").string()}).exit_code, 0);
  EXPECT_EQ(attribute({"--run", "-o", (folder / "a.csv").string()}).exit_code, 0);
  std::ifstream json(folder / "a.json"), csv(folder / "a.csv");
  const auto document = nlohmann::json::parse(json);
  EXPECT_EQ(document["schema"], "halfulp.attribute/1");
  double shares = 0;
  for (const auto& site : document["sites"]) shares += site["share"].get<double>();
  EXPECT_NEAR(shares, 1, 1e-12);
  std::string line;
  std::size_t lines = 0;
  while (std::getline(csv, line)) {
    ++lines;
    EXPECT_EQ(std::count(line.begin(), line.end(), ','), 8) << line;
  }
  EXPECT_EQ(lines, 1 + document["sites"].size());
  std::filesystem::remove_all(folder);
}

TEST(AttributeVerb, MistakesAreOneLineWithTheRightCode) {
  const auto expect = [](const auto& result, int code, const std::string& part) {
    EXPECT_EQ(result.exit_code, code) << result.log;
    EXPECT_NE(result.log.find(part), std::string::npos) << result.log;
    EXPECT_EQ(std::count(result.log.begin(), result.log.end(), '\n'), 1) << result.log;
    EXPECT_TRUE(result.out.empty());
  };
  expect(attribute({"--target", "lods"}), 2, "loss");
  expect(attribute({"--target", "token=8"}), 2, "0 to 7");
  expect(attribute({"--target", "token=x"}), 2, "token=17");
  expect(attribute({"--target", "token=-1"}), 2, "token=17");
  expect(attribute({"--delta", "0"}), 2, "--delta");
  expect(attribute({"--delta", "nan"}), 2, "--delta");
  expect(attribute({"--recipe", "bf61"}), 2, "bf16");
  expect(attribute({"--recipe", "bf16,9.qkv=fp32"}), 2, "0 to 3");
  expect(attribute({"-o", "a.txt"}), 2, ".json");
  expect(attribute({"-o", "/nonexistent/a.json"}), 4, "/nonexistent/a.json");
  expect(attribute({"--ids", "/nonexistent.json"}), 3, "/nonexistent.json");
  expect(run({"attribute", "-m", model, "--probes", "0"}, ""), 2, "--probes");
  expect(run({"attribute", "-m", model, "--probes", "x"}, ""), 2, "--probes");
  expect(run({"attribute", "-m", model, "--tokens", "1", "--target", "loss"}, ""), 2, "at least two");
  expect(run({"attribute", "-m", "/nonexistent"}, ""), 3, "/nonexistent");
}

}  // namespace
}  // namespace halfulp
