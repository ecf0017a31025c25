// The checks themselves: they accept what is right, reject what is wrong by one bit, and refuse what is
// broken.
#include "halfulp/analysis/check.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

#include "halfulp/base/error.hpp"

namespace halfulp {
namespace {

std::string one(const std::string& quantity, const std::string& inputs, const std::string& expected,
                const std::string& more = "") {
  return R"({"entries": [{"id": "e1", "quantity": ")" + quantity + R"(", "inputs": {)" + inputs +
         R"(}, "expected": )" + expected + more + "}]}";
}

CheckResult checked(const std::string& text) {
  CheckResult result;
  result.add(parse_vectors(text, "v.json"));
  return result;
}

bool passes(const std::string& text) {
  const CheckResult result = checked(text);
  EXPECT_EQ(result.total.passed + result.total.failed, 1u);
  return result.total.failed == 0;
}

std::string message_of(const std::string& text) {
  const CheckResult result = checked(text);
  return result.broken.empty() ? "no error" : result.broken.front().problem;
}

TEST(Check, RoundingIsComparedBitForBit) {
  const std::string in = R"("format": "bf16", "overflow": "ieee", "x": "0x1.01p+0")";
  EXPECT_TRUE(passes(one("round.format", in, R"("0x1p+0")")));
  EXPECT_FALSE(passes(one("round.format", in, R"("0x1.02p+0")")));
  const std::string zero = R"("format": "e5m2", "overflow": "ieee", "x": "-0x1p-40")";
  EXPECT_TRUE(passes(one("round.format", zero, R"("-0x0p+0")")));
  EXPECT_FALSE(passes(one("round.format", zero, R"("0x0p+0")")));
  EXPECT_TRUE(
      passes(one("round.format", R"("format": "e4m3fn", "overflow": "ieee", "x": "0x1p+20")", R"("nan")")));
  EXPECT_TRUE(passes(
      one("round.format", R"("format": "e4m3fn", "overflow": "saturate", "x": "0x1p+20")", R"("0x1.cp+8")")));
  EXPECT_TRUE(
      passes(one("round.format", R"("format": "e3m4", "overflow": "ieee", "x": "0x1.08p+0")", R"("0x1p0")")));
  EXPECT_TRUE(passes(one("round.bits", R"("t": 3, "x": "0x1.2p-402")", R"("0x1.0p-402")")));
}

TEST(Check, DecimalDigitsAreComparedAsBinary64AndAsDecimal) {
  const std::string in = R"("p": 2, "x": "0x1.4000000000000p+1")";
  EXPECT_TRUE(passes(one("round.digits", in, R"("0x1.4p+1")", R"(, "expected_decimal": "2.5")")));
  EXPECT_FALSE(passes(one("round.digits", in, R"("0x1.4p+1")", R"(, "expected_decimal": "2.6")")));
  EXPECT_FALSE(passes(one("round.digits", in, R"("0x1.4000000000001p+1")")));
}

TEST(Check, OperationsRunInBinaryAndDecimalArithmetic) {
  EXPECT_TRUE(passes(one(
      "op.add", R"("arith": "fp16", "overflow": "ieee", "a": "0x1.ffcp+15", "b": "0x1p+4")", R"("inf")")));
  EXPECT_TRUE(
      passes(one("op.add", R"("arith": "fp16", "overflow": "saturate", "a": "0x1.ffcp+15", "b": "0x1p+4")",
                 R"("0x1.ffcp+15")")));
  EXPECT_TRUE(
      passes(one("op.exp", R"("arith": "bin8", "overflow": "none", "a": "0x1p+0")", R"("0x1.5cp+1")")));
  EXPECT_TRUE(
      passes(one("op.div", R"("arith": "dec3", "overflow": "none", "a": "2", "b": "3")", R"("0.667")")));
  EXPECT_FALSE(
      passes(one("op.div", R"("arith": "dec3", "overflow": "none", "a": "2", "b": "3")", R"("0.666")")));
  EXPECT_TRUE(passes(one("op.sqrt", R"("arith": "dec4", "a": "2")", R"("1.414")")));
}

TEST(Check, SimulatedRoomsAreComparedBitForBitButForTheSignOfZero) {
  EXPECT_TRUE(
      passes(one("sim.sum", R"("arith": "bin3", "x": ["0x1p+0", "0x1p-3", "0x1p-3"])", R"("0x1p+0")")));
  EXPECT_FALSE(
      passes(one("sim.sum", R"("arith": "bin3", "x": ["0x1p+0", "0x1p-3", "0x1p-3"])", R"("0x1.4p+0")")));
  EXPECT_TRUE(passes(one("sim.sum", R"("arith": "dec2", "x": ["1", "0.04", "0.04"])", R"("1.0")")));
  EXPECT_TRUE(
      passes(one("sim.centring", R"("arith": "bin8", "x": ["-0x1p0", "-0x1p0"])", R"(["-0x0p0", "0x0p0"])")));
}

TEST(Check, ValuesOfLayersAgreeTo30Digits) {
  const std::string in = R"("x": ["0x1.0000000000000p+0", "0x1.0000000000000p+1"])";
  EXPECT_TRUE(passes(one(
      "rms_norm", in, R"(["0.6324555320336758663997787088865437", "1.264911064067351732799557417773087"])")));
  const CheckResult wrong = checked(one(
      "rms_norm", in, R"(["0.6324555320336758663997787088865437", "1.264911064067351732799557427773087"])"));
  ASSERT_EQ(wrong.failures.size(), 1u);
  EXPECT_EQ(wrong.failures[0].id, "e1");
  EXPECT_EQ(wrong.failures[0].verdict.place, "[1]");
}

TEST(Check, NearConstantTokensKeepTheToleranceOfTheirCondition) {
  // c(x) loses 39 bits of x here: double-double keeps about 16 digits of it for certain.
  EXPECT_TRUE(
      passes(one("centring", R"("x": ["0x1.0000000001p+0", "0x1p+0", "0x1p+0"])",
                 R"(["6.063298011819521586100260416666667e-13", "-3.031649005909760793050130208333333e-13",
                             "-3.031649005909760793050130208333333e-13"])")));
  EXPECT_FALSE(
      passes(one("centring", R"("x": ["0x1.0000000001p+0", "0x1p+0", "0x1p+0"])",
                 R"(["6.063298011819621586100260416666667e-13", "-3.031649005909760793050130208333333e-13",
                             "-3.031649005909760793050130208333333e-13"])")));
}

TEST(Check, UnknownQuantitiesAreSkippedAndCounted) {
  const CheckResult result = checked(one("mystery.bound", R"("x": 3)", R"({"u": "1"})"));
  EXPECT_EQ(result.total.skipped, 1u);
  ASSERT_EQ(result.quantities.size(), 1u);
  EXPECT_EQ(result.quantities[0].name, "mystery.bound");
  EXPECT_EQ(result.quantities[0].skipped, 1u);
}

TEST(Check, QuantitiesAreKnownOnceAndSayWhatTheyAre) {
  const auto& all = all_quantities();
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i > 0) {
      EXPECT_LT(all[i - 1]->name, all[i]->name);
    }
    EXPECT_EQ(quantity_named(all[i]->name), all[i]);
    EXPECT_FALSE(all[i]->statement.empty() || all[i]->inputs.empty() || all[i]->value.empty())
        << all[i]->name;
  }
}

TEST(Check, GroupsTruthsAndIndicesAreCompared) {
  const QuantityValue got = group(
      {{"u", value_of(Ball(3.5))}, {"holds", value_of_flag(true)}, {"omega", value_of_indices({0, 2})}});
  const auto verdict = [&](const std::string& expected) {
    const VectorFile file = parse_vectors(one("q", "", expected), "v.json");
    return compared(got, file.vectors.at(0).entry.value("expected"));
  };
  EXPECT_TRUE(verdict(R"({"u": "3.5", "holds": true, "omega": [0, 2]})").passed);
  EXPECT_EQ(verdict(R"({"u": "3.5000000000000000000000001", "holds": true, "omega": [0, 2]})").place, ".u");
  EXPECT_EQ(verdict(R"({"u": "3.5", "holds": false, "omega": [0, 2]})").place, ".holds");
  EXPECT_EQ(verdict(R"({"u": "3.5", "holds": true, "omega": [0, 1]})").place, ".omega[1]");
  EXPECT_THROW(verdict(R"({"u": "3.5", "omega": [0, 2]})"), input_error);
}

TEST(Check, WideBallsAndInfinitiesAreNotTakenForNumbers) {
  const auto verdict = [&](const Ball& got, const std::string& expected) {
    const VectorFile file = parse_vectors(one("q", "", expected), "v.json");
    return compared(value_of(got), file.vectors.at(0).entry.value("expected")).passed;
  };
  EXPECT_TRUE(verdict(Ball(DoubleDouble{1.0}, 1e-20), R"("1.000000000000000000001")"));
  EXPECT_FALSE(verdict(Ball(DoubleDouble{1.0}, 1e-22), R"("1.000000000000000000001")"));
  EXPECT_FALSE(verdict(Ball(DoubleDouble{1.0}, 1e-3), R"("1.0")"));
  EXPECT_FALSE(verdict(Ball::everything(), R"("0")"));
  EXPECT_FALSE(verdict(Ball::everything(), R"("inf")"));
  EXPECT_TRUE(verdict(Ball(HUGE_VAL), R"("inf")"));
  EXPECT_FALSE(verdict(Ball(HUGE_VAL), R"("1e300")"));
  EXPECT_TRUE(verdict(Ball::everything(), R"("nan")"));
  EXPECT_FALSE(verdict(Ball(1.0), R"("nan")"));
}

TEST(Check, BrokenVectorsAreRefusedByFileEntryAndField) {
  const auto in_entry = [](const std::string& rest) { return "v.json: entry 'e1': " + rest; };
  const auto expect = [&](const std::string& text, const std::string& rest) {
    EXPECT_TRUE(message_of(text).starts_with(in_entry(rest))) << message_of(text);
  };
  expect(one("mean", "", R"("1")"), "inputs.x: the field is missing");
  expect(one("mean", R"("x": [])", R"("1")"), "inputs.x: has 0 entries");
  expect(one("mean", R"("x": ["0x1p0", "nan"])", R"("1")"), "inputs.x[1]: 'nan' is not a finite");
  expect(one("mean", R"("x": ["0x1p0", "0.1"])", R"("1")"), "inputs.x[1]: '0.1' is not a finite hexadecimal");
  expect(one("mean", R"("x": ["0x1p0"])", R"(["1"])"), "expected: not a number but a list of 1");
  expect(one("mean", R"("x": ["0x1p0"])", R"("0x1p0")"), "expected: '0x1p0' is not a decimal");
  expect(one("centring", R"("x": ["0x1p0", "0x1p1"])", R"(["1"])"),
         "expected: has 1 entries, the quantity 2");
  expect(one("affine", R"("A": [["0x1p0", "0x1p0"]], "b": ["0x1p0"], "x": ["0x1p0"])", R"(["1"])"),
         "inputs.x: has 1 entries, not 2");
  expect(one("attention",
             R"("X": [["0x1p0"]], "Wq": [["0x1p0", "0x1p0"]], "Wk": [["0x1p0"]], "Wv": [["0x1p0"]])",
             R"([["1"]])"),
         "inputs.Wq: has shape 1 x 2, not 1 x 1");
  expect(one("deep_Q", R"("X": [["0x1p0"]], "layers": [{}])", R"([["1"]])"),
         "inputs.layers[0].Wq: the field is missing");
  expect(one("round.format", R"("format": "fp17", "x": "0x1p0")", R"("0x1p0")"), "inputs.format: ");
  expect(one("round.format", R"("format": "fp16", "x": "0x1p0", "overflow": "wrap")", R"("0x1p0")"),
         "inputs.overflow: 'wrap'");
  expect(one("round.format", R"("format": "fp16", "x": "0x1p0", "overflow": "none")", R"("0x1p0")"),
         "inputs.overflow: 'none'");
  expect(one("round.bits", R"("t": 0, "x": "0x1p0")", R"("0x1p0")"), "inputs.t: not a whole number");
  expect(one("sim.sum", R"("arith": "dec4", "x": ["0x1p0"])", R"("1")"),
         "inputs.x[0]: '0x1p0' is not a decimal");
  expect(one("sim.rms_norm", R"("arith": "bin8", "x": ["0x1p0"])", R"(["0x1p0"])"),
         "inputs.sqrtd: the field is missing");
  expect(one("sim.rms_norm", R"("arith": "bin8", "x": ["0x1p0"], "sqrtd": "guess")", R"(["0x1p0"])"),
         "inputs.sqrtd: 'guess'");
  expect(one("sim.softmax", R"("arith": "bin8", "s": ["0x1p0"], "shift": 1)", R"(["0x1p0"])"),
         "inputs.shift: neither");
  expect(one("sim.softmax", R"("arith": "bin8", "s": [], "shift": true)", R"([])"),
         "inputs.s: has 0 entries");
}

TEST(Check, BrokenVectorsDoNotHideTheOthers) {
  std::string ones = "1";
  for (int i = 1; i < 21; ++i) ones += ",1";
  const CheckResult result = checked(R"({"entries": [
      {"id": "broken", "quantity": "mean", "inputs": {}, "expected": "1"},
      {"id": "large", "quantity": "opnorm_inf1", "inputs": {"A": [[)" +
                                     ones + R"(]]}, "expected": "21"},
      {"id": "wrong", "quantity": "mean", "inputs": {"x": [1, 3]}, "expected": "3"},
      {"id": "right", "quantity": "mean", "inputs": {"x": [1, 3]}, "expected": "2"}]})");
  EXPECT_EQ(result.total.passed, 1u);
  EXPECT_EQ(result.total.failed, 3u);
  ASSERT_EQ(result.failures.size(), 1u);
  EXPECT_EQ(result.failures[0].id, "wrong");
  ASSERT_EQ(result.broken.size(), 2u);
  EXPECT_EQ(result.broken[0].id, "broken");
  EXPECT_TRUE(result.broken[1].problem.starts_with("v.json: entry 'large': ")) << result.broken[1].problem;
}

}  // namespace
}  // namespace halfulp
