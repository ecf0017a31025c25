// Powers of ten beyond binary64, as sums of two of its numbers:  10^e = (high + low) 2^T,  T = floor(e log2
// 10). One table for the scalar and the packed rounding to decimal digits; plain data, so that every
// instruction set may read it.
#pragma once

namespace halfulp {

struct PowersOfTen {
  static constexpr int largest = 340;  // |e|; numbers of binary64 to 15 digits need |e| <= 338
  /// Entry e + largest.  1 <= high <= 2 is 10^e 2^-T to nearest; low is the rest, with an error of at most
  /// 2^-106; it is 0 where 10^e 2^-T is a binary64 number, 0 <= e <= 22.
  double high[2 * largest + 1], low[2 * largest + 1];
};

extern const PowersOfTen powers_of_ten_in_two;

/// floor(e log2 10) for |e| <= 1000.  (217706 / 2^16 is close enough to log2 10.)
constexpr int exponent_of_power_of_ten(int e) { return (e * 217706) >> 16; }

}  // namespace halfulp
