#include <gtest/gtest.h>

#include <string>

#include "halfulp/base/error.hpp"
#include "halfulp/experiments/sample_testing.hpp"
#include "halfulp/experiments/summary.hpp"

namespace halfulp {
namespace {

void expect_refused(const std::vector<std::uint64_t>& words, const std::string& why) {
  std::span<const std::uint64_t> rest(words);
  EXPECT_THROW(Sample::read(rest), input_error) << why;
}

TEST(SampleWords, ReadsWhatItWrites) {
  oracle::Arguments random(14);
  std::vector<Sample> samples{
      Sample(),         sample_of({0}),      sample_of({infinity}),
      sample_of({nan}), sample_of({5e-324}), sample_of({std::numeric_limits<double>::max()})};
  for (int i = 0; i < 50; ++i) samples.push_back(sample_of(any_values(random, 1 + random.bits() % 300)));
  std::vector<std::uint64_t> words;
  for (const Sample& sample : samples) sample.append_to(words);
  std::span<const std::uint64_t> rest(words);
  for (const Sample& sample : samples) EXPECT_EQ(Sample::read(rest), sample);
  EXPECT_TRUE(rest.empty());
}

TEST(SampleWords, EveryCutAndEveryContradictionIsRefused) {
  const std::vector<std::uint64_t> good = words_of(sample_of({0, 1, 1, 1.5, 40, infinity, nan}));
  for (std::size_t size = 0; size < good.size(); ++size)
    expect_refused({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)},
                   "cut to " + std::to_string(size));
  const auto expect_refused_with = [&](std::size_t place, std::uint64_t word) {
    std::vector<std::uint64_t> bad = good;
    bad[place] = word;
    expect_refused(bad, "word " + std::to_string(place) + " = " + std::to_string(word));
  };
  ASSERT_EQ(good[6], 3U);
  const auto is_possible = [&](std::size_t place,
                               std::uint64_t word) {  // another smallest, largest or middle value
    return ((place == 4 || place == 5) && word == good[place] + 1) ||
           (place == 8 && word == (good[place] ^ std::uint64_t{1} << 43));
  };
  for (std::size_t place : {0, 1, 2, 4, 5, 6, 7, 8, 9})  // nan (3) may be any number
    for (const std::uint64_t word : {good[place] + 1, good[place] - 1, ~std::uint64_t{0},
                                     std::uint64_t{1} << 63, good[place] ^ std::uint64_t{1} << 43})
      if (!is_possible(place, word)) expect_refused_with(place, word);
  expect_refused_with(3, ~std::uint64_t{0});
  expect_refused_with(4, 0);
  expect_refused_with(6, std::uint64_t{1} << 40);  // must not allocate what is not there
  expect_refused_with(6, 2);
  for (std::size_t place = 12; place < good.size(); ++place)
    for (int bit = 0; bit < 64; ++bit) {  // whatever is believed must be usable
      std::vector<std::uint64_t> bad = good;
      bad[place] ^= std::uint64_t{1} << bit;
      std::span<const std::uint64_t> rest(bad);
      try {
        Sample twice = Sample::read(rest);
        twice.merge(twice);
        summarise(twice);
      } catch (const input_error&) {
      }
    }
}

TEST(SampleWords, OneContradictionIsEnough) {
  const std::vector<double> values{1, 1.5, 1.75, 40};
  const std::vector<std::uint64_t> good = words_of(sample_of(values));
  const std::vector<std::uint64_t> head(good.begin(), good.begin() + 6);
  const std::vector<std::uint64_t> buckets(good.begin() + 7, good.begin() + 11);
  const auto words = [&](const std::vector<std::uint64_t>& with, double more, double more_squares) {
    std::vector<std::uint64_t> all = head;
    all.push_back(with.size());
    all.insert(all.end(), with.begin(), with.end());
    ExactSum sum, squares;
    for (const double x : values) sum.add(x), squares.add(x * x);
    sum.add(more);
    squares.add(more_squares);
    sum.append_to(all);
    squares.append_to(all);
    return all;
  };
  ASSERT_EQ(words(buckets, 0, 0), good);
  expect_refused(words({buckets[0], buckets[2], buckets[1], buckets[3]}, 0, 0), "order");
  expect_refused(words({buckets[0], buckets[1], buckets[1], buckets[3]}, 0, 0), "twice the same");
  expect_refused(
      words({buckets[0], buckets[1], buckets[1] + (std::uint64_t{1} << 43) - 1, buckets[2], buckets[3]}, 0,
            0),
      "an empty bucket");
  expect_refused(words(buckets, 4 * 40, 0), "sum too large");
  expect_refused(words(buckets, 0, 4 * 1600), "squares too large");
  std::vector<std::uint64_t> small(good.begin(), good.begin() + 11);
  ExactSum one;
  one.add(1);
  one.append_to(small);
  one.append_to(small);
  expect_refused(small, "sums too small");
}

TEST(SampleWords, RandomWordsAreRefusedOrUsable) {
  oracle::Arguments random(15);
  for (int trial = 0; trial < 20000 * oracle::effort(); ++trial) {
    std::vector<std::uint64_t> words = words_of(sample_of(any_values(random, 1 + random.bits() % 8)));
    for (auto changes = 1 + random.bits() % 3; changes > 0; --changes) {
      std::uint64_t& word = words[random.bits() % words.size()];
      word = random.bits() % 2 ? word ^ std::uint64_t{1} << random.bits() % 64 : random.bits() % 4;
    }
    std::span<const std::uint64_t> rest(words);
    try {
      summarise(Sample::read(rest));
    } catch (const input_error&) {
    }
  }
}

}  // namespace
}  // namespace halfulp
