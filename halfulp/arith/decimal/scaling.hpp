// Double-double values times powers of ten.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "halfulp/arith/decimal/integers.hpp"
#include "halfulp/arith/double_double.hpp"

namespace halfulp {

/// n < 2^128 in double-double, relative error 6 2^-106: pieces of 43 bits, so that only the sums round.
inline DoubleDouble double_double_of_whole(Wide n) {
  constexpr std::uint64_t piece = (std::uint64_t{1} << 43) - 1;
  DoubleDouble z{static_cast<double>(static_cast<std::uint64_t>(n >> 86))};
  z = z * 0x1p43 + static_cast<double>(static_cast<std::uint64_t>(n >> 43) & piece);
  return z * 0x1p43 + static_cast<double>(static_cast<std::uint64_t>(n) & piece);
}

/// 10^k, 0 <= k <= 308.  Exact up to 10^44 (5^44 < 2^103); beyond, at most 8 products: error 40 2^-106.
inline DoubleDouble power_of_ten(std::int64_t k) {
  constexpr std::array<double, 23> small = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                            1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                            1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  DoubleDouble power{1};
  for (; k >= 44; k -= 44) power = power * (DoubleDouble{1e22} * 1e22);
  if (k > 22)
    power = power * (DoubleDouble{1e22} * small[static_cast<std::size_t>(k - 22)]);
  else
    power = power * small[static_cast<std::size_t>(k)];
  return power;
}

/// z 10^k with relative error 2^-99.5 within the range of double-double.
inline DoubleDouble times_power_of_ten(DoubleDouble z, std::int64_t k) {
  if (z.hi == 0 || k > 700 || k < -700)
    return k > 0 ? DoubleDouble{z.hi == 0 ? 0 : z.hi * std::numeric_limits<double>::infinity(), 0}
                 : DoubleDouble{z.hi * 0, 0};
  for (; k > 300; k -= 300) z = z * power_of_ten(300);
  for (; k < -300; k += 300) z = z / power_of_ten(300);
  return k >= 0 ? z * power_of_ten(k) : z / power_of_ten(-k);
}

}  // namespace halfulp
