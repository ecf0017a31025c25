#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "halfulp/cli/program_testing.hpp"

namespace halfulp {
namespace {

using Arguments = std::vector<std::string>;

Arguments small(int number, const Arguments& more = {}) {
  Arguments all{"figure", std::to_string(number), "--trials", "20", "--arithmetic", "bin11", "--d", "4"};
  if (number != 3) all.insert(all.end(), {"--D", "4", "--layers", "3"});
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

nlohmann::json document_of(const Arguments& arguments) {
  const Ran ran = run(arguments);
  EXPECT_EQ(ran.exit_code, 0) << ran.log;
  auto document = nlohmann::json::parse(ran.out);
  document.erase("seconds");
  document.erase("provenance");
  return document;
}

std::string read(const std::filesystem::path& path) {
  std::ostringstream content;
  content << std::ifstream(path, std::ios::binary).rdbuf();
  return content.str();
}

TEST(FigureVerb, EveryFigureRuns) {
  for (const int number : {1, 2, 3, 4}) {
    const Ran ran = run(small(number));
    EXPECT_EQ(ran.exit_code, 0) << ran.log;
    EXPECT_TRUE(ran.out.starts_with("figure " + std::to_string(number))) << ran.out;
    EXPECT_NE(ran.out.find("20 trials"), std::string::npos);
  }
}

TEST(FigureVerb, IsAFunctionOfTheSeedAndNotOfTheThreads) {
  const auto one = document_of(small(1, {"--json", "-t", "1"}));
  EXPECT_EQ(one, document_of(small(1, {"--json", "-t", "3"})));
  EXPECT_EQ(one["trials"], 20);
  EXPECT_NE(one["series"], document_of(small(1, {"--json", "--seed", "2"}))["series"]);
  EXPECT_NE(one["series"], document_of(small(1, {"--json", "--from", "20"}))["series"]);
}

TEST(FigureVerb, OptionsReachTheExperiment) {
  const auto document = document_of(small(2, {"--json",    "--lambda",
                                              "0.5,2",     "--layers",
                                              "1,2",       "--norm",
                                              "rms",       "--diag",
                                              "1,2",       "--heads",
                                              "2",         "--granularity",
                                              "array",     "--blocks",
                                              "identical", "--input-deviation",
                                              "3",         "--include-weights",
                                              "--n",       "5",
                                              "--seed",    "7"}));
  const std::string plan = document["plan"];
  for (const char* part : {"seed 7", "d=4 n=5 D=4 layers=3 heads=2 norm=rms blocks=identical",
                           "granularity=array", "weights=rounded", "lambda=0x1p-1", "lambda=0x1p+1"})
    EXPECT_NE(plan.find(part), std::string::npos) << part << " in " << plan;
  EXPECT_EQ(document["options"]["input_deviation"], 3);
  EXPECT_EQ(document["series"].size(), 3u) << "depths 3, 1, 2";
}

TEST(FigureVerb, WritesEveryFormAskedFor) {
  const auto folder = std::filesystem::path(::testing::TempDir()) / "figure_verb_test";
  std::filesystem::create_directories(folder);
  Arguments arguments = small(1);
  for (const char* ending : {"json", "csv", "svg", "png", "pdf"})
    arguments.insert(arguments.end(), {"-o", (folder / "out.").string() + ending});
  const Ran ran = run(arguments);
  if (ran.exit_code == 4 && ran.log.find("gnuplot-nox") != std::string::npos)
    GTEST_SKIP() << "no gnuplot here";
  ASSERT_EQ(ran.exit_code, 0) << ran.log;
  EXPECT_TRUE(nlohmann::json::accept(read(folder / "out.json")));
  const std::string csv = read(folder / "out.csv");
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 1 + 2 * 2 * 3);
  EXPECT_NE(read(folder / "out.svg").find("median relative error"), std::string::npos);
  EXPECT_TRUE(read(folder / "out.png").starts_with("\x89PNG"));
  EXPECT_TRUE(read(folder / "out.pdf").starts_with("%PDF"));
  std::filesystem::remove_all(folder);
}

TEST(FigureVerb, WhatCannotBeMeantIsRefusedAndNothingWritten) {
  const auto folder = std::filesystem::path(::testing::TempDir()) / "figure_verb_refused";
  std::filesystem::create_directories(folder);
  const auto refused = [&](const Arguments& more, const std::string& part, int code = 2) {
    Arguments arguments{"figure"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    arguments.insert(arguments.end(), {"-o", (folder / "out.json").string()});
    const Ran ran = run(arguments);
    EXPECT_EQ(ran.exit_code, code) << ran.log;
    EXPECT_TRUE(is_one_error_line(ran.log)) << ran.log;
    EXPECT_NE(ran.log.find(part), std::string::npos) << ran.log;
    EXPECT_EQ(ran.out, "");
    EXPECT_TRUE(std::filesystem::is_empty(folder)) << part;
  };
  refused({}, "N is required");
  refused({"0"}, "figures 1, 2, 3 and 4");
  refused({"5"}, "figures 1, 2, 3 and 4");
  refused({"x"}, "N");
  refused({"1", "--trials", "0"}, "--trials 0");
  refused({"1", "--trials", "-3"}, "--trials");
  refused({"1", "--trials", "20000000000000"}, "2^40");
  refused({"1", "--from", "20000000000000"}, "2^40");
  for (const char* size : {"--d", "--n", "--D", "--heads", "--layers"}) {
    refused({"1", size, "0"}, std::string(size) + " 0");
    refused({"1", size, "-2"}, size);
    refused({"1", size, "x"}, size);
  }
  refused({"2", "--layers", "0"}, "--layers 0");
  refused({"1", "--layers", "2,3"}, "Figure 2 takes several");
  refused({"1", "--heads", "3"}, "does not divide");
  refused({"1", "--arithmetic", "bf17"}, "did you mean");
  refused({"1", "--arithmetic", "bf16,bf16"}, "twice");
  refused({"1", "--arithmetic", ""}, "");
  refused({"1", "--lambda", "0"}, "--lambda 0");
  refused({"2", "--lambda", "1,-1"}, "--lambda -1");
  refused({"2", "--lambda", "nan"}, "--lambda");
  refused({"1", "--diag", "4,1"}, "the smaller factor first");
  refused({"1", "--diag", "4"}, "two factors");
  refused({"1", "--diag", "0,1"}, "--diag 0");
  refused({"1", "--input-deviation", "0"}, "--input-deviation 0");
  refused({"1", "--norm", "batch"}, "--norm batch");
  refused({"1", "--granularity", "bit"}, "--granularity bit");
  refused({"1", "--blocks", "same"}, "--blocks same");
  refused({"1", "--scales", "1,2"}, "figure 3");
  refused({"3", "--lambda", "2"}, "no --norm");
  refused({"3", "--scales", "0"}, "scale");
  refused({"1", "--seed", "-1"}, "--seed");
  refused({"1", "--d", "4096", "--n", "4096", "--layers", "4096"}, "need", 4);
  refused({"1", "--trials", "2", "-o", "x.txt"}, "-o x.txt");
  refused({"1", "--trials", "2", "-o", "x"}, "-o x");
  refused({"1", "--trials", "2", "-o", "/no/such/folder/x.svg"}, "/no/such/folder", 4);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace halfulp
