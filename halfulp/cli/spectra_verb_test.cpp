// spectra as a user meets it: what it prints, what it refuses, and with which code.
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

auto spectra(std::vector<std::string> more) {
  std::vector<std::string> arguments = {"spectra", "-m", model};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run(arguments, "");
}

struct Folder {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("spectra_verb_test_" + std::to_string(::getpid()));
  Folder() { std::filesystem::create_directory(path); }
  ~Folder() { std::filesystem::remove_all(path); }
};

TEST(SpectraVerb, PrintsTheAnswerForAPerson) {
  const auto result = spectra({});
  EXPECT_EQ(result.exit_code, 0) << result.log;
  for (const char* part : {"W_k^T W_q by layer", "has no number for 16 of 16 heads", "rank at most 32",
                           "largest sigma_max", "orthogonal to"})
    EXPECT_NE(result.out.find(part), std::string::npos) << part << "\n" << result.out;
}

TEST(SpectraVerb, PrintsOneDocumentForAProgram) {
  const auto document = nlohmann::json::parse(spectra({"--json", "--layers", "1-2"}).out);
  EXPECT_EQ(document["schema"], "halfulp.spectra/1");
  ASSERT_EQ(document["heads"].size(), 8u);
  EXPECT_TRUE(document["compare"].is_null());
  for (const auto& h : document["heads"]) {
    EXPECT_GE(h["layer"], 1);
    EXPECT_LE(h["layer"], 2);
    EXPECT_TRUE(h["factor_as_printed"].is_null());
    EXPECT_TRUE(h["factor_as_printed_note"].is_string());
    EXPECT_EQ(h["singular_values"].size(), 32u);
    EXPECT_LE(h["abs_sigma_max"]["lower"], h["abs_sigma_max"]["upper"]);
    EXPECT_FALSE(h["biased"].is_null());
    EXPECT_FALSE(h["ov"].is_null());
    EXPECT_GE(h["gauge_slack"], 1);
  }
}

TEST(SpectraVerb, ComparesTwoModels) {
  const auto document = nlohmann::json::parse(spectra({"--json", "--compare", model}).out);
  ASSERT_EQ(document["compare"]["heads"].size(), 16u);
  for (const auto& c : document["compare"]["heads"]) {
    EXPECT_EQ(c["kq_change"], 0);
    EXPECT_EQ(c["proved"], false);
    EXPECT_EQ(c["sigma_max"]["before"], c["sigma_max"]["after"]);
  }
  EXPECT_NE(spectra({"--compare", model}).out.find("0 of 16 heads changed"), std::string::npos);
}

TEST(SpectraVerb, WritesEveryFormWhole) {
  const Folder folder;
  EXPECT_EQ(spectra({"-o", (folder.path / "s.json").string()}).exit_code, 0);
  EXPECT_EQ(spectra({"-o", (folder.path / "s.csv").string()}).exit_code, 0);
  std::ifstream json(folder.path / "s.json"), csv(folder.path / "s.csv");
  EXPECT_EQ(nlohmann::json::parse(json)["schema"], "halfulp.spectra/1");
  std::string line;
  std::size_t lines = 0;
  std::ptrdiff_t commas = 0;
  for (; std::getline(csv, line); ++lines) {
    if (lines == 0) commas = std::count(line.begin(), line.end(), ',');
    EXPECT_EQ(std::count(line.begin(), line.end(), ','), commas) << line;
  }
  EXPECT_EQ(lines, 17u);
}

TEST(SpectraVerb, MistakesAreOneLineWithTheRightCode) {
  const auto expect = [](const auto& result, int code, const std::string& part) {
    EXPECT_EQ(result.exit_code, code) << result.log;
    EXPECT_NE(result.log.find(part), std::string::npos) << result.log;
    EXPECT_TRUE(is_one_error_line(result.log)) << result.log;
    EXPECT_TRUE(result.out.empty());
  };
  expect(spectra({"--layers", "3-1"}), 2, "--layers 3-1");
  expect(spectra({"--layers", "one"}), 2, "--layers one");
  expect(spectra({"--layers", "-1"}), 2, "--layers");
  expect(spectra({"--layers", "0-"}), 2, "--layers 0-");
  expect(spectra({"--layers", "7"}), 2, "layers 0 to 3");
  expect(spectra({"--layers", "2-4"}), 2, "last layer is 3, not 4");
  expect(spectra({"-o", model + "/config.json"}), 2, "a file of a checkpoint");
  expect(spectra({"--layers", "99999999999999999999999"}), 2, "--layers");
  expect(spectra({"-o", "spectra.txt"}), 2, ".json");
  expect(spectra({"-o", "/nonexistent/s.json"}), 4, "/nonexistent/s.json");
  expect(spectra({"--compare", "/nonexistent"}), 3, "/nonexistent");
  expect(run({"spectra", "-m", "/nonexistent"}, ""), 3, "/nonexistent");
  expect(run({"spectra"}, ""), 2, "--model");
}

}  // namespace
}  // namespace halfulp
