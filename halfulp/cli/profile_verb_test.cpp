// profile as a user meets it: what they print, what they refuse, and with which code.
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

auto profile(std::vector<std::string> more) {
  std::vector<std::string> arguments = {"profile", "-m", model, "--tokens", "6", "--no-effects"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run(arguments, "");
}

TEST(ProfileVerb, PrintsTheAnswerForAPerson) {
  const auto result = profile({"--recipe", "bf16"});
  EXPECT_EQ(result.exit_code, 0) << result.log;
  for (const char* part :
       {"KL divergence", "greedy token", "cross-entropy", "made here", "amplified", "softmax"})
    EXPECT_NE(result.out.find(part), std::string::npos) << part;
}

TEST(ProfileVerb, PrintsOneDocumentForAProgram) {
  const auto result = profile({"--json"});
  const auto document = nlohmann::json::parse(result.out);
  EXPECT_EQ(document["schema"], "halfulp.profile/1");
  EXPECT_EQ(document["sites"].size(), 3 + 4 * 12u);
  EXPECT_EQ(document["tokens"]["count"], 6);
  EXPECT_FALSE(document["provenance"]["commit"].get<std::string>().empty());
}

TEST(ProfileVerb, WritesJsonAndCsvWhole) {
  const auto folder =
      std::filesystem::temp_directory_path() / ("profile_verb_test_" + std::to_string(::getpid()));
  std::filesystem::create_directory(folder);
  EXPECT_EQ(profile({"-o", (folder / "p.json").string()}).exit_code, 0);
  EXPECT_EQ(profile({"-o", (folder / "p.csv").string()}).exit_code, 0);
  std::ifstream json(folder / "p.json"), csv(folder / "p.csv");
  EXPECT_EQ(nlohmann::json::parse(json)["schema"], "halfulp.profile/1");
  std::string line;
  std::size_t lines = 0, commas = 0;
  while (std::getline(csv, line)) {
    const auto here = static_cast<std::size_t>(std::count(line.begin(), line.end(), ','));
    if (lines++ == 0) commas = here;
    EXPECT_EQ(here, commas);
  }
  EXPECT_EQ(lines, 1 + 3 + 4 * 12u);
  std::filesystem::remove_all(folder);
}

TEST(ProfileVerb, MistakesAreOneLineWithTheRightCode) {
  const auto expect = [](const auto& result, int code, const std::string& part) {
    EXPECT_EQ(result.exit_code, code) << result.log;
    EXPECT_NE(result.log.find(part), std::string::npos) << result.log;
    EXPECT_EQ(std::count(result.log.begin(), result.log.end(), '\n'), 1) << result.log;
    EXPECT_TRUE(result.out.empty());
  };
  expect(profile({"--recipe", "bf61"}), 2, "bf16");
  expect(profile({"--recipe", "bf16,scor=fp32"}), 2, "score");
  expect(profile({"--recipe", "bf16,9.qkv=fp32"}), 2, "0 to 3");
  expect(profile({"--ref", "exact"}), 2, "certified");
  expect(profile({"--layers", "2-9"}), 2, "0 to 3");
  expect(profile({"-o", "profile.txt"}), 2, ".json");
  expect(profile({"-o", "/nonexistent/p.json"}), 4, "/nonexistent/p.json");
  expect(profile({"--ids", "/nonexistent.json"}), 3, "/nonexistent.json");
  expect(run({"profile", "-m", "/nonexistent"}, ""), 3, "/nonexistent");
  expect(run({"profile", "-m", model, "--tokens", "0"}, ""), 2, "--tokens 0");
  expect(run({"profile", "-m", model, "--tokens", "100000"}, ""), 2, "128 ids");
  expect(run({"profile"}, ""), 2, "--model");
}

TEST(ProfileVerb, RandomTokensAreSaidToBeRandom) {
  const auto folder =
      std::filesystem::temp_directory_path() / ("profile_verb_model_" + std::to_string(::getpid()));
  std::filesystem::create_directory(folder);
  for (const char* name : {"config.json", "model.safetensors"})
    std::filesystem::create_symlink(std::filesystem::path(model) / name, folder / name);
  const auto result = run({"profile", "-m", folder.string(), "--tokens", "4", "--no-effects"}, "");
  EXPECT_EQ(result.exit_code, 0) << result.log;
  EXPECT_NE(result.out.find("tokens are random"), std::string::npos);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace halfulp
