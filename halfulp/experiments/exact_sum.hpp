// The sum of non-negative binary64 numbers without any rounding: one fixed-point number,
//   sum = sum_i words[i] 2^(64 i - 1074),   from the least subnormal to beyond 2^64 times the largest number.
// Adding and merging are exact, hence commutative and associative, and equal sums have equal words: the
// result depends on no order and on no number of threads.  Source: Kulisch and Miranker, Computer Arithmetic
// in Theory and Practice (1981), the long accumulator.  Signed terms, which need deferred carries, are left
// out: among non-negative ones a carry dies out after one word nearly always.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace halfulp {

class ExactSum {
 public:
  /// Adds a finite value >= 0.  Exact for any 2^78 values.
  void add(double value);
  /// Adds all that other has seen.
  void merge(const ExactSum& other);
  /// The sum rounded once, to nearest even: infinity from 2^1024 - 2^970 on.
  double value() const;

  /// {index of the lowest non-zero word, number n of words, n words}.
  void append_to(std::vector<std::uint64_t>& words) const;
  /// Takes what append_to wrote off the front of words; input_error for anything append_to cannot write.
  static ExactSum read(std::span<const std::uint64_t>& words);

  friend bool operator==(const ExactSum&, const ExactSum&) = default;

 private:
  void add_word(std::size_t place, std::uint64_t word);

  std::array<std::uint64_t, 34> words_{};  // 2176 bits, of which 2098 hold any one number
};

/// The first word, taken off the front; input_error where there is none, or it is above `most`.
std::uint64_t take_word(std::span<const std::uint64_t>& words, std::uint64_t most = ~std::uint64_t{0});

}  // namespace halfulp
