#include "halfulp/base/random.hpp"

#include <algorithm>

namespace halfulp {

std::array<std::uint32_t, 4> Philox4x32::block(std::uint64_t counter) const {
  const auto low = [](std::uint64_t x) { return static_cast<std::uint32_t>(x); };
  const auto high = [](std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); };
  return philox(seed, {low(counter), high(counter), low(stream), high(stream)});
}

void Philox4x32::fill(std::uint64_t counter, std::span<std::uint32_t> words) const {
  for (std::size_t i = 0; i < words.size(); i += 4) {
    const auto bits = block(counter++);
    std::copy_n(bits.begin(), std::min<std::size_t>(4, words.size() - i),
                words.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

}  // namespace halfulp
