#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "halfulp/cli/program_testing.hpp"

namespace halfulp {
namespace {

class EvalVerb : public ::testing::Test {
 protected:
  Ran eval(const std::string& quantity, const std::string& inputs,
           const std::vector<std::string>& more = {}) {
    std::ofstream(path_) << inputs;
    std::vector<std::string> arguments{"eval", quantity, "--input", path_};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(arguments);
  }
  void expect_refused(const std::string& quantity, const std::string& inputs, const std::string& part,
                      int code = 3) {
    const Ran ran = eval(quantity, inputs);
    EXPECT_EQ(ran.exit_code, code) << ran.log;
    EXPECT_TRUE(is_one_error_line(ran.log)) << ran.log;
    EXPECT_NE(ran.log.find(part), std::string::npos) << ran.log;
    EXPECT_EQ(ran.out, "");
  }
  void TearDown() override { std::filesystem::remove(path_); }
  std::string path_ = ::testing::TempDir() + "eval_verb_test_" +
                      ::testing::UnitTest::GetInstance()->current_test_info()->name() + ".json";
};

TEST_F(EvalVerb, PrintsAllDigitsOfANumberAndItsRadius) {
  const Ran ran = eval("layer_norm.kappa_cc", R"({"x": [1, 2, 4]})");
  EXPECT_EQ(ran.exit_code, 0) << ran.log;
  EXPECT_NE(ran.out.find("7.714285714285714285714285"), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("Known to +- "), std::string::npos);
}

TEST_F(EvalVerb, TakesAnEntryOfTestVectorsAndGivesItsExpectedValue) {
  const Ran ran = eval("softmax.kappa_cc.bound",
                       R"({"id": "a", "inputs": {"s": ["0x1p0", "-0x1.8p0"]}, "expected": "3"})", {"--json"});
  ASSERT_EQ(ran.exit_code, 0) << ran.log;
  const auto document = nlohmann::json::parse(ran.out);
  EXPECT_EQ(document["schema"], "halfulp.eval/1");
  EXPECT_EQ(document["value"], "3");
  EXPECT_EQ(document["radius"], 0.0);
}

TEST_F(EvalVerb, EveryKindOfValueIsPrinted) {
  const std::string mlp = R"({"A1": [[1], [-1]], "b1": [0.5, 0], "A2": [[2, 3]], "b2": [1], "x": [2],
                              "u": 0.001, "alpha": 2})";
  EXPECT_NE(eval("mlp.omega", mlp).out.find("0"), std::string::npos);
  EXPECT_NE(eval("mlp.round.perturbed", mlp).out.find("hypothesis = yes"), std::string::npos);
  EXPECT_NE(eval("mlp.jacobian", mlp, {"--json"}).out.find("\"2\""), std::string::npos);
  EXPECT_NE(eval("op.add", R"({"arith": "dec2", "a": "99", "b": "1.4"})").out.find("100"), std::string::npos);
  EXPECT_NE(eval("round.bits", R"({"t": 2, "x": "0x1.4p0"})").out.find("0x1p+0"), std::string::npos);
  EXPECT_NE(eval("scores.xi", R"({"Wq": [[1, 0], [0, 1]], "Wk": [[1, 0], [0, 1]], "X": [[1, 1], [1, -1]]})")
                .out.find("inf"),
            std::string::npos);
}

TEST_F(EvalVerb, BrokenInputsNameTheField) {
  expect_refused("rms_norm.kappa_cc", "{}", "x: the field is missing");
  expect_refused("rms_norm.kappa_cc", R"({"x": []})", "x: has 0 entries");
  expect_refused("rms_norm.kappa_cc", R"({"x": ["nan", 1]})", "x[0]: 'nan'");
  expect_refused("rms_norm.kappa_cc", R"({"x": 1})", "x: not a list");
  expect_refused("rms_norm.kappa_cc", "[1, 2]", "an object with its fields");
  expect_refused("rms_norm.kappa_cc", "{\"x\": [1,", "invalid JSON");
  expect_refused("affine.kappa_22", R"({"A": [[1, 2], [3]], "b": [1, 2], "x": [1, 2]})", "A[1]: a row of 1");
  expect_refused("gamma", R"({"n": 3, "u": 2})", "u: 2 is not between 0 and 1");
  expect_refused(
      "attention.round.perturbed",
      R"({"Wq": [[1, 1], [1, 1]], "Wk": [[1, 2], [3, 4]], "Wv": [[1, 0], [0, 1]], "X": [[1, 2], [3, 5]]})",
      "Wk: Wk^T Wq is singular");
}

