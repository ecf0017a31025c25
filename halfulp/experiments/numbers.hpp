// Random numbers one at a time, for experiments that are not made of packs: functions of (seed, stream,
// index).
#pragma once

#include <vector>

#include "halfulp/models/normal_numbers.hpp"

namespace halfulp {

/// Uniform on [0, 1): number i is half i mod 2 of block i / 2.
inline std::vector<double> uniform_numbers(const Philox4x32& stream, std::size_t count) {
  std::vector<double> numbers(count + count % 2);
  for (std::size_t i = 0; i < numbers.size(); i += 2) {
    const auto words = stream.block(i / 2);
    numbers[i] = uniform(words[0], words[1]);
    numbers[i + 1] = uniform(words[2], words[3]);
  }
  numbers.resize(count);
  return numbers;
}

/// Standard normal, a pair from each block.
inline std::vector<double> normal_numbers(const Philox4x32& stream, std::size_t count) {
  std::vector<double> numbers(count + count % 2);
  for (std::size_t i = 0; i < numbers.size(); i += 2) {
    const auto [first, second] = normal_pair(stream, i / 2);
    numbers[i] = first;
    numbers[i + 1] = second;
  }
  numbers.resize(count);
  return numbers;
}

}  // namespace halfulp
