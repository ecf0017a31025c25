// The packed arithmetic against the scalar one, number by number: this file sees the packs of the target that
// it is compiled for; the other targets are tested through matmul and round_array.
#include "halfulp/arith/pack/pack.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "halfulp/arith/pack/packed.hpp"
#include "halfulp/arith/pack/random.hpp"
#include "halfulp/arith/random_stream.hpp"
#include "halfulp/arith/rounder.hpp"
#include "halfulp/arith/simulated.hpp"

namespace halfulp::HALFULP_TARGET {
namespace {

template <class T>
T lane(Pack<T> x, std::size_t l = 0) {
  std::vector<T> all(Pack<T>::lanes);
  x.store(all.data());
  return all[l];
}

/// Numbers of t bits around every corner of a format: subnormals, both ends, ties, zeros, infinities, NaN.
std::vector<double> corners(const Format& f) {
  std::vector<double> all = {0.0, -0.0, 1.0, -3.0, std::numeric_limits<double>::infinity(), std::nan("")};
  if (f.is_unbounded()) return all;
  for (const double x :
       {f.max_finite, f.smallest_normal(), f.smallest_subnormal(), 3 * f.smallest_subnormal(),
        f.max_finite / 2, 1 + 2 * f.unit_roundoff(), 2 - 2 * f.unit_roundoff()})
    for (const double sign : {1.0, -1.0}) all.push_back(sign * x);
  return all;
}

template <class Round>
void expect_simulated(const std::string& name) {
  using T = typename Round::Lane;
  using P = Pack<T>;
  const RoundingRule rule = rounding_rule(name);
  const Packed<Round> packed(rounding_constants<T>(rule));
  Simulated scalar(rule);
  const auto same = [&](P got, double want, double a, double b, const char* op) {
    const double y = lane(got, P::lanes - 1);
    const bool equal = std::isnan(want)
                           ? std::isnan(y)
                           : std::bit_cast<std::uint64_t>(y) == std::bit_cast<std::uint64_t>(want);
    EXPECT_TRUE(equal) << name << ": " << std::hexfloat << a << " " << op << " " << b << " = " << y
                       << ", not " << want;
  };
  const auto numbers = corners(rule.format);
  for (const double a : numbers)
    for (const double b : numbers) {
      const P x(static_cast<T>(a)), y(static_cast<T>(b));
      same(packed.add(x, y), scalar.add(a, b), a, b, "+");
      same(packed.sub(x, y), scalar.sub(a, b), a, b, "-");
      same(packed.mul(x, y), scalar.mul(a, b), a, b, "*");
      same(packed.div(x, y), scalar.div(a, b), a, b, "/");
      same(packed.max(x, y), scalar.max(a, b), a, b, "max");
      same(packed.sqrt(x), scalar.sqrt(a), a, b, "sqrt");
    }
}

TEST(Pack, NothingEqualsNaN) {
  const Pack<double> nan(std::nan("")), one(1.0);
  EXPECT_TRUE(all(nan != nan));
  EXPECT_TRUE(all(nan != one));
  EXPECT_FALSE(any(nan == nan));
  EXPECT_FALSE(any((nan < one) | (one <= nan)));
}

TEST(Packed, EveryOperationIsTheSimulatedOneAtTheCornersOfTheFormat) {
  for (const char* name : {"fp16", "e4m3fn", "e5m2", "e2m1", "e6m5"}) expect_simulated<Grid<float>>(name);
  for (const char* name : {"fp16", "bf16", "tf32", "e4m3fn", "e5m14"}) expect_simulated<Grid<double>>(name);
}

TEST(Packed, BinaryThirtyTwoAndSixtyFourAreTheMachines) {
  expect_simulated<Native<double>>("fp64");
  expect_simulated<Native<float>>("fp32");
}

template <class T, class U>
void expect_split(int precision, U step) {
  const RoundingRule rule = rounding_rule("bin" + std::to_string(precision));
  const Split<T> split(rounding_constants<T>(rule));
  constexpr U hidden = U{1} << fraction_bits<T>;
  const U one = std::bit_cast<U>(T{1});
  for (U fraction = 0; fraction < hidden; fraction += step)
    for (const U near : {fraction, hidden - 1 - fraction, fraction >> 7 << 7}) {
      const T x = std::bit_cast<T>(static_cast<U>(one + near));
      const double want = round({x, 0}, rule);
      ASSERT_EQ(lane(split(Pack<T>(x))), want) << precision << " bits of " << std::hexfloat << x;
    }
}

TEST(Split, RoundsEverySignificandToNearestEven) {
  for (const int t : {2, 3, 4, 8, 10, 11}) expect_split<float, std::uint32_t>(t, 101);
  for (const int t : {11, 12, 24, 25})
    expect_split<double, std::uint64_t>(t, (std::uint64_t{1} << 36) + 12345);
  // The neighbours of a power of two, where the last place of G - z changes.
  for (const int t : {8, 11})
    for (int i = -3000; i < 3000; ++i) {
      const RoundingRule rule = rounding_rule("bin" + std::to_string(t));
      const float x =
          std::bit_cast<float>(std::bit_cast<std::uint32_t>(2.0f) + static_cast<std::uint32_t>(i));
      ASSERT_EQ(lane(Split<float>(rounding_constants<float>(rule))(Pack<float>(x))), round({x, 0}, rule))
          << x;
    }
}

TEST(PackedRandom, WordsAreThoseOfTheStream) {
  constexpr std::uint64_t key = 0x123456789abcdef0;
  const PhiloxKeys keys(key);
  std::vector<std::uint32_t> numbers(Pack<std::uint32_t>::lanes);
  for (std::uint32_t l = 0; l < numbers.size(); ++l) numbers[l] = 0xfffffffeu + 3 * l;
  const RandomWords words =
      philox(keys, Pack<std::uint32_t>::load(numbers.data()), Pack<std::uint32_t>(77u), 5, 0);
  for (std::size_t l = 0; l < numbers.size(); ++l) {
    const auto want = halfulp::philox(key, {numbers[l], 77, 5, 0});
    for (std::size_t w = 0; w < 4; ++w) EXPECT_EQ(lane(words.word[w], l), want[w]);
  }
}

}  // namespace
}  // namespace halfulp::HALFULP_TARGET
