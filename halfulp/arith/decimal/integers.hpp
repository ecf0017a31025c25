// Whole numbers of up to 38 digits, and a rest: what exact decimal operations are made of.
#pragma once

#include <array>
#include <cstdint>

namespace halfulp {

__extension__ using Wide = unsigned __int128;  // up to 3.4 10^38

namespace detail {

constexpr std::array<Wide, 39> powers_of_ten_wide() {
  std::array<Wide, 39> powers{};
  powers[0] = 1;
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}

}  // namespace detail

inline constexpr std::array<Wide, 39> wide_power_of_ten = detail::powers_of_ten_wide();

inline Wide ten_to(std::int64_t k) { return wide_power_of_ten[static_cast<std::size_t>(k)]; }

/// Decimal digits of n; 0 for 0.
inline int digits_of(Wide n) {
  int digits = 0;
  while (digits < 39 && n >= wide_power_of_ten[static_cast<std::size_t>(digits)]) ++digits;
  return digits;
}

/// The exact magnitude lies in (n + (0, 1)) 10^exponent when there is a rest, else it is n 10^exponent.
struct Magnitude {
  Wide n = 0;
  std::int64_t exponent = 0;
  bool has_rest = false;
};

/// The magnitude rounded half to even to `digits` digits.  With a rest, n must have more digits than that.
struct Decimal rounded_to(Magnitude x, bool negative, int digits);

/// floor(sqrt(n)): Newton's iteration from above decreases until it is there.
inline std::uint64_t whole_root(Wide n) {
  if (n == 0) return 0;
  Wide x = Wide{1} << 64;
  for (;;) {
    const Wide next = (x + n / x) / 2;
    if (next >= x) break;
    x = next;
  }
  return static_cast<std::uint64_t>(x);  // n < 2^128, so the root is below 2^64
}

}  // namespace halfulp
