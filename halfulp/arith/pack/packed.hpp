// An arithmetic on packs: every operation is the carrier's, then rounded, in every lane.  The lanes may be
// tokens, trials or entries of a result; the code that uses the context does not know.
//
// Bit for bit what Simulated computes, as long as the operation in the carrier and the rounding together are
// one rounding: products of p_1 + p_2 <= 24 (53) bits are exact; sums, quotients and roots of t-bit numbers
// tolerate the carrier's rounding because 24 >= 2 t + 2 (53 >= 2 t + 2).
#pragma once

#include "halfulp/arith/pack/rounding.hpp"

namespace halfulp::HALFULP_TARGET {

template <class Round>
struct Packed {
  using Lane = typename Round::Lane;
  using Value = Pack<Lane>;

  HWY_INLINE explicit Packed(const RoundingConstants<Lane>& c) : round(c) {}

  HWY_INLINE Value add(Value a, Value b) const { return round(a + b); }
  HWY_INLINE Value sub(Value a, Value b) const { return round(a - b); }
  HWY_INLINE Value mul(Value a, Value b) const { return round(a * b); }
  HWY_INLINE Value div(Value a, Value b) const { return round(a / b); }
  HWY_INLINE Value sqrt(Value a) const { return round(HALFULP_TARGET::sqrt(a)); }
  HWY_INLINE Value neg(Value a) const { return -a; }
  HWY_INLINE Value max(Value a, Value b) const { return select(a < b, b, a); }

  Round round;
};

}  // namespace halfulp::HALFULP_TARGET
