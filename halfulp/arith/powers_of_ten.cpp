// The table is made by the compiler: from 10^0, times ten or by ten, 128 bits kept.
#include "halfulp/arith/powers_of_ten.hpp"

#include <cstdint>

namespace halfulp {
namespace {

__extension__ using Wide = unsigned __int128;
__extension__ using WideSigned = __int128;

constexpr Wide leading_bit = Wide{1} << 127;

/// m is 10^e 2^(127 - T) from below, so that its leading bit is set.
constexpr void put(PowersOfTen& table, int e, Wide m) {
  const Wide high = ((m >> 74) + 1) >> 1;                      // 53 bits, nearest
  const auto low = static_cast<WideSigned>(m - (high << 75));  // wraps where high is 2^53, as it should
  table.high[e + PowersOfTen::largest] = static_cast<double>(static_cast<std::uint64_t>(high)) * 0x1p-52;
  table.low[e + PowersOfTen::largest] = static_cast<double>(low) * 0x1p-127;
}

/// Each step loses at most two units of 2^-127: after 340 of them less than 2^-117.
constexpr PowersOfTen made() {
  PowersOfTen table{};
  Wide m = leading_bit;
  for (int e = 0;; ++e) {
    put(table, e, m);
    if (e == PowersOfTen::largest) break;
    const Wide more = m + (m >> 2);  // 10/8 m
    m = more < m ? (m >> 1) + (m >> 3) : more;
  }
  m = leading_bit;
  for (int e = 0;; --e) {
    put(table, e, m);
    if (e == -PowersOfTen::largest) break;
    const Wide fifth = m / 5, less = m - fifth;  // 8/10 m
    m = less >= leading_bit ? less : m + 3 * fifth + 3 * (m % 5) / 5;
  }
  return table;
}

}  // namespace

constexpr PowersOfTen powers_of_ten_in_two = made();

}  // namespace halfulp
