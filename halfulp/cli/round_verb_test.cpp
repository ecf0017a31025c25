#include <gtest/gtest.h>

#include <cstdlib>
#include <sstream>

#include "halfulp/arith/random_stream.hpp"
#include "halfulp/arith/round.hpp"
#include "halfulp/cli/program_testing.hpp"

namespace halfulp {
namespace {

Ran round_to(const std::string& format, const std::string& input, std::vector<std::string> more = {}) {
  std::vector<std::string> arguments = {"round", "--format", format};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run(arguments, input);
}

TEST(RoundVerb, PrintsHexadecimalAndShortestDecimal) {
  EXPECT_EQ(round_to("bf16", "0.1").out, "0x1.9ap-4\t0.10009765625\n");
  EXPECT_EQ(round_to("fp16", "  3\n\n-0\t0x1.8p-2 \r\n").out, "0x1.8p+1\t3\n-0x0p+0\t-0\n0x1.8p-2\t0.375\n");
  EXPECT_EQ(round_to("fp16", "inf -INFINITY nan -NaN 65520 1e400").out,
            "inf\tinf\n-inf\t-inf\nnan\tnan\nnan\tnan\ninf\tinf\ninf\tinf\n");
  EXPECT_EQ(round_to("fp64", "+1e23").out, "0x1.52d02c7e14af6p+76\t1e+23\n");
  EXPECT_EQ(round_to("dec4", "3.14159").out, "0x1.922d0e5604189p+1\t3.142\n");
  EXPECT_EQ(round_to("fp16", "").out, "");
  EXPECT_EQ(round_to("fp16", "").exit_code, 0);
}

TEST(RoundVerb, ModesAndOverflow) {
  EXPECT_EQ(round_to("bf16", "1.001", {"--mode", "up"}).out, "0x1.02p+0\t1.0078125\n");
  EXPECT_EQ(round_to("bf16:up", "1.001").out, "0x1.02p+0\t1.0078125\n");
  EXPECT_EQ(round_to("fp16", "1e9 -1e9", {"--overflow", "saturate"}).out,
            "0x1.ffcp+15\t65504\n-0x1.ffcp+15\t-65504\n");
  EXPECT_EQ(round_to("e4m3fn", "1e9").out, "nan\tnan\n");
}

TEST(RoundVerb, StochasticNumbersDrawFromStreamsOfTheirOwn) {
  const RoundingRule rule = rounding_rule("bf16:stochastic");
  std::string input;
  for (int i = 0; i < 100; ++i) input += "1.003 ";
  const Ran ran = round_to("bf16", input, {"--mode", "stochastic", "--seed", "7"});
  std::istringstream lines(ran.out);
  std::string hex, decimal;
  for (std::uint32_t i = 0; i < 100; ++i) {
    ASSERT_TRUE(lines >> hex >> decimal);
    EXPECT_EQ(std::strtod(hex.c_str(), nullptr), round({1.003}, rule, RandomStream(7).at(i, 0).draw16()))
        << i;
  }
  EXPECT_NE(ran.out, round_to("bf16:stochastic", input, {"--seed", "8"}).out);
  EXPECT_EQ(ran.out, round_to("bf16:stochastic", input, {"--seed", "7"}).out);
}

TEST(RoundVerb, AWrongNumberNamesItsLine) {
  for (const std::string word : {"x", "1.0f", "1e", "0x", "0x1p", "1,5", "nan(3)", "--1", "infinit"}) {
    const Ran ran = round_to("fp16", "1\n2 3\n4 " + word + "\n5\n");
    EXPECT_EQ(ran.exit_code, 3) << word;
    EXPECT_TRUE(is_one_error_line(ran.log)) << ran.log;
    EXPECT_NE(ran.log.find("line 3: '" + word + "'"), std::string::npos) << ran.log;
  }
  const std::string nothing(1, '\0');
  EXPECT_EQ(round_to("fp16", "1 2" + nothing + "3").exit_code, 3);
  EXPECT_EQ(round_to("fp16", std::string(1 << 20, '1')).exit_code, 3);
}

TEST(RoundVerb, WhatCannotBeMeantIsRefused) {
  for (const auto& [format, more] : std::vector<std::pair<std::string, std::vector<std::string>>>{
           {"fp17", {}},
           {"fp16", {"--mode", "nearest"}},
           {"fp16:up", {"--mode", "down"}},
           {"dec4", {"--mode", "up"}},
           {"dec4:stochastic", {}},
           {"fp16", {"--overflow", "wrap"}},
           {"fp16:saturate", {"--overflow", "ieee"}}}) {
    const Ran ran = round_to(format, "1", more);
    EXPECT_EQ(ran.exit_code, 2) << format;
    EXPECT_TRUE(is_one_error_line(ran.log)) << ran.log;
  }
  EXPECT_EQ(round_to("fp16", "1", {"--overflow", "ieee"}).exit_code, 0);
}

}  // namespace
}  // namespace halfulp
