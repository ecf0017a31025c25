// Standard normal numbers as functions of (seed, stream, counter).
#pragma once

#include <array>
#include <cmath>

#include "halfulp/arith/elementary/elementary.hpp"
#include "halfulp/base/random.hpp"

namespace halfulp {

/// The pair of block `counter` (Box, Muller 1958):  sqrt(-2 log u) (cos, sin)(2 pi v),  u in (0, 1], v in
/// [0, 1).
inline std::array<double, 2> normal_pair(const Philox4x32& stream, std::uint64_t counter) {
  const auto words = stream.block(counter);
  const double radius = std::sqrt(-2 * log(uniform(words[0], words[1]) + 0x1p-54));
  const double angle = 6.283185307179586 * uniform(words[2], words[3]);
  return {radius * cos(angle), radius * sin(angle)};
}

}  // namespace halfulp
