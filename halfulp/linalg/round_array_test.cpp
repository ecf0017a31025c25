// round_array gives the bits of round(): every 16-bit pattern of binary32's upper half with its neighbours
// and midpoints, numbers spread over all of binary32, every format and mode, every instruction set.
#include "halfulp/linalg/round_array.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "halfulp/arith/random_stream.hpp"
#include "halfulp/arith/round.hpp"
#include "halfulp/linalg/kernels.hpp"

namespace halfulp {
namespace {

int effort() {
  const char* text = std::getenv("TEST_EFFORT");
  return text ? std::atoi(text) : 1;
}

/// The draw that element i takes, as round_array.hpp states it.
std::uint32_t draw_of(const RoundingRule& rule, std::uint64_t key, std::size_t i) {
  if (rule.mode != Rounding::stochastic) return 0;
  const std::uint64_t entry = i / 128 * 16 + i % 16;
  RandomStream stream =
      RandomStream(key).at(static_cast<std::uint32_t>(entry >> 32), static_cast<std::uint32_t>(entry));
  std::uint32_t draw = 0;
  for (std::size_t n = 0; n <= i / 16 % 8; ++n)
    draw = rule.format.precision <= 11 ? stream.draw16() : stream.draw32();
  return draw;
}

template <class T, class U>
void expect_rounded(const RoundingRule& rule, const std::vector<T>& in) {
  constexpr std::uint64_t key = 12345;
  std::vector<T> out(in.size() + 1);
  for (const std::size_t shift : {0, 1}) {  // aligned or not
    round_array(rule, in.data(), out.data() + shift, in.size(), key);
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < in.size(); ++i) {
      const T want = static_cast<T>(round({in[i], 0}, rule, draw_of(rule, key, i)));
      if (std::bit_cast<U>(want) != std::bit_cast<U>(out[i + shift]) && wrong++ == 0)
        ADD_FAILURE() << name_of(rule) << " of " << std::hexfloat << in[i] << " element " << std::dec << i
                      << std::hexfloat << ": " << out[i + shift] << ", round() gives " << want;
    }
    EXPECT_EQ(wrong, 0u) << name_of(rule) << " " << kernels().name;
  }
}

/// Every number of bf16 (all patterns), the midpoints between them, and the neighbours of both in binary32.
std::vector<float> sixteen_bit_patterns() {
  std::vector<float> all;
  for (std::uint32_t high = 0; high < 0x10000; ++high)
    for (const std::uint32_t low : {0u, 1u, 0x7fffu, 0x8000u, 0x8001u, 0xffffu})
      all.push_back(std::bit_cast<float>(high << 16 | low));
  return all;
}
/// One pattern in `step` of all of binary32, and the midpoints of narrower formats around it.
std::vector<float> spread(std::uint32_t step) {
  std::vector<float> all;
  for (std::uint64_t bits = 0; bits < (std::uint64_t{1} << 32); bits += step) {
    const auto u = static_cast<std::uint32_t>(bits);
    all.push_back(std::bit_cast<float>(u));
    const int keep = static_cast<int>(u % 23);
    const std::uint32_t coarse = u >> keep << keep | std::uint32_t{1} << keep >> 1;
    for (const std::uint32_t d : {0u, 1u, ~0u}) all.push_back(std::bit_cast<float>(coarse + d));
  }
  return all;
}

const std::vector<std::string> formats = {"tf32",
                                          "bf16",
                                          "fp16",
                                          "e4m3fn",
                                          "e5m2",
                                          "e4m3fnuz",
                                          "e5m2fnuz",
                                          "e3m2",
                                          "e2m3",
                                          "e2m1",
                                          "fp32",
                                          "e5m10",
                                          "e8m3",
                                          "e7m15",
                                          "bin8",
                                          "e8m21",
                                          "e4m3fn:saturate",
                                          "bf16:saturate",
                                          "fp16:toward-zero",
                                          "dec4"};
const std::vector<std::string> random_modes = {
    "bf16:stochastic",          "fp16:stochastic", "e4m3fn:stochastic",
    "e4m3fnuz:stochastic",      "e2m1:stochastic", "tf32:stochastic",
    "e5m2:stochastic:saturate", "bin8:stochastic", "e5m14:stochastic"};

class RoundArray : public testing::TestWithParam<const Kernels*> {
 protected:
  void SetUp() override { use_kernels(GetParam()); }
  void TearDown() override { use_kernels(nullptr); }
};
INSTANTIATE_TEST_SUITE_P(Kernels, RoundArray, testing::ValuesIn(available_kernels()),
                         [](const auto& table) { return std::string(table.param->name); });

TEST_P(RoundArray, EverySixteenBitPatternWithNeighboursAndMidpointsIsRoundedAsRoundDoes) {
  const auto in = sixteen_bit_patterns();
  for (const char* name : {"bf16", "fp16", "e4m3fn"})
    expect_rounded<float, std::uint32_t>(rounding_rule(name), in);
}

TEST_P(RoundArray, EveryFormatIsRoundedAsRoundDoes) {
  const auto in = spread(65537 * 3);
  for (const auto& name : formats) expect_rounded<float, std::uint32_t>(rounding_rule(name), in);
}

TEST_P(RoundArray, RandomRoundingTakesTheStatedDraws) {
  auto in = spread(65537 * 7);
  in.resize(in.size() / 128 * 128 + 77);
  for (const auto& name : random_modes) expect_rounded<float, std::uint32_t>(rounding_rule(name), in);
}

TEST_P(RoundArray, Binary64IsRoundedAsRoundDoes) {
  std::vector<double> in;
  for (std::uint64_t i = 0; i < 20000; ++i) {
    const std::uint64_t u = i * 0x9E3779B97F4A7C15u;
    in.push_back(std::bit_cast<double>(u));
    const int keep = static_cast<int>(i % 52);
    const std::uint64_t coarse = u >> keep << keep | std::uint64_t{1} << keep >> 1;
    for (const std::uint64_t d : {std::uint64_t{0}, std::uint64_t{1}, ~std::uint64_t{0}})
      in.push_back(std::bit_cast<double>((coarse + d) & ~(std::uint64_t{0x700} << 52)));
    in.push_back(static_cast<double>(static_cast<float>(i % 1000) * 0x1.01p-20f * (i % 2 ? 1 : -1)));
  }
  for (const auto& name :
       {"fp64", "fp32", "bf16", "fp16", "e4m3fn", "e4m3fnuz", "e2m1", "e10m40", "bin20", "dec8", "fp32:up"})
    expect_rounded<double, std::uint64_t>(rounding_rule(name), in);
}

TEST_P(RoundArray, LargeArraysStoredPastTheCachesAreTheSame) {
  auto in = spread(2500);
  in.resize(1300003);
  for (const char* name : {"bf16", "e4m3fn", "fp16:stochastic"})
    expect_rounded<float, std::uint32_t>(rounding_rule(name), in);
}

TEST_P(RoundArray, InPlaceAndEmpty) {
  std::vector<float> x = {1.001f, -3e-9f, 0.0f};
  round_array(rounding_rule("bf16"), x.data(), x.data(), x.size());
  EXPECT_EQ(x[0], 1.0f);
  round_array(rounding_rule("bf16"), x.data(), x.data(), 0);
}

TEST(RoundArrayNightly, EveryBinary32NumberIsRoundedAsRoundDoes) {
  if (effort() < 10) GTEST_SKIP() << "TEST_EFFORT=10 runs all 2^32";
  std::vector<float> in(1 << 20);
  for (const char* name : {"bf16", "fp16", "e4m3fn"})
    for (std::uint64_t first = 0; first < (std::uint64_t{1} << 32); first += in.size()) {
      for (std::size_t i = 0; i < in.size(); ++i)
        in[i] = std::bit_cast<float>(static_cast<std::uint32_t>(first + i));
      expect_rounded<float, std::uint32_t>(rounding_rule(name), in);
    }
}

}  // namespace
}  // namespace halfulp
