// Random numbers one at a time, for experiments that are not made of packs: functions of (seed, stream,
// index).
#pragma once

#include <cmath>
#include <vector>

#include "halfulp/arith/elementary/elementary.hpp"
#include "halfulp/base/random.hpp"

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

/// Standard normal (Box, Muller 1958):  sqrt(-2 log u) (cos, sin)(2 pi v), a pair from each block.
inline std::vector<double> normal_numbers(const Philox4x32& stream, std::size_t count) {
  std::vector<double> numbers(count + count % 2);
  for (std::size_t i = 0; i < numbers.size(); i += 2) {
    const auto words = stream.block(i / 2);
    const double radius = std::sqrt(-2 * log(uniform(words[0], words[1]) + 0x1p-54));
    const double angle = 6.283185307179586 * uniform(words[2], words[3]);
    numbers[i] = radius * cos(angle);
    numbers[i + 1] = radius * sin(angle);
  }
  numbers.resize(count);
  return numbers;
}

}  // namespace halfulp
