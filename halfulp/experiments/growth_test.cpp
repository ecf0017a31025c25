#include "halfulp/experiments/growth.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "halfulp/arith/mpfr_oracle.hpp"
#include "halfulp/base/error.hpp"

namespace halfulp {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

using Law = std::function<double(std::uint64_t trial, std::size_t layer)>;

std::vector<GroupedSample> samples_of(std::size_t layers, std::uint64_t trials, const Law& law) {
  std::vector<GroupedSample> samples(layers);
  for (std::uint64_t trial = 0; trial < trials; ++trial)
    for (std::size_t layer = 0; layer < layers; ++layer) samples[layer].add(trial, law(trial, layer));
  return samples;
}

std::vector<GroupedValue> values_of(const std::vector<GroupedSample>& samples, Statistic statistic) {
  std::vector<GroupedValue> values;
  for (const GroupedSample& sample : samples) values.push_back(value_of(statistic, sample, sample.total()));
  return values;
}
Growth growth_of(const std::vector<GroupedSample>& samples, std::size_t first, std::size_t last,
                 Statistic statistic) {
  return fit_growth(values_of(samples, statistic), first, last);
}
Growth power_of_means(const std::vector<double>& x, const std::vector<GroupedSample>& samples,
                      std::size_t first, std::size_t last) {
  return fit_power(x, values_of(samples, Statistic::mean), first, last);
}

double exponential(oracle::Arguments& random) { return -std::log1p(-random.uniform()); }

TEST(Growth, OfAPowerOfTenPerLayerIsItsExponent) {
  const auto samples = samples_of(20, 64, [](auto, std::size_t layer) {
    return 3e-8 * std::pow(10, 0.125 * static_cast<double>(layer));
  });
  for (const Statistic statistic : {Statistic::mean, Statistic::median}) {
    const Growth growth = growth_of(samples, 3, 19, statistic);
    EXPECT_NEAR(growth.rate, 0.125, 1e-14);
    EXPECT_NEAR(growth.interval.low, 0.125, 1e-14);
    EXPECT_NEAR(growth.interval.high, 0.125, 1e-14);
  }
}

/// Groups differ by their exponent alone, 0.1 + 0.01 g: the deviation of 0 .. 15 is sqrt(16 17 / 12).
TEST(Growth, IntervalIsStudentsOverTheGroups) {
  const auto samples = samples_of(9, 16, [](std::uint64_t trial, std::size_t layer) {
    return std::pow(10, (0.1 + 0.01 * static_cast<double>(trial)) * static_cast<double>(layer));
  });
  const Growth growth = growth_of(samples, 0, 8, Statistic::median);
  EXPECT_NEAR(growth.rate, 0.17, 2 * 0x1p-11);  // order statistic 8 of 16 in each layer
  const double half_width = 2.131449546 * 0.01 * std::sqrt(16 * 17 / 12.0) / 4;
  EXPECT_NEAR(growth.interval.high - growth.rate, half_width, 1e-6);
  EXPECT_NEAR(growth.rate - growth.interval.low, half_width, 1e-6);
}

TEST(Growth, RateIsTheLeastSquaresSlope) {
  const double means[] = {1, 10, 10, 1000, 10};  // y = 0 1 1 3 1: slope ((-2)0 + (-1)1 + 0 + 1 3 + 2 1) / 10
  const auto samples = samples_of(5, 16, [&](auto, std::size_t layer) { return means[layer]; });
  EXPECT_NEAR(growth_of(samples, 0, 4, Statistic::mean).rate, 0.4, 1e-15);
  EXPECT_NEAR(growth_of(samples, 1, 3, Statistic::mean).rate, 1, 1e-15);
  const std::vector<double> x{1, 100, 1e4, 1e6, 1e8};
  EXPECT_NEAR(power_of_means(x, samples, 0, 4).rate, 0.2, 1e-15);
}

// Over 600 experiments the standard deviation of a coverage of 0.95 is 0.009; the tolerance is four.
TEST(Growth, IntervalsCover) {
  int mean = 0, median = 0;
  constexpr int repeats = 600;
  oracle::Arguments random(41);
  const auto covers = [](const Growth& growth) {
    return growth.interval.low <= 0.05 && 0.05 <= growth.interval.high;
  };
  for (int i = 0; i < repeats; ++i) {
    double rate = 0;  // each trial has its own, symmetric about 0.05: its layers are not independent
    const auto dependent = samples_of(6, 320, [&](std::uint64_t, std::size_t layer) {
      if (layer == 0) rate = 0.05 + 0.1 * (random.uniform() - random.uniform());
      return std::pow(10, rate * static_cast<double>(layer) + random.uniform() - random.uniform());
    });
    const auto independent = samples_of(6, 320, [&](std::uint64_t, std::size_t layer) {
      return std::pow(10, 0.05 * static_cast<double>(layer)) * exponential(random);
    });
    median += covers(growth_of(dependent, 0, 5, Statistic::median)) ? 1 : 0;
    mean += covers(growth_of(independent, 0, 5, Statistic::mean)) ? 1 : 0;
  }
  EXPECT_NEAR(mean / static_cast<double>(repeats), 0.95, 0.036);
  EXPECT_NEAR(median / static_cast<double>(repeats), 0.95, 0.036);
}

TEST(Growth, WhatCannotBeFittedIsNaN) {
  const auto one = [](std::uint64_t trial,
                      std::size_t layer) {  // an infinity in group 3 of layer 2, zeros in layer 4
    return layer == 2 && trial == 3 ? infinity : layer == 4 ? 0.0 : 1.0;
  };
  const auto samples = samples_of(6, 160, one);
  const auto is_nan = [](const Interval& i) { return std::isnan(i.low) && std::isnan(i.high); };
  EXPECT_TRUE(std::isnan(growth_of(samples, 0, 3, Statistic::mean).rate));
  EXPECT_EQ(growth_of(samples, 0, 3, Statistic::median).rate, 0);
  EXPECT_EQ(growth_of(samples, 0, 3, Statistic::median).interval.low, 0);
  EXPECT_TRUE(std::isnan(growth_of(samples, 3, 5, Statistic::median).rate));
  const Growth few = growth_of(samples_of(4, 15, one), 0, 1, Statistic::mean);  // group 15 is empty
  EXPECT_EQ(few.rate, 0);
  EXPECT_TRUE(is_nan(few.interval));
  EXPECT_TRUE(std::isnan(power_of_means(std::vector<double>(6, 2.0), samples, 0, 1).rate));
  EXPECT_TRUE(std::isnan(power_of_means(std::vector<double>{0, 1, 2, 3, 4, 5}, samples, 0, 1).rate));
}

TEST(Growth, RangesAreChecked) {
  const auto samples = samples_of(4, 16, [](auto, auto) { return 1.0; });
  EXPECT_THROW(growth_of(samples, 2, 2, Statistic::mean), shape_error);
  EXPECT_THROW(growth_of(samples, 0, 4, Statistic::mean), shape_error);
  EXPECT_THROW(power_of_means(std::vector<double>(3, 1.0), samples, 0, 2), shape_error);
  EXPECT_THROW(local_slopes(std::vector<double>(3, 1.0), std::vector<double>(2, 1.0)), shape_error);
}

TEST(Growth, LocalSlopesAreTheExponentsBetweenNeighbours) {
  const std::vector<double> x{1, 2, 4, 4, 8, 16, 32}, y{3, 12, 12, 5, 0, 1, infinity};
  const std::vector<double> slopes = local_slopes(x, y);
  ASSERT_EQ(slopes.size(), 6U);
  EXPECT_NEAR(slopes[0], 2, 1e-15);
  EXPECT_EQ(slopes[1], 0);
  for (std::size_t i = 2; i < 6; ++i) EXPECT_TRUE(std::isnan(slopes[i])) << i;
  EXPECT_TRUE(local_slopes({}, {}).empty());
}

TEST(GroupedSample, PartsMergeIntoTheWhole) {
  oracle::Arguments random(42);
  GroupedSample whole;
  std::vector<GroupedSample> parts(5);
  Sample all;
  for (std::uint64_t trial = 0; trial < 1000; ++trial) {
    const double value = exponential(random);
    whole.add(trial, value);
    all.add(value);
    parts[random.bits() % 5].add(trial, value);
  }
  GroupedSample merged;
  for (const GroupedSample& part : parts) merged.merge(part);
  EXPECT_EQ(merged, whole);
  EXPECT_EQ(merged.total(), all);
  EXPECT_EQ(whole.groups()[7].count(), 63U);
  EXPECT_EQ(whole.groups()[8].count(), 62U);
  std::vector<std::uint64_t> words;
  whole.append_to(words);
  std::span<const std::uint64_t> rest(words);
  EXPECT_EQ(GroupedSample::read(rest), whole);
  EXPECT_TRUE(rest.empty());
  rest = std::span<const std::uint64_t>(words).first(words.size() - 1);
  EXPECT_THROW(GroupedSample::read(rest), input_error);
}

}  // namespace
}  // namespace halfulp
