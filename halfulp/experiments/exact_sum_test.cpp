#include "halfulp/experiments/exact_sum.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "halfulp/arith/mpfr_oracle.hpp"
#include "halfulp/base/error.hpp"

namespace halfulp {
namespace {

constexpr double most = std::numeric_limits<double>::max();

ExactSum sum_of(const std::vector<double>& values) {
  ExactSum sum;
  for (const double value : values) sum.add(value);
  return sum;
}

/// The sum in 2300 bits, where it is exact, rounded once.
double rounded_sum(const std::vector<double>& values) {
  oracle::Real sum(2300);
  mpfr_set_zero(sum, 1);
  for (const double value : values) EXPECT_EQ(mpfr_add_d(sum, sum, value, MPFR_RNDN), 0);
  return mpfr_get_d(sum, MPFR_RNDN);
}

void expect_rounded_once(const std::vector<double>& values) {
  EXPECT_EQ(sum_of(values).value(), rounded_sum(values)) << values.size() << " values from " << values[0];
}

TEST(ExactSum, IsRoundedOnceWhateverTheMagnitudes) {
  oracle::Arguments random(1);
  for (int trial = 0; trial < 400 * oracle::effort(); ++trial) {
    const int least = static_cast<int>(random.uniform(-1074, 1023));
    const int greatest = std::min(1023, least + static_cast<int>(random.uniform(0, trial % 2 ? 2200 : 70)));
    std::vector<double> values;
    for (int i = static_cast<int>(random.uniform(1, 300)); i > 0; --i)
      values.push_back(std::fabs(random.log_uniform(least, greatest)));
    expect_rounded_once(values);
  }
}

TEST(ExactSum, MidpointsGoToEvenAndTheLastBitOfAllDecides) {
  oracle::Arguments random(2);
  for (int shift = 0; shift <= 970; ++shift) {
    const double even = std::ldexp(std::floor(std::ldexp(1 + random.uniform(), 51)) * 2, shift);
    const double ulp = std::ldexp(1.0, shift);
    for (const double x : {even, even + ulp}) {
      expect_rounded_once({x, ulp / 2});
      expect_rounded_once({x, ulp / 2, 0x1p-1074});
      expect_rounded_once({x, ulp / 4, ulp / 8, ulp / 16});
      expect_rounded_once({0x1p-1074, ulp / 2, x});
    }
  }
}

TEST(ExactSum, EndsOfTheRange) {
  EXPECT_EQ(ExactSum().value(), 0);
  EXPECT_EQ(sum_of({0.0, -0.0}), ExactSum());
  EXPECT_EQ(sum_of({0x1p-1074}).value(), 0x1p-1074);
  EXPECT_EQ(sum_of({0x0.fffffffffffffp-1022, 0x1p-1074}).value(), 0x1p-1022);
  EXPECT_EQ(sum_of({most}).value(), most);
  EXPECT_EQ(sum_of({most, 0x1p969}).value(), most);
  EXPECT_EQ(sum_of({most, 0x1p969, 0x1p968, 5e-324}).value(), most);
  EXPECT_EQ(sum_of({most, 0x1p970}).value(), HUGE_VAL);  // the midpoint between most and 2^1024
  EXPECT_EQ(sum_of({most, most, 5e-324}).value(), HUGE_VAL);
}

TEST(ExactSum, CarriesRunThroughAllWords) {
  std::vector<double> ones;  // 2^1024 - 2^-1074 = sum of all powers of two
  for (int e = -1074; e < 1024; ++e) ones.push_back(std::ldexp(1.0, e));
  ExactSum all = sum_of(ones), last = sum_of({0x1p-1074});
  EXPECT_EQ(all.value(), HUGE_VAL);
  ExactSum carried = all;
  carried.add(0x1p-1074);
  EXPECT_EQ(carried, sum_of({0x1p1023, 0x1p1023}));
  last.merge(all);
  EXPECT_EQ(last, carried);
  all.merge(all);
  EXPECT_NE(all, carried);
  all.add(0x1p-1074);
  all.add(0x1p-1074);
  carried.merge(carried);
  EXPECT_EQ(all, carried);
}

TEST(ExactSum, OrderAndPartsDoNotMatter) {
  oracle::Arguments random(3);
  std::vector<double> values;
  for (int i = 0; i < 1000; ++i) values.push_back(std::fabs(random.log_uniform(-1074, 1000)));
  const ExactSum known = sum_of(values);
  for (int trial = 0; trial < 20; ++trial) {
    std::vector<ExactSum> parts(1 + random.bits() % 9);
    for (std::size_t i = values.size(); i-- > 1;) std::swap(values[i], values[random.bits() % (i + 1)]);
    for (const double value : values) parts[random.bits() % parts.size()].add(value);
    ExactSum merged;
    for (const ExactSum& part : parts) merged.merge(part);
    EXPECT_EQ(merged, known);
  }
}

TEST(ExactSum, ReadsWhatItWrites) {
  for (const std::vector<double>& values :
       {std::vector<double>{}, {1.0}, {5e-324}, {most, most}, {most, 5e-324}, {1.0, 0x1p-60}}) {
    std::vector<std::uint64_t> words;
    sum_of(values).append_to(words);
    words.push_back(7);
    std::span<const std::uint64_t> rest(words);
    EXPECT_EQ(ExactSum::read(rest), sum_of(values));
    EXPECT_EQ(rest.size(), 1U);
  }
}

TEST(ExactSum, HostileWordsAreRefused) {
  for (const std::vector<std::uint64_t>& words : {std::vector<std::uint64_t>{},
                                                  {0},
                                                  {3, 0},
                                                  {0, 1},
                                                  {0, 2, 1},
                                                  {34, 1, 1},
                                                  {33, 2, 1, 1},
                                                  {~std::uint64_t{0}, 1, 1},
                                                  {1, ~std::uint64_t{0}, 1, 1},
                                                  {0, 2, 0, 1},
                                                  {0, 2, 1, 0}}) {
    std::span<const std::uint64_t> rest(words);
    EXPECT_THROW(ExactSum::read(rest), input_error) << words.size() << " words";
  }
}

}  // namespace
}  // namespace halfulp
