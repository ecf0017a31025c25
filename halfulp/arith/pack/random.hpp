// Philox 4x32-10 on packs: counter (column, row, n, kind) of each lane to four words, as philox() in
// base/random.hpp and RandomStream define.
#pragma once

#include "halfulp/arith/pack/pack.hpp"

namespace halfulp::HALFULP_TARGET {

/// Round keys: k + i (0x9E3779B9, 0xBB67AE85), i = 0 .. 9.
struct PhiloxKeys {
  std::uint32_t low[10], high[10];
  HWY_INLINE explicit PhiloxKeys(std::uint64_t key) {
    for (std::uint32_t i = 0; i < 10; ++i) {
      low[i] = static_cast<std::uint32_t>(key) + i * 0x9E3779B9u;
      high[i] = static_cast<std::uint32_t>(key >> 32) + i * 0xBB67AE85u;
    }
  }
};

/// The low halves of 64-bit lanes multiplied in full.
HWY_INLINE Pack<std::uint64_t> multiply_low_halves(Pack<std::uint64_t> a, Pack<std::uint64_t> b) {
#if HWY_TARGET == HWY_SCALAR
  return Pack<std::uint64_t>((hn::GetLane(a.v) & 0xffffffffu) * (hn::GetLane(b.v) & 0xffffffffu));
#else
  const hn::ScalableTag<std::uint32_t> halves;
  return Pack<std::uint64_t>(hn::MulEven(hn::BitCast(halves, a.v), hn::BitCast(halves, b.v)));
#endif
}

/// Four words per 64-bit lane, in the low halves; what stands in the high halves means nothing.
struct PhiloxWords {
  Pack<std::uint64_t> word[4];
};

HWY_INLINE PhiloxWords philox(const PhiloxKeys& keys, PhiloxWords c) {
  using P = Pack<std::uint64_t>;
  const P m0(0xD2511F53u), m1(0xCD9E8D57u);
  for (int i = 0; i < 10; ++i) {
    const P p0 = multiply_low_halves(c.word[0], m0), p1 = multiply_low_halves(c.word[2], m1);
    const P high0 = shift_right<32>(p0), high1 = shift_right<32>(p1);
    c.word[0] = P(hn::Xor3(high1.v, c.word[1].v, P(keys.low[i]).v));
    c.word[2] = P(hn::Xor3(high0.v, c.word[3].v, P(keys.high[i]).v));
    c.word[1] = p1;
    c.word[3] = p0;
  }
  return c;
}

/// Counter (column, row, block, kind) in each 32-bit lane to four words there; row, block and kind are the
/// same in all lanes unless given as packs.
struct RandomWords {
  Pack<std::uint32_t> word[4];
};

HWY_INLINE RandomWords philox(const PhiloxKeys& keys, Pack<std::uint32_t> column, Pack<std::uint32_t> row,
                              std::uint32_t block, std::uint32_t kind) {
  RandomWords words;
#if HWY_TARGET == HWY_SCALAR
  using P = Pack<std::uint64_t>;
  const PhiloxWords w = philox(keys, {{P(hn::GetLane(column.v)), P(hn::GetLane(row.v)), P(block), P(kind)}});
  for (int i = 0; i < 4; ++i)
    words.word[i] = Pack<std::uint32_t>(static_cast<std::uint32_t>(hn::GetLane(w.word[i].v)));
#else
  // Even lanes as they are, odd lanes shifted down: two halves of the work.
  using P = Pack<std::uint64_t>;
  const hn::ScalableTag<std::uint64_t> wide;
  const hn::ScalableTag<std::uint32_t> lanes;
  const P columns(hn::BitCast(wide, column.v)), rows(hn::BitCast(wide, row.v));
  const PhiloxWords even = philox(keys, {{columns, rows, P(block), P(kind)}});
  const PhiloxWords odd =
      philox(keys, {{shift_right<32>(columns), shift_right<32>(rows), P(block), P(kind)}});
  for (int i = 0; i < 4; ++i)
    words.word[i] = Pack<std::uint32_t>(
        hn::OddEven(hn::BitCast(lanes, shift_left<32>(odd.word[i]).v), hn::BitCast(lanes, even.word[i].v)));
#endif
  return words;
}

/// Draw number 2 i + high of RandomStream's 16-bit draws from word i: in the top bits of a word.
template <bool high>
HWY_INLINE Pack<std::uint32_t> draw16(Pack<std::uint32_t> word) {
  if constexpr (high)
    return word & Pack<std::uint32_t>(0xffff0000u);
  else
    return shift_left<16>(word);
}

}  // namespace halfulp::HALFULP_TARGET
