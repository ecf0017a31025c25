// tolerance as a user meets it: what it prints, what it refuses, and with which code.
#include <gtest/gtest.h>

#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "halfulp/cli/program_testing.hpp"
#include "halfulp/report/tolerance_report.hpp"

namespace halfulp {
namespace {

Ran tolerance(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "tolerance");
  return run(arguments);
}

TEST(ToleranceVerb, PrintsValuesFormulasHypothesesAndLines) {
  const Ran ran = tolerance({"gemm", "--k", "4096", "--absmax", "5,0.1"});
  EXPECT_EQ(ran.exit_code, 0) << ran.log;
  for (const char* part :
       {"worst case", "probabilistic", "c u / (1 - c u)", "4095 x 5.96e-08", "Lemma 4.3", "Hypotheses",
        "assumed", "checked", "torch.testing.assert_close(", "numpy.testing.assert_allclose(", "EXPECT_NEAR(",
        "gemm_tolerance", "compared with a binary64 evaluation"})
    EXPECT_NE(ran.out.find(part), std::string::npos) << part << "\n" << ran.out;
}

TEST(ToleranceVerb, PrintsOneDocumentForAProgram) {
  const std::vector<std::vector<std::string>> requests = {{"dot", "--k", "8"},
                                                          {"gemm", "--k", "8"},
                                                          {"softmax", "--n", "8"},
                                                          {"rmsnorm", "--d", "8"},
                                                          {"layernorm", "--d", "8"},
                                                          {"sdpa", "--n", "8", "--d", "4"},
                                                          {"swiglu"},
                                                          {"rope"}};
  for (std::vector<std::string> request : requests) {
    request.push_back("--json");
    const Ran ran = tolerance(request);
    ASSERT_EQ(ran.exit_code, 0) << ran.log;
    const auto document = nlohmann::json::parse(ran.out);
    EXPECT_EQ(document["schema"], "halfulp.tolerance/1");
    EXPECT_EQ(document["operation"], request[0]);
    EXPECT_EQ(document["against"], "binary64");
    EXPECT_GT(document["worst"]["rtol"].get<double>(), 0) << request[0];
    EXPECT_LE(document["probabilistic"]["atol"], document["worst"]["atol"]) << request[0];
    EXPECT_LE(document["probabilistic"]["rtol"], document["worst"]["rtol"]) << request[0];
    EXPECT_EQ(document["worst"]["steps"].back()["name"], "rtol");
    EXPECT_FALSE(document["statements"].empty());
  }
}

TEST(ToleranceVerb, WithoutAStatementThereIsNothingToPaste) {
  const std::vector<std::string> request = {"gemm", "--k", "4096", "--acc", "fp16", "--absmax", "100"};
  const Ran ran = tolerance(request);
  EXPECT_EQ(ran.exit_code, 0);
  EXPECT_NE(ran.out.find("no statement"), std::string::npos);
  EXPECT_NE(ran.out.find("failed"), std::string::npos);
  EXPECT_EQ(ran.out.find("To paste"), std::string::npos);
}

TEST(ToleranceVerb, SaysWhereAToleranceIsVacuous) {
  const auto vacuous = [](const std::vector<std::string>& request) {
    const Ran ran = tolerance(request);
    EXPECT_EQ(ran.exit_code, 0) << ran.log;
    return ran.out.find("vacuous: ") != std::string::npos;
  };
  EXPECT_TRUE(vacuous({"sdpa", "--m", "8", "--n", "200", "--d", "64", "--inner", "bf16", "--absmax", "4"}));
  EXPECT_FALSE(vacuous({"sdpa", "--m", "8", "--n", "200", "--d", "64", "--absmax", "4"}));
}

// 1000 products of 1.5e-162 squared are 0 in binary64 and 2.25e-324 each in truth.
TEST(ToleranceVerb, CountsUnderflowInBinary64) {
  const Ran ran = tolerance({"dot", "--k", "1000", "--in", "fp64", "--acc", "fp64", "--out", "fp64",
                             "--absmax", "1.5e-162", "--against", "exact", "--json"});
  ASSERT_EQ(ran.exit_code, 0) << ran.log;
  EXPECT_GE(nlohmann::json::parse(ran.out)["worst"]["atol"].get<double>(), 2.25e-321);
}

TEST(ToleranceVerb, AnEpsilonBeyondTheAccumulatorIsNoStatement) {
  const Ran ran =
      tolerance({"rmsnorm", "--d", "4", "--in", "fp16", "--acc", "fp16", "--out", "fp16", "--eps", "1e5"});
  EXPECT_NE(ran.out.find("no overflow of mean square and eps"), std::string::npos) << ran.out;
  EXPECT_EQ(ran.out.find("To paste"), std::string::npos);
}

TEST(ToleranceVerb, PastedNumbersAreNeverBelowTheBound) {
  for (double x = 1e-45; x < 1e30; x *= 1.37) {
    const std::string text = rounded_up(x);
    double back = 0;
    std::from_chars(text.data(), text.data() + text.size(), back);
    EXPECT_GE(back, x) << text;
    EXPECT_LE(back, x * 1.0011) << text;
  }
  EXPECT_EQ(rounded_up(0.00390625), "3.907e-03");
  EXPECT_EQ(rounded_up(9.9999e-3), "1.000e-02");
  EXPECT_EQ(rounded_up(0), "0.000e+00");
  EXPECT_EQ(rounded_up(1.7976931348623155e308), "1.7976931348623155e+308") << "no infinity";
  for (double x = 5e-324; x < 1e-318; x = 2 * x - x / 3)
    EXPECT_GE(std::strtod(rounded_up(x).c_str(), nullptr), x);
  EXPECT_GE(std::strtod(rounded_up(1.017e-320).c_str(), nullptr), 1.017e-320);
}

TEST(ToleranceVerb, RefusesWithOneLine) {
  const std::vector<std::pair<std::vector<std::string>, const char*>> wrong = {
      {{}, "OP"},
      {{"conv"}, "unknown operation 'conv'"},
      {{"gem", "--k", "4"}, "did you mean gemm"},
      {{"gemm"}, "gemm needs --k"},
      {{"gemm", "--k", "0"}, "--k: 0"},
      {{"gemm", "--k", "-1"}, "--k: -1 is negative"},
      {{"gemm", "--k", "1e3"}, "--k"},
      {{"gemm", "--k", "4", "--d", "4"}, "--d: gemm does not use it"},
      {{"gemm", "--k", "4", "--eps", "1"}, "--eps: gemm does not use it"},
      {{"gemm", "--k", "4", "--absmax", "-2"}, "--absmax: -2"},
      {{"gemm", "--k", "4", "--absmax", "1,2,3"}, "2 inputs, 3 given"},
      {{"gemm", "--k", "4", "--absmax", "x"}, "--absmax"},
      {{"gemm", "--k", "4", "--prob", "1"}, "--prob: 1"},
      {{"gemm", "--k", "4", "--prob", "0"}, "--prob: 0"},
      {{"gemm", "--k", "4", "--in", "bf61"}, "bf61"},
      {{"gemm", "--k", "4", "--order", "flash:8"}, "--order flash:8"},
      {{"gemm", "--k", "4", "--against", "nothing"}, "--against nothing"},
      {{"gemm", "--k", "4", "--absmax", "1,,2"}, "missing beside a comma"},
      {{"gemm", "--k", "4", "--absmax", "1,2,"}, "missing beside a comma"},
      {{"rope", "--order", "any"}, "--order: rope does not use it"},
      {{"rope", "--d", "3"}, "the width is even"},
      {{"layernorm", "--d", "8", "--absmax", "2", "--deviation", "2.1"}, "--deviation: 2.1"},
      {{"gemm", "--k", "4", "-o", "x.csv"}, "the ending says the form"},
  };
  for (const auto& [arguments, part] : wrong) {
    const Ran ran = tolerance(arguments);
    EXPECT_EQ(ran.exit_code, 2) << part;
    EXPECT_TRUE(is_one_error_line(ran.log)) << ran.log;
    EXPECT_NE(ran.log.find(part), std::string::npos) << ran.log;
    EXPECT_EQ(ran.out, "");
  }
}

TEST(ToleranceVerb, WritesTheDocument) {
  const std::string path = ::testing::TempDir() + "tolerance_verb_test.json";
  const Ran ran = tolerance({"swiglu", "-o", path});
  EXPECT_EQ(ran.exit_code, 0) << ran.log;
  std::ifstream file(path);
  EXPECT_EQ(nlohmann::json::parse(file)["operation"], "swiglu");
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace halfulp