TEST_F(EvalVerb, BranchesOfZeroLeaveTheResidualsOwnRounding) {
  const std::string zeros = "[[0, 0], [0, 0]]", eye = "[[1, 0], [0, 1]]";
  const std::string head = R"({"X": [[1], [-3]], "Wq": )" + eye + R"(, "Wk": )" + eye + R"(, "Wv": )";
  const std::string fed = R"({"x": [1, -3], "A1": )" + eye + R"(, "b1": [0, 0], "b2": [0, 0], "A2": )";
  const auto second = [&](const std::string& quantity, const std::string& inputs) {
    const Ran ran = eval(quantity, inputs + R"(, "u": 0.125})", {"--json"});
    const auto entry = nlohmann::json::parse(ran.out)["value"][1];
    return std::stod((entry.is_array() ? entry[0] : entry).get<std::string>());
  };
  for (const char* name : {"f_A", "g_A", "f_M", "g_M"}) {
    const std::string quantity = name + std::string(".round.error");
    const std::string& inputs = name[2] == 'A' ? head : fed;
    EXPECT_GE(second(quantity, inputs + zeros), 0.375) << name;  // u |x|, and the bound's own rounding
    EXPECT_LE(second(quantity, inputs + zeros), 0.375 * (1 + 0x1p-50)) << name;
    EXPECT_GT(second(quantity, inputs + eye), 0.376) << name;
  }
}

TEST_F(EvalVerb, NothingIsSaidOfTheNormOfAZeroToken) {
  for (const char* quantity : {"rms_norm.round.coef_u", "rms_norm.round.error"}) {
    const auto document =
        nlohmann::json::parse(eval(quantity, R"({"x": [0, 0], "u": 0.001})", {"--json"}).out);
    EXPECT_EQ(document["value"], "inf") << quantity;
  }
}

TEST_F(EvalVerb, WhatIsTooLargeIsRefusedBeforeItIsMade) {
  std::string many = "1", wide = "1";
  for (int i = 1; i < 2001; ++i) many += ",1.5";
  for (int i = 1; i < 21; ++i) wide += ",1";
  expect_refused("rms_norm.jacobian", "{\"x\": [" + many + "]}", "at most 2000", 4);
  expect_refused("opnorm_inf1", "{\"A\": [[" + wide + "]]}", path_ + ": opnorm_inf1: ", 4);
}

TEST_F(EvalVerb, UnknownQuantitiesGetTheNearestNames) {
  const Ran ran = run({"eval", "rms_norm.kapa_cc", "--input", "x.json"});
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_NE(ran.log.find("rms_norm.kappa_cc"), std::string::npos) << ran.log;
  EXPECT_NE(run({"eval", "rms", "--input", "x.json"}).log.find("did you mean rms_norm"), std::string::npos);
  EXPECT_EQ(run({"eval"}).exit_code, 2);
  EXPECT_EQ(run({"eval", "rms_norm"}).exit_code, 2);
  EXPECT_EQ(run({"eval", "rms_norm", "--input", "no such file"}).exit_code, 3);
}

TEST_F(EvalVerb, ListsQuantitiesWithStatementAndShapes) {
  const Ran ran = run({"eval", "--list", "deep_Q"});
  EXPECT_EQ(ran.exit_code, 0);
  EXPECT_NE(ran.out.find("4.30.1 as printed"), std::string::npos) << ran.out;
  EXPECT_EQ(ran.out.find("deep_T"), std::string::npos);
  EXPECT_GT(nlohmann::json::parse(run({"eval", "--list", "--json"}).out)["quantities"].size(), 179u);
  EXPECT_EQ(nlohmann::json::parse(run({"eval", "--list", "gamma", "--json"}).out)["quantities"].size(), 1u);
  EXPECT_EQ(run({"eval", "--list", "nothing of that name"}).exit_code, 2);
  EXPECT_EQ(run({"eval", "--list", "nothing of that name", "--json"}).exit_code, 2);
}

}  // namespace
}  // namespace halfulp
