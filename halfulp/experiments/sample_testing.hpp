// Samples for the tests of samples.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "halfulp/arith/mpfr_oracle.hpp"
#include "halfulp/experiments/sample.hpp"

namespace halfulp {

inline constexpr double infinity = std::numeric_limits<double>::infinity();
inline constexpr double nan = std::numeric_limits<double>::quiet_NaN();

inline Sample sample_of(const std::vector<double>& values) {
  Sample sample;
  for (const double value : values) sample.add(value);
  return sample;
}

/// Values of every kind: many magnitudes or few, with zeros, infinities and NaN here and there.
inline std::vector<double> any_values(oracle::Arguments& random, std::size_t count) {
  const int least = static_cast<int>(random.uniform(-1074, 1000));
  const int greatest =
      std::min(1023, least + static_cast<int>(random.uniform(0, random.bits() % 2 ? 3 : 800)));
  const bool special = random.bits() % 2 == 0;
  std::vector<double> values;
  while (values.size() < count) {
    const auto kind = random.bits() % 20;
    values.push_back(special && kind == 0           ? 0
                     : special && kind == 1         ? infinity
                     : special && kind == 2         ? nan
                     : kind == 3 && !values.empty() ? values[random.bits() % values.size()]
                                                    : std::fabs(random.log_uniform(least, greatest)));
  }
  return values;
}

inline std::vector<std::uint64_t> words_of(const Sample& sample) {
  std::vector<std::uint64_t> words;
  sample.append_to(words);
  return words;
}

}  // namespace halfulp
