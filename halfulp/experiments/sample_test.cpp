#include "halfulp/experiments/sample.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <stdexcept>

#include "halfulp/experiments/sample_testing.hpp"
#include "halfulp/experiments/summary.hpp"

namespace halfulp {
namespace {

std::vector<double> sorted(std::vector<double> values) {
  std::erase_if(values, [](double x) { return std::isnan(x); });
  std::sort(values.begin(), values.end());
  return values;
}

TEST(Sample, OrderStatisticsAreWithinTheStatedError) {
  oracle::Arguments random(11);
  for (int trial = 0; trial < 200 * oracle::effort(); ++trial) {
    const std::vector<double> values = any_values(random, 1 + random.bits() % 300);
    const std::vector<double> known = sorted(values);
    const Sample sample = sample_of(values);
    ASSERT_EQ(sample.count(), known.size());
    EXPECT_EQ(sample.nan(), values.size() - known.size());
    for (std::size_t i = 0; i < known.size(); ++i) {
      const double got = sample.order_statistic(i + 1), x = known[i];
      if (x == 0 || std::isinf(x) || i == 0 || i + 1 == known.size()) {
        EXPECT_EQ(got, x) << "rank " << i + 1 << " of trial " << trial;
      } else {
        EXPECT_LE(std::fabs(got - x), std::max(0x1p-11 * x, 0x1p-1033))
            << "rank " << i + 1 << " of " << trial;
      }
    }
    EXPECT_TRUE(std::isnan(sample.order_statistic(0)));
    EXPECT_TRUE(std::isnan(sample.order_statistic(known.size() + 1)));
  }
}

TEST(Sample, TheStatedErrorIsAttained) {
  const Sample sample = sample_of({0.5, 1.0, 2.0});
  EXPECT_EQ(sample.order_statistic(2), 1 + 0x1p-11);
}

TEST(Sample, QuantilesAreOrderStatistics) {
  std::vector<double> values;
  for (int i = 1; i <= 20; ++i) values.push_back(std::ldexp(1.0, i));
  const Sample sample = sample_of(values);
  for (const auto& [p, rank] : {std::pair{0.0, 1},
                                {0.01, 1},
                                {0.05, 1},
                                {0.051, 2},
                                {0.25, 5},
                                {0.5, 10},
                                {0.51, 11},
                                {0.75, 15},
                                {0.95, 19},
                                {0.951, 20},
                                {1.0, 20}})
    EXPECT_EQ(sample.quantile(p), sample.order_statistic(static_cast<std::uint64_t>(rank))) << p;
  EXPECT_TRUE(std::isnan(Sample().quantile(0.5)));
  EXPECT_EQ(sample_of({0, 0, 0, 1, infinity}).quantile(0.5), 0);
  EXPECT_EQ(sample_of({0, 1, infinity, infinity}).quantile(0.75), infinity);
}

TEST(Sample, MomentsAreRoundedOnce) {
  oracle::Arguments random(12);
  for (int trial = 0; trial < 50; ++trial) {
    Sample sample;
    oracle::Real sum(2300), squares(2300);
    mpfr_set_zero(sum, 1);
    mpfr_set_zero(squares, 1);
    for (int i = 0; i < 200; ++i) {
      const double x = std::fabs(random.log_uniform(-600, 511));
      sample.add(x);
      mpfr_add_d(sum, sum, x, MPFR_RNDN);
      mpfr_add_d(squares, squares, x * x, MPFR_RNDN);
    }
    EXPECT_EQ(sample.sum(), mpfr_get_d(sum, MPFR_RNDN));
    EXPECT_EQ(sample.sum_of_squares(), mpfr_get_d(squares, MPFR_RNDN));
  }
  EXPECT_EQ(sample_of({1, 0x1p512}).sum_of_squares(), infinity);
  EXPECT_EQ(sample_of({1, 0x1p512}).sum(), 0x1p512);
  EXPECT_EQ(sample_of({1, infinity}).sum(), infinity);
  EXPECT_EQ(sample_of({1, nan}).sum(), 1);
}

TEST(Sample, NegativeValuesAreTheCallersMistake) {
  Sample sample;
  EXPECT_THROW(sample.add(-1), std::domain_error);
  EXPECT_THROW(sample.add(-infinity), std::domain_error);
  sample.add(-0.0);
  EXPECT_EQ(sample, sample_of({0}));
}

TEST(Sample, OrderAndPartsDoNotMatter) {
  oracle::Arguments random(13);
  for (int trial = 0; trial < 50 * oracle::effort(); ++trial) {
    std::vector<double> values = any_values(random, 400);
    const Sample known = sample_of(values);
    for (std::size_t i = values.size(); i-- > 1;) std::swap(values[i], values[random.bits() % (i + 1)]);
    std::vector<Sample> parts(1 + random.bits() % 9);
    for (const double value : values) parts[random.bits() % parts.size()].add(value);
    Sample merged;
    for (const Sample& part : parts) merged.merge(part);
    ASSERT_EQ(merged, known);
    EXPECT_EQ(words_of(merged), words_of(known));
    const Summary a = summarise(merged), b = summarise(known);
    EXPECT_EQ(std::bit_cast<std::uint64_t>(a.mean_se), std::bit_cast<std::uint64_t>(b.mean_se));
    EXPECT_EQ(std::bit_cast<std::uint64_t>(a.geomean), std::bit_cast<std::uint64_t>(b.geomean));
    EXPECT_EQ(std::bit_cast<std::uint64_t>(a.tail_index), std::bit_cast<std::uint64_t>(b.tail_index));
    merged.merge(merged);
    EXPECT_EQ(merged.count(), 2 * known.count());
  }
}

TEST(Sample, HistogramCountsByDecade) {
  const Sample sample = sample_of({0, 5e-4, 1.1e-3, 5e-3, 9.9e-3, 1.1e-2, 3, 40, 1e300, infinity, nan});
  EXPECT_EQ(sample.histogram(std::vector<double>{-3, -2, -1, 0, 1}),
            (std::vector<std::uint64_t>{3, 1, 0, 1}));
  EXPECT_EQ(sample.histogram(std::vector<double>{-400, 400}), (std::vector<std::uint64_t>{9 - 1}));
  EXPECT_TRUE(sample.histogram({}).empty());
  EXPECT_TRUE(sample.histogram(std::vector<double>{0}).empty());
}

}  // namespace
}  // namespace halfulp
