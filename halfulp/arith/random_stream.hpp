// The random bits of stochastic rounding: roundings of one place (a site, an entry of its result) draw from a
// stream of their own, in the order in which they are made.
#pragma once

#include <cstdint>

#include "halfulp/base/random.hpp"

namespace halfulp {

/// Draw number n of entry (row, column) under `key`:  word (n / 2) % 4, half n % 2 (low first), of
/// philox(key, {column, row, n / 8, 0}) for 16-bit draws;  word n % 4 of philox(key, {column, row, n / 4, 1})
/// for 32-bit draws.  A draw is returned in the top bits of the word.
class RandomStream {
 public:
  explicit RandomStream(std::uint64_t key = 0) : key_(key) {}

  std::uint64_t key() const { return key_; }
  /// The stream of one entry, from its first draw.
  RandomStream at(std::uint32_t row, std::uint32_t column) const {
    RandomStream stream(key_);
    stream.row_ = row;
    stream.column_ = column;
    return stream;
  }
  std::uint32_t draw16() {
    const std::uint32_t n = drawn_++;
    const std::uint32_t word = block(n / 8, 0)[(n / 2) % 4];
    return n % 2 == 0 ? word << 16 : word & 0xffff0000u;
  }
  std::uint32_t draw32() {
    const std::uint32_t n = drawn_++;
    return block(n / 4, 1)[n % 4];
  }

 private:
  /// The block number `index` of a width (0: 16 bits, 1: 32 bits).  The last one is kept; draws of both
  /// widths may alternate.
  const std::array<std::uint32_t, 4>& block(std::uint32_t index, std::uint32_t width) {
    const std::uint64_t wanted = 2 * std::uint64_t{index} + width;
    if (wanted != kept_) words_ = philox(key_, {column_, row_, index, width});
    kept_ = wanted;
    return words_;
  }

  std::uint64_t key_ = 0;
  std::uint32_t row_ = 0, column_ = 0, drawn_ = 0;
  std::array<std::uint32_t, 4> words_{};
  std::uint64_t kept_ = ~std::uint64_t{0};
};

}  // namespace halfulp
