// What the range of two operands proves about their products and sums: DESIGN's "prove the fast path".
#pragma once

#include <cstddef>
#include <optional>

#include "halfulp/arith/format.hpp"
#include "halfulp/arith/summation.hpp"
#include "halfulp/linalg/kernels.hpp"

namespace halfulp {

/// Every finite number is 0 or a multiple of 2^quantum, below 2^(exponent + 1), and has at most `bits`
/// significant bits.
struct NumberRange {
  int bits = 1, quantum = 0, exponent = 0;
  bool finite = true;
};

template <class T>
NumberRange number_range(const BitRange& range);

/// Whether every number of the range is one of the format, so that rounding to it changes nothing.
bool is_representable(const NumberRange& range, const RoundingRule& rule);

/// The fastest step that provably gives the definition's bits for sums of k products of numbers of the two
/// ranges, accumulated in `acc`; none when this carrier cannot do it.  `a` is the broadcast operand;
/// fused: the target has fused multiply-add.
///
/// Why sums stay in range: with |product| <= P, a power of two, rounding is monotone and keeps P and its
/// small multiples, so no recursive sum exceeds 2 k P (once ulp(s) > 2 P adding P changes nothing), blocked
/// and pairwise ones not 32 k P.  Why they stay normal: rounding to nearest never leaves the multiples of the
/// smallest quantum.
template <class T>
std::optional<ProductStep> proved_step(const RoundingRule& acc, const Summation& summation,
                                       const NumberRange& a, const NumberRange& b, std::size_t k, bool fused);

/// The step that needs no proof of range, when there is one; for sums that a watched step found out of range.
template <class T>
std::optional<ProductStep> careful_step(const RoundingRule& acc);

/// Whether the largest |sum| that a watched step met was in range after all.
template <class T>
bool stayed_in_range(const RoundingRule& acc, T largest) {
  return largest <= static_cast<T>(acc.format.max_finite);
}

}  // namespace halfulp
