#include "halfulp/report/digits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "halfulp/arith/decimal/decimal.hpp"

namespace halfulp {
namespace {

/// 10^n, |n| <= 400, in double-double; exact for 0 <= n <= 22, within 2^-100 each factor else.
DoubleDouble power_of_ten(int n) {
  DoubleDouble power{1, 0}, base{10, 0};
  for (unsigned k = static_cast<unsigned>(std::abs(n)); k > 0; k >>= 1, base = base * base)
    if (k & 1) power = power * base;
  return power;
}
DoubleDouble scaled(DoubleDouble x, int n) {
  if (n > 300) return scaled(x * power_of_ten(300), n - 300);
  return n >= 0 ? x * power_of_ten(n) : x / power_of_ten(n);
}

/// Significant digits and the exponent of the first one.
struct Digits {
  std::string digits;
  int exponent = 0;
};

/// |x| to `count` digits.
Digits digits_of(DoubleDouble x, int count) {
  const std::string guess = fmt::format("{:.0e}", x.hi);
  int exponent = std::stoi(guess.substr(guess.find('e') + 1));
  for (;;) {
    // A whole number of `count` digits, in two halves that binary64 holds.
    const DoubleDouble whole = scaled(x, count - 1 - exponent) + 0.5;
    const double high = std::floor((whole / 1e15).hi);
    const DoubleDouble rest = whole - DoubleDouble{high} * 1e15;
    double low = std::floor(rest.hi);
    if (low == rest.hi && rest.lo < 0) low -= 1;
    const auto borrowed = static_cast<std::int64_t>(low);
    const std::int64_t unit = 1'000'000'000'000'000;
    const std::int64_t top = static_cast<std::int64_t>(high) + (borrowed < 0 ? -1 : borrowed >= unit ? 1 : 0);
    const std::int64_t bottom = borrowed < 0       ? borrowed + unit
                                : borrowed >= unit ? borrowed - unit
                                                   : borrowed;
    std::string digits = top > 0 ? fmt::format("{}{:015}", top, bottom) : fmt::format("{}", bottom);
    if (static_cast<int>(digits.size()) == count) return {digits, exponent};
    exponent += static_cast<int>(digits.size()) > count ? 1 : -1;
  }
}

}  // namespace

std::string in_digits(const Ball& x, int most) {
  if (std::isinf(x.mid.hi)) return x.mid.hi > 0 ? "inf" : "-inf";
  if (!x.is_bounded()) return "nan";
  const double size = std::fabs(x.mid.hi);
  if (size == 0) return "0";
  int known = most;
  if (size < 1e-200 || size > 1e200) known = std::min(known, 25);  // the scale is a product of many factors
  if (x.rad > 0) {
    // relative radius 10^-k: k digits
    const std::string ratio = fmt::format("{:.0e}", x.rad / size);
    known = std::min(known, -std::stoi(ratio.substr(ratio.find('e') + 1)) - 1);
  }
  if (known < 1) return "0";  // as far as is known; printed_radius() says how far
  Digits found = digits_of(abs(x.mid), known);
  while (found.digits.size() > 1 && found.digits.back() == '0') found.digits.pop_back();
  const std::string sign = x.mid.hi < 0 ? "-" : "";
  const int length = static_cast<int>(found.digits.size()), e = found.exponent;
  if (e < -5 || e > 20) {
    const std::string rest = length > 1 ? "." + found.digits.substr(1) : "";
    return fmt::format("{}{}{}e{:+03d}", sign, found.digits[0], rest, e);
  }
  if (e < 0) return sign + "0." + std::string(static_cast<std::size_t>(-e - 1), '0') + found.digits;
  if (length <= e + 1)
    return sign + found.digits + std::string(static_cast<std::size_t>(e + 1 - length), '0');
  return sign + found.digits.substr(0, static_cast<std::size_t>(e) + 1) + "." +
         found.digits.substr(static_cast<std::size_t>(e) + 1);
}

double printed_radius(const Ball& x, int most) {
  if (!x.is_bounded()) return x.rad;
  if (!std::isfinite(x.mid.hi)) return 0;
  const auto printed = double_double_of(in_digits(x, most));
  if (!printed) return HUGE_VAL;
  if (x.is_exact() && x.mid == *printed) return 0;
  // The digits are read back with relative error 2^-100.
  return magnitude(Ball(*printed, std::fabs(printed->hi) * 0x1p-99) - x);
}

}  // namespace halfulp
