// Rounding to decimal digits.  x 10^s, with s chosen so that p digits stand before the point, is known as a
// binary64 number and its rest (10^|s| is exact up to |s| = 22), so the nearest integer and its ties are
// exact; so is the way back, one correctly rounded operation.  Beyond |s| = 22 the power is a sum of two
// numbers, and what its error could change is seen.  That, ends of the range and more than 15 digits are left
// to the C++ library's exact conversions (to_chars, from_chars), which do the same, slowly.
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>

#include "halfulp/arith/error_free.hpp"
#include "halfulp/arith/powers_of_ten.hpp"
#include "halfulp/arith/round.hpp"

namespace halfulp {
namespace {

constexpr std::array<double, 23> powers_of_ten = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                  1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                  1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

double by_characters(double x, int digits) {
  std::array<char, 64> text{};
  const auto printed =
      std::to_chars(text.data(), text.data() + text.size(), x, std::chars_format::scientific, digits - 1);
  double rounded = 0;
  const auto read = std::from_chars(text.data(), printed.ptr, rounded);
  if (read.ec == std::errc::result_out_of_range) return std::fabs(x) > 1 ? std::copysign(HUGE_VAL, x) : x;
  return rounded;
}

/// x 10^s, x and the result far from the ends of the exponent range.
Inexact shifted(double x, int s) {
  const double power = powers_of_ten[static_cast<std::size_t>(s < 0 ? -s : s)];
  if (s >= 0) {
    const WithError product = two_prod(x, power);
    return {product.value, product.error};
  }
  const double quotient = x / power;
  return {quotient, std::fma(-quotient, power, x)};  // x - quotient * power, exact; power > 0
}

/// The integer nearest to y.x + y.residual, ties to even; |y.x| < 2^52.
double nearest_integer(Inexact y) {
  const double n = std::nearbyint(y.x);
  const double below = y.x - n;  // exact, at most 1/2
  if (std::fabs(below) != 0.5 || y.residual == 0) return n;
  const double up = y.residual > 0 ? 0.5 : -0.5;  // y.x is a midpoint and the rest breaks the tie
  return y.x + up;
}

/// x 2^e for normal x > 0 and a normal result.
double times_power_of_two(double x, int e) {
  return std::bit_cast<double>(std::bit_cast<std::uint64_t>(x) + (static_cast<std::uint64_t>(e) << 52));
}

/// The nearest whole number, ties to even, |x| < 2^51.
double nearest_whole(double x) { return (x + 0x1.8p52) - 0x1.8p52; }

/// |x| rounded, x and the result normal, with 10^(p-1) <= |x| 10^s < 10^(p+1); none where it is too close to
/// call.
///
/// n within 1 of |x| 10^s comes from one product: of at most four errors 2^-53, so less than 1/2 for n <=
/// 10^15. With 10^-s = (h + l) 2^t the rest  |x| 2^-t - n h  is exact (a multiple of 2^-52 below 2), so that
/// n l decides with an error below 2^-51; at |x| 10^s = 10^p either s will do.  The way back is n h + n l,
/// known to 2^-103: where both ends of that interval round to the same number, so does n 10^-s.
std::optional<double> by_two_parts(double x, int digits, int s) {
  const auto high = [](int e) { return powers_of_ten_in_two.high[e + PowersOfTen::largest]; };
  const double size = std::fabs(x);
  double y = times_power_of_two(size, exponent_of_power_of_ten(s)) * high(s);
  if (y >= powers_of_ten[static_cast<std::size_t>(digits)]) {
    y *= 0.1;
    --s;
  }
  double n = nearest_whole(y);
  const int t = exponent_of_power_of_ten(-s);
  const double h = high(-s), l = powers_of_ten_in_two.low[PowersOfTen::largest - s];
  const double rest = std::fma(-n, l, std::fma(-n, h, times_power_of_two(size, -t)));
  const double beyond = std::fabs(rest) - h / 2;
  if (std::fabs(beyond) < 0x1p-50) return std::nullopt;
  if (beyond > 0) n += std::copysign(1.0, rest);
  const WithError product = two_prod(n, h);
  const double low = std::fma(n, l, product.error), margin = product.value * 0x1p-102;
  const double rounded = product.value + (low + margin);
  if (rounded != product.value + (low - margin)) return std::nullopt;
  return times_power_of_two(rounded, t);
}

}  // namespace

double round_to_digits(double x, int digits) {
  if (x == 0 || !std::isfinite(x)) return x;
  const int e = static_cast<int>(std::bit_cast<std::uint64_t>(std::fabs(x)) >> 52) - 1023;
  const int k = static_cast<int>(std::floor(e * 0.30102999566398120));  // floor(log10 |x|), or one less
  int s = digits - 1 - k;
  if (digits > 15 || e < -1018 || e > 1018) return by_characters(x, digits);
  if (s > 22 || s < -21) {
    const auto size = by_two_parts(x, digits, s);
    return size ? std::copysign(*size, x) : by_characters(x, digits);
  }
  const double top = powers_of_ten[static_cast<std::size_t>(digits)];
  Inexact y = shifted(x, s);
  const double magnitude = std::fabs(y.x);
  const bool below_top =
      magnitude < top || (magnitude == top && (y.residual < 0) != std::signbit(x) && y.residual != 0);
  if (!below_top) y = shifted(x, --s);
  const double n = nearest_integer(y);
  return s >= 0 ? n / powers_of_ten[static_cast<std::size_t>(s)]
                : n * powers_of_ten[static_cast<std::size_t>(-s)];
}

}  // namespace halfulp
