#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "halfulp/cli/program_testing.hpp"

namespace halfulp {
namespace {

using Words = std::vector<std::string>;

/// Each in a fraction of a second.
const std::vector<Words> small{{"experiment", "normalisation", "--trials", "20", "--d", "8"},
                               {"experiment", "summation", "--trials", "4", "--powers", "6"},
                               {"experiment", "attention-precision", "--trials", "40", "--d", "6", "--n", "4",
                                "--D", "6", "--layers", "3"},
                               {"experiment", "heads", "--trials", "40", "--d", "4", "--n", "4", "--D", "4",
                                "--layers", "1,2", "--bound-trials", "3"}};

Words with(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}
nlohmann::json document_of(const Words& words) {
  const Ran ran = run(with(words, {"--json"}));
  EXPECT_EQ(ran.exit_code, 0) << ran.log;
  return nlohmann::json::parse(ran.out);
}
std::string read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream content;
  content << in.rdbuf();
  return content.str();
}

/// Names are in quotes and have commas.
std::vector<std::size_t> fields_of_lines(const std::string& csv) {
  std::vector<std::size_t> fields{1};
  bool quoted = false;
  for (const char c : csv) {
    quoted ^= c == '"';
    if (c == ',' && !quoted) ++fields.back();
    if (c == '\n') fields.push_back(1);
  }
  fields.pop_back();
  return fields;
}

TEST(ExperimentVerb, SaysTheSameInTextForAnyNumberOfThreads) {
  for (const Words& words : small) {
    const Ran one = run(with(words, {"-t", "1"})), two = run(with(words, {"-t", "2"}));
    EXPECT_EQ(one.exit_code, 0) << one.log;
    EXPECT_EQ(one.out, two.out);
    EXPECT_NE(one.out, run(with(words, {"--seed", "2"})).out);
  }
}

TEST(ExperimentVerb, TheoremsHold) {
  for (const Words& words : {small[0], small[1], small[3]}) {
    const auto document = document_of(words);
    EXPECT_TRUE(document["holds"].get<bool>());
    for (const auto& curve : document["curves"])
      for (const auto& bound : curve["bounds"])
        for (std::size_t i = 0; i < curve["x"].size(); ++i) {
          ASSERT_LE(bound["exceeded"][i].get<int>(), bound["stated"][i].get<int>());
          if (bound["rigorous"].get<bool>()) {
            EXPECT_EQ(bound["exceeded"][i].get<int>(), 0);
          }
        }
  }
  EXPECT_TRUE(document_of(small[2])["holds"].is_null());
}

TEST(ExperimentVerb, GainsAreQuotientsOfTheSeries) {
  const auto document = document_of(small[2]);
  const auto series_of = [&](const std::string& promoted, const std::string& x_label) {
    for (const auto& series : document["series"])
      if (series["promoted"] == promoted && series["x_label"] == x_label) return series;
    return nlohmann::json();
  };
  ASSERT_EQ(document["gains"].size(), 28u);
  for (const auto& one : document["gains"]) {
    const auto low = series_of("nothing", one["x_label"]), high = series_of(one["promoted"], one["x_label"]);
    for (std::size_t i = 0; i < one["x"].size(); ++i) {
      const double wanted =
          low["normwise"]["median"][i].get<double>() / high["normwise"]["median"][i].get<double>();
      EXPECT_NEAR(one["normwise"]["median"]["factor"][i].get<double>() / wanted, 1, 1e-12);
    }
  }
}

TEST(ExperimentVerb, WritesTheFormThatTheEndingAsksFor) {
  const std::string folder = ::testing::TempDir() + "experiment_verb_test";
  std::filesystem::create_directories(folder);
  for (const Words& words : small) {
    for (const char* ending : {".json", ".csv", ".svg"}) {
      const std::string path = folder + "/out" + ending;
      const Ran ran = run(with(words, {"-o", path}));
      if (ran.exit_code == 4 && ran.log.find("gnuplot-nox") != std::string::npos) continue;
      ASSERT_EQ(ran.exit_code, 0) << ran.log;
      const std::string content = read(path);
      if (std::string(ending) == ".json") {
        EXPECT_TRUE(nlohmann::json::accept(content));
      } else if (std::string(ending) == ".csv") {
        const std::vector<std::size_t> fields = fields_of_lines(content);
        EXPECT_GT(fields.size(), 11u);
        EXPECT_EQ(std::set<std::size_t>(fields.begin(), fields.end()).size(), 1u) << words[1];
      } else {
        EXPECT_EQ(content.find("nothing finite"), std::string::npos) << words[1];
      }
    }
  }
  std::filesystem::remove_all(folder);
}

TEST(ExperimentVerb, HeadsHaveTheirBoundsInTheTableToo) {
  const std::string path = ::testing::TempDir() + "experiment_verb_test_heads.csv";
  const Ran ran = run(with(small[3], {"-o", path, "--json"}));
  ASSERT_EQ(ran.exit_code, 0) << ran.log;
  const auto document = nlohmann::json::parse(ran.out);
  std::istringstream table(read(path));
  std::filesystem::remove(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(table, line);) lines.push_back(line);
  const auto plain = [](const nlohmann::json& x) { return x.is_null() ? "nan" : x.dump(); };
  std::size_t with_bounds = 0;
  for (const auto& curve : document["curves"])
    for (const auto& bound : curve["bounds"])
      for (std::size_t i = 0; i < curve["x"].size(); ++i, ++with_bounds) {
        const std::string end =
            fmt::format("{},{},{},{},{},{},{}", plain(curve["observed"]["largest"][i]), bound["name"].dump(),
                        plain(bound["rigorous"]), plain(bound["median"][i]), plain(bound["stated"][i]),
                        plain(bound["exceeded"][i]), plain(bound["worst_ratio"][i]));
        EXPECT_TRUE(std::any_of(lines.begin(), lines.end(), [&](const std::string& line) {
          return line.starts_with(curve["arithmetic"].dump()) && line.ends_with(end);
        })) << end;
      }
  EXPECT_GT(with_bounds, 10u);
  EXPECT_EQ(lines.size(),
            1 + with_bounds + 2 * document["series"].size() * document["series"][0]["x"].size());
}

TEST(ExperimentVerb, WhatCannotBeMeantIsRefused) {
  const auto refused = [](const Words& more, const std::string& part, int code = 2) {
    const Ran ran = run(with({"experiment"}, more));
    EXPECT_EQ(ran.exit_code, code) << ran.log;
    EXPECT_TRUE(is_one_error_line(ran.log)) << ran.log;
    EXPECT_NE(ran.log.find(part), std::string::npos) << ran.log;
  };
  refused({}, "NAME");
  refused({"sums"}, "unknown experiment 'sums'");
  refused({"summation", "--trials", "0"}, "--trials");
  refused({"summation", "--powers", "0"}, "--n 2^0");
  refused({"summation", "--powers", "30"}, "--n 2^30");
  refused({"summation", "--arithmetic", "bin99"}, "bin99");
  refused({"summation", "--arithmetic", "bf16:stochastic"}, "rounding to nearest");
  refused({"summation", "--lambda", "2"}, "experiment summation has no --lambda");
  refused({"normalisation", "--d", "1"}, "--d 1");
  refused({"normalisation", "--eps", "-1"}, "--eps -1");
  refused({"normalisation", "--high", "bin24"}, "has no --high");
  refused({"attention-precision", "--high", "bin8"}, "not more precise");
  refused({"attention-precision", "--arithmetic", "bin8,bin11"}, "one");
  refused({"attention-precision", "--lambda", "0"}, "--lambda 0");
  refused({"attention-precision", "--lambda", "nan"}, "--lambda");
  refused({"attention-precision", "--diag", "2"}, "two factors");
  refused({"attention-precision", "--norm", "batch"}, "--norm");
  refused({"attention-precision", "--over", "heads"}, "--over heads");
  refused({"heads", "--layers", "0"}, "--layers");
  refused({"heads", "--d", "4096", "--n", "4096", "--trials", "1"}, "", 4);
  refused({"summation", "-o", "x.txt"}, "-o x.txt");
  refused({"summation", "-o", "/no/such/folder/x.svg"}, "/no/such/folder", 4);
}

}  // namespace
}  // namespace halfulp
