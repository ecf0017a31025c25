#include "halfulp/arith/format.hpp"

#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "halfulp/base/error.hpp"
#include "halfulp/base/suggest.hpp"

namespace halfulp {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// The largest finite number is `top` in units of 2^(emax - t + 1); IEEE formats use the whole last binade.
Format binary(std::string name, int precision, int emin, int emax, Specials specials, double top = 0) {
  if (top == 0) top = std::ldexp(1.0, precision) - 1;
  return {std::move(name), precision, emin, emax, std::ldexp(top, emax - precision + 1), specials, 0};
}

Format ieee_like(std::string name, int exponent_bits, int fraction_bits) {
  const int bias = (1 << (exponent_bits - 1)) - 1;
  return binary(std::move(name), fraction_bits + 1, 1 - bias, bias, Specials::ieee);
}

Format unbounded(std::string name, int precision) {
  return {std::move(name), precision, -1022, 1023, infinity, Specials::none, 0};
}

Format decimal(std::string name, int digits) {
  return {std::move(name), 53, -1022, 1023, infinity, Specials::none, digits};
}

/// The whole of `text` as a number in lowest..highest.
std::optional<int> number(std::string_view text, int lowest, int highest) {
  int value = 0;
  if (text.starts_with('0') && text.size() > 1) return std::nullopt;  // one format, one name
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (value < lowest || value > highest) return std::nullopt;
  return value;
}

std::optional<Format> parametric(std::string_view name) {
  const std::string text(name);
  if (name.starts_with("bin")) {
    if (const auto t = number(name.substr(3), 1, 53)) return unbounded(text, *t);
  }
  if (name.starts_with("dec")) {
    if (const auto p = number(name.substr(3), 1, 17)) return decimal(text, *p);
  }
  const auto m = name.find('m');
  if (name.starts_with('e') && m != std::string_view::npos) {
    const auto x = number(name.substr(1, m - 1), 2, 10), y = number(name.substr(m + 1), 1, 51);
    if (x && y) return ieee_like(text, *x, *y);
  }
  return std::nullopt;
}

const std::vector<std::string>& mode_names() {
  static const std::vector<std::string> names = {"nearest-even", "nearest-away", "toward-zero",
                                                 "up",           "down",         "stochastic"};
  return names;
}

}  // namespace

double Format::smallest_subnormal() const {
  return is_unbounded() ? 0 : std::ldexp(1.0, emin - precision + 1);
}
double Format::smallest_normal() const { return is_unbounded() ? 0 : std::ldexp(1.0, emin); }
double Format::unit_roundoff() const {
  if (!is_decimal()) return std::ldexp(1.0, -precision);
  double power = 1;
  for (int i = 1; i < digits; ++i) power *= 10;  // exact up to 10^22
  return 0.5 / power;
}

bool Format::holds(const Format& narrow) const {
  if (is_decimal() || narrow.is_decimal()) return *this == narrow;
  if (precision < narrow.precision) return false;
  if (is_unbounded()) return true;
  return !narrow.is_unbounded() && smallest_subnormal() <= narrow.smallest_subnormal() &&
         max_finite >= narrow.max_finite;
}

bool RoundingRule::is_to_nearest() const {
  return mode == Rounding::nearest_even || mode == Rounding::nearest_away;
}

const std::vector<Format>& named_formats() {
  static const std::vector<Format> formats = {
      ieee_like("fp64", 11, 52),
      ieee_like("fp32", 8, 23),
      ieee_like("tf32", 8, 10),
      ieee_like("bf16", 8, 7),
      ieee_like("fp16", 5, 10),
      binary("e4m3fn", 4, -6, 8, Specials::fn, 14),  // the all-ones pattern is NaN: 448, not 480
      ieee_like("e5m2", 5, 2),
      binary("e4m3fnuz", 4, -7, 7, Specials::fnuz),
      binary("e5m2fnuz", 3, -15, 15, Specials::fnuz),
      binary("e3m2", 3, -2, 4, Specials::finite),
      binary("e2m3", 4, 0, 2, Specials::finite),
      binary("e2m1", 2, 0, 2, Specials::finite),
  };
  return formats;
}

Format format_named(std::string_view name) {
  std::vector<std::string> names;
  for (const Format& format : named_formats()) {
    if (format.name == name) return format;
    names.push_back(format.name);
  }
  if (const auto format = parametric(name)) return *format;
  names.insert(names.end(), {"bin8", "bin11", "dec4", "dec8", "e5m10"});
  throw usage_error("unknown format '" + std::string(name.substr(0, 64)) + "': did you mean " +
                    list_of(nearest_names(name, names)) +
                    "?  Also eXmY (X 2 to 10, Y 1 to 51), bin<t> (t 1 to 53), dec<p> (p 1 to 17); "
                    "`halfulp formats` lists them");
}

Rounding rounding_named(std::string_view name) {
  for (std::size_t i = 0; i < mode_names().size(); ++i)
    if (mode_names()[i] == name) return static_cast<Rounding>(i);
  throw usage_error("unknown rounding mode '" + std::string(name.substr(0, 64)) + "': one of " +
                    list_of(mode_names()));
}

std::string_view name_of(Rounding mode) { return mode_names()[static_cast<std::size_t>(mode)]; }

RoundingRule rounding_rule(std::string_view text) {
  RoundingRule rule;
  auto colon = text.find(':');
  bool has_mode = false;
  const std::string_view whole = text;
  rule.format = format_named(text.substr(0, colon));
  while (colon != std::string_view::npos) {
    text.remove_prefix(colon + 1);
    colon = text.find(':');
    const std::string_view word = text.substr(0, colon);
    const bool is_saturate = word == "saturate";
    if (!is_saturate) rule.mode = rounding_named(word);
    bool& seen = is_saturate ? rule.saturate : has_mode;
    if (seen) throw usage_error("'" + std::string(whole.substr(0, 64)) + "' says twice how to round");
    seen = true;
  }
  if (rule.format.is_decimal() && rule.mode != Rounding::nearest_even)
    throw usage_error(rule.format.name + " is rounded to nearest-even only");
  return rule;
}

std::string name_of(const RoundingRule& rule) {
  std::string text = rule.format.name;
  if (rule.mode != Rounding::nearest_even) text.append(":").append(name_of(rule.mode));
  if (rule.saturate) text += ":saturate";
  return text;
}

std::string overflow_result(const Format& format, Rounding mode, bool negative) {
  if (format.is_unbounded()) return "none";
  const bool inward = mode == Rounding::toward_zero || mode == (negative ? Rounding::up : Rounding::down);
  if (inward || format.specials == Specials::finite) return "max";
  return format.specials == Specials::ieee ? "inf" : "nan";
}

}  // namespace halfulp
