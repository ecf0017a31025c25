// Decimal numbers as text, and as double-double.
#include <fmt/format.h>

#include <charconv>
#include <limits>
#include <string>

#include "halfulp/arith/decimal/decimal.hpp"
#include "halfulp/arith/decimal/integers.hpp"
#include "halfulp/arith/decimal/scaling.hpp"

namespace halfulp {
namespace {

/// digits 10^exponent, without leading and trailing zeros; zero has no digits.
struct Scanned {
  bool negative = false;
  std::string digits;
  std::int64_t exponent = 0;
  Decimal::Kind kind = Decimal::Kind::finite;
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::optional<std::int64_t> exponent_of(std::string_view text) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  std::int64_t e = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), e);
  constexpr std::int64_t largest = 1'000'000'000'000'000;
  if (error != std::errc() || end != text.data() + text.size() || e > largest || e < -largest)
    return std::nullopt;
  return e;
}

/// [+-] digits [. digits] [e exponent], at least one digit; inf; nan.
std::optional<Scanned> scan(std::string_view text) {
  Scanned number;
  if (text.starts_with('-') || text.starts_with('+')) {
    number.negative = text.front() == '-';
    text.remove_prefix(1);
  }
  if (text == "inf" || text == "nan") {
    number.kind = text == "inf" ? Decimal::Kind::infinite : Decimal::Kind::nan;
    return number;
  }
  bool has_point = false, has_digit = false;
  std::size_t i = 0;
  for (; i < text.size() && (is_digit(text[i]) || (text[i] == '.' && !has_point)); ++i) {
    if (text[i] == '.') {
      has_point = true;
      continue;
    }
    has_digit = true;
    if (!number.digits.empty() || text[i] != '0') number.digits += text[i];
    if (has_point) --number.exponent;
  }
  if (!has_digit) return std::nullopt;
  if (i < text.size()) {
    if (text[i] != 'e' && text[i] != 'E') return std::nullopt;
    const auto e = exponent_of(text.substr(i + 1));
    if (!e) return std::nullopt;
    number.exponent += *e;
  }
  while (number.digits.ends_with('0')) {
    number.digits.pop_back();
    ++number.exponent;
  }
  return number;
}

}  // namespace

std::optional<Decimal> decimal_of(std::string_view text) {
  const auto number = scan(text);
  if (!number || number->digits.size() > 17) return std::nullopt;
  const std::int64_t sign = number->negative ? -1 : 1;
  if (number->kind == Decimal::Kind::nan) return Decimal{0, 0, Decimal::Kind::nan};
  if (number->kind == Decimal::Kind::infinite) return Decimal{sign, 0, Decimal::Kind::infinite};
  if (number->digits.empty()) return Decimal{};
  std::int64_t m = 0;
  for (const char c : number->digits) m = 10 * m + (c - '0');
  return Decimal{sign * m, number->exponent};
}

std::string text_of(const Decimal& a) {
  if (a.kind == Decimal::Kind::nan) return "nan";
  const std::string sign = a.significand < 0 ? "-" : "";
  if (a.kind == Decimal::Kind::infinite) return sign + "inf";
  std::string digits = std::to_string(a.significand < 0 ? -a.significand : a.significand);
  const auto count = static_cast<std::int64_t>(digits.size());
  const std::int64_t point = count + a.exponent;  // digits before the decimal point
  if (point > 21 || point < -5) {
    if (count > 1) digits.insert(1, ".");
    return fmt::format("{}{}e{}", sign, digits, point - 1);
  }
  if (point <= 0) return sign + "0." + std::string(static_cast<std::size_t>(-point), '0') + digits;
  if (point >= count) return sign + digits + std::string(static_cast<std::size_t>(point - count), '0');
  digits.insert(static_cast<std::size_t>(point), ".");
  return sign + digits;
}

std::optional<DoubleDouble> double_double_of(std::string_view text) {
  const auto number = scan(text);
  if (!number) return std::nullopt;
  constexpr double inf = std::numeric_limits<double>::infinity();
  const double sign = number->negative ? -1 : 1;
  if (number->kind == Decimal::Kind::nan) return DoubleDouble{std::numeric_limits<double>::quiet_NaN(), 0};
  if (number->kind == Decimal::Kind::infinite) return DoubleDouble{sign * inf, 0};
  if (number->digits.empty()) return DoubleDouble{sign * 0.0, 0};
  // Digits from the 38th on change less than 10^-36 of the value.
  const std::size_t used = number->digits.size() < 37 ? number->digits.size() : 37;
  Wide n = 0;
  for (std::size_t i = 0; i < used; ++i) n = 10 * n + static_cast<Wide>(number->digits[i] - '0');
  const std::int64_t e = number->exponent + static_cast<std::int64_t>(number->digits.size() - used);
  return sign * times_power_of_ten(double_double_of_whole(n), e);
}

DoubleDouble double_double_of(const Decimal& a) {
  if (a.kind == Decimal::Kind::nan) return {std::numeric_limits<double>::quiet_NaN(), 0};
  const double sign = a.significand < 0 ? -1 : 1;
  if (a.kind == Decimal::Kind::infinite) return {sign * std::numeric_limits<double>::infinity(), 0};
  const auto n = static_cast<Wide>(a.significand < 0 ? -a.significand : a.significand);
  return sign * times_power_of_ten(double_double_of_whole(n), a.exponent);
}

}  // namespace halfulp
