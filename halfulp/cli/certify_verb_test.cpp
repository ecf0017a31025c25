// certify as a user meets it: what it prints, what it refuses, and with which code.
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

auto certify(std::vector<std::string> more) {
  std::vector<std::string> arguments = {"certify", "-m", model, "--tokens", "5", "--candidates", "2"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run(arguments, "");
}

TEST(CertifyVerb, PrintsTheAnswerForAPerson) {
  const auto result = certify({"--recipe", "bf16"});
  EXPECT_EQ(result.exit_code, 0) << result.log;
  for (const char* part : {"How sure", "certain to first order", "at risk", "expected", "observed",
                           "extrapolation", "predicted flips"})
    EXPECT_NE(result.out.find(part), std::string::npos) << part << "\n" << result.out;
}

TEST(CertifyVerb, PrintsOneDocumentForAProgram) {
  const auto result = certify({"--json", "--recipe", "bf16,head=bf16:stochastic", "--runs", "3"});
  const auto document = nlohmann::json::parse(result.out);
  EXPECT_EQ(document["schema"], "halfulp.certify/1");
  EXPECT_EQ(document["tokens"].size(), 5u);
  EXPECT_EQ(document["runs"], 3);
  EXPECT_EQ(document["at_random"], true);
  std::ifstream chars(model + "/chars.json");
  const auto letters = nlohmann::json::parse(chars)["chars"].get<std::vector<std::string>>();
  std::size_t decisions = 0;
  for (const auto& v : document["summary"]["verdicts"]) decisions += v["decisions"].get<std::size_t>();
  EXPECT_EQ(decisions, 15u);
  for (const auto& t : document["tokens"]) {
    EXPECT_EQ(t["competitors"].size(), t["verdict"] == "at risk" ? 2u : 0u);
    const double radius =
        t["radius"]["rigorous"].is_null() ? HUGE_VAL : t["radius"]["rigorous"].get<double>();
    EXPECT_EQ(t["verdict"] == "certain", t["margin"].get<double>() > radius);
    EXPECT_EQ(t["text"].get<std::string>(), letters[t["token"].get<std::size_t>()]) << "of chars.json";
  }
}

TEST(CertifyVerb, WritesJsonAndCsvWhole) {
  const auto folder =
      std::filesystem::temp_directory_path() / ("certify_verb_test_" + std::to_string(::getpid()));
  std::filesystem::create_directory(folder);
  EXPECT_EQ(certify({"-o", (folder / "c.json").string()}).exit_code, 0);
  EXPECT_EQ(certify({"-o", (folder / "c.csv").string()}).exit_code, 0);
  std::ifstream json(folder / "c.json"), csv(folder / "c.csv");
  EXPECT_EQ(nlohmann::json::parse(json)["schema"], "halfulp.certify/1");
  std::string line;
  std::size_t lines = 0;
  for (; std::getline(csv, line); ++lines) EXPECT_EQ(std::count(line.begin(), line.end(), ','), 8) << line;
  EXPECT_EQ(lines, 6u);
  std::filesystem::remove_all(folder);
}

TEST(CertifyVerb, MistakesAreOneLineWithTheRightCode) {
  const auto expect = [](const auto& result, int code, const std::string& part) {
    EXPECT_EQ(result.exit_code, code) << result.log;
    EXPECT_NE(result.log.find(part), std::string::npos) << result.log;
    EXPECT_EQ(std::count(result.log.begin(), result.log.end(), '\n'), 1) << result.log;
    EXPECT_TRUE(result.out.empty());
  };
  expect(certify({"--delta", "0"}), 2, "--delta");
  expect(certify({"--delta", "1.5"}), 2, "--delta 1.5");
  expect(certify({"--delta", "nan"}), 2, "--delta");
  expect(certify({"--delta", "small"}), 2, "--delta");
  expect(run({"certify", "-m", model, "--candidates", "0"}, ""), 2, "--candidates");
  expect(run({"certify", "-m", model, "--candidates", "-1"}, ""), 2, "--candidates");
  expect(run({"certify", "-m", model, "--candidates", "9999999"}, ""), 2, "--candidates 9999999");
  expect(certify({"--runs", "0"}), 2, "--runs");
  expect(certify({"--recipe", "bf61"}), 2, "bf16");
  expect(certify({"--recipe", "bf16,9.qkv=fp32"}), 2, "0 to 3");
  expect(certify({"-o", "certificate.txt"}), 2, ".json");
  expect(certify({"-o", ""}), 2, "after -o, is empty");
  expect(certify({"-o", "/nonexistent/c.json"}), 4, "/nonexistent/c.json");
  expect(certify({"--ids", "/nonexistent.json"}), 3, "/nonexistent.json");
  expect(run({"certify", "-m", "/nonexistent"}, ""), 3, "/nonexistent");
  expect(run({"certify", "-m", model, "--tokens", "0"}, ""), 2, "--tokens 0");
  expect(run({"certify"}, ""), 2, "--model");
}

}  // namespace
}  // namespace halfulp
