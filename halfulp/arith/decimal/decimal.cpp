#include "halfulp/arith/decimal/decimal.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include "halfulp/arith/decimal/integers.hpp"
#include "halfulp/base/error.hpp"

namespace halfulp {

Decimal rounded_to(Magnitude x, bool negative, int digits) {
  if (x.n == 0) return {};
  const int extra = digits_of(x.n) - digits;
  if (extra > 0) {
    const Wide unit = ten_to(extra), below = x.n % unit, half = unit / 2;
    x.n /= unit;
    x.exponent += extra;
    const bool tie = below == half && !x.has_rest;
    if (tie ? x.n % 2 == 1 : below >= half) ++x.n;
  }
  while (x.n % 10 == 0) {
    x.n /= 10;
    ++x.exponent;
  }
  const auto m = static_cast<std::int64_t>(x.n);
  return {negative ? -m : m, x.exponent};
}

namespace {

constexpr int most_digits = 17;

Decimal infinity(bool negative) { return {negative ? -1 : 1, 0, Decimal::Kind::infinite}; }
Decimal not_a_number() { return {0, 0, Decimal::Kind::nan}; }
bool is_finite(const Decimal& a) { return a.kind == Decimal::Kind::finite; }
Wide size_of(const Decimal& a) {
  return static_cast<Wide>(a.significand < 0 ? -a.significand : a.significand);
}

/// Exact sum of magnitudes with signs.  The larger is scaled to 37 digits; of the smaller, digits below those
/// leave a rest.  a has at most 34 digits and b 17 (or the reverse), so a rest is left only when the leading
/// digits are more than 3 places apart, and no cancellation follows: 36 digits stay.
Decimal sum_of(Magnitude a, bool a_negative, Magnitude b, bool b_negative, int digits) {
  if (a.n == 0) return rounded_to(b, b_negative, digits);
  if (b.n == 0) return rounded_to(a, a_negative, digits);
  const auto top = [](const Magnitude& x) { return x.exponent + digits_of(x.n); };
  if (top(a) < top(b)) {
    std::swap(a, b);
    std::swap(a_negative, b_negative);
  }
  const int up = 37 - digits_of(a.n);
  a.n *= ten_to(up);
  a.exponent -= up;
  if (b.exponent >= a.exponent) {
    b.n *= ten_to(b.exponent - a.exponent);  // at most 37 digits: top(b) <= top(a)
  } else {
    const std::int64_t down = a.exponent - b.exponent;
    const Wide unit = down < 39 ? ten_to(down) : 0;
    a.has_rest = unit == 0 || b.n % unit != 0;
    b.n = unit == 0 ? 0 : b.n / unit;
  }
  if (a_negative == b_negative) {
    a.n += b.n;
  } else if (a.n >= b.n) {
    a.n -= b.n + a.has_rest;  // n - (q + f) = (n - q - 1) + (1 - f)
  } else {
    a.n = b.n - a.n;  // equal tops, so nothing was left over
    a_negative = b_negative;
  }
  return rounded_to(a, a_negative, digits);
}

/// The root of (n + rest) 10^exponent: 37 or 38 digits under the root give 19.
Decimal root_of(Magnitude x, bool negative, int digits) {
  if (x.n == 0) return {};
  if (x.exponent % 2 != 0 && digits_of(x.n) == 38) {
    x.has_rest |= x.n % 10 != 0;
    x.n /= 10;
    ++x.exponent;
  }
  if (!x.has_rest) {
    int up = 38 - digits_of(x.n);
    if ((x.exponent - up) % 2 != 0) --up;
    x.n *= ten_to(up);
    x.exponent -= up;
  }
  const std::uint64_t root = whole_root(x.n);
  return rounded_to({root, x.exponent / 2, x.has_rest || Wide{root} * root != x.n}, negative, digits);
}

/// d as a whole number below 10^16, or nothing.
std::optional<std::uint64_t> whole_number(double d) {
  if (!(d >= 0 && d < 1e16) || d != std::floor(d)) return std::nullopt;
  return static_cast<std::uint64_t>(d);
}

/// A stand-in of the same kind and sign: special results are those of binary64.
double stand_in(const Decimal& a) {
  if (a.kind == Decimal::Kind::nan) return std::numeric_limits<double>::quiet_NaN();
  const double sign = a.significand < 0 ? -1 : a.significand > 0 ? 1 : 0;
  return is_finite(a) ? sign : sign * std::numeric_limits<double>::infinity();
}

Decimal of_stand_in(double z) {
  if (std::isnan(z)) return not_a_number();
  return std::isinf(z) ? infinity(z < 0) : Decimal{static_cast<std::int64_t>(z), 0};
}

/// The exact value of x rounded to `digits` digits (to_chars rounds correctly, ties to even).
Decimal digits_of_double(double x, int digits) {
  if (!std::isfinite(x)) return std::isnan(x) ? not_a_number() : infinity(x < 0);
  std::array<char, 64> text{};
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), x, std::chars_format::scientific, digits - 1);
  return *decimal_of(std::string_view(text.data(), static_cast<std::size_t>(end.ptr - text.data())));
}

}  // namespace

int compare(const Decimal& a, const Decimal& b) {
  if (!is_finite(a) || !is_finite(b)) {
    const double x = is_finite(a) ? 0 : stand_in(a), y = is_finite(b) ? 0 : stand_in(b);
    return x < y ? -1 : x > y;
  }
  const Decimal difference = sum_of({size_of(a), a.exponent},
                                    a.significand<0, {size_of(b), b.exponent}, b.significand> 0, most_digits);
  return difference.significand < 0 ? -1 : difference.significand > 0;
}

ExactDecimal::ExactDecimal(int digits, Summation summation) : digits_(digits), summation_(summation) {
  if (digits < 1 || digits > most_digits)
    throw usage_error("decimal arithmetic has 1 to 17 digits, not " + std::to_string(digits));
}

Decimal ExactDecimal::lift(double x) { return digits_of_double(x, digits_); }
Decimal ExactDecimal::lift(DoubleDouble x) { return x.lo == 0 ? lift(x.hi) : nearest(x, 0x1p-104); }
Decimal ExactDecimal::exactly(double x) const { return digits_of_double(x, most_digits); }

Decimal ExactDecimal::rounded(Decimal a) const {
  if (!is_finite(a)) return a;
  return rounded_to({size_of(a), a.exponent}, a.significand < 0, digits_);
}

Decimal ExactDecimal::add(Decimal a, Decimal b) const {
  if (!is_finite(a) || !is_finite(b)) return of_stand_in(stand_in(a) + stand_in(b));
  return sum_of({size_of(a), a.exponent}, a.significand < 0, {size_of(b), b.exponent}, b.significand < 0,
                digits_);
}

Decimal ExactDecimal::mul(Decimal a, Decimal b) const {
  if (!is_finite(a) || !is_finite(b)) return of_stand_in(stand_in(a) * stand_in(b));
  return rounded_to({size_of(a) * size_of(b), a.exponent + b.exponent},
                    (a.significand < 0) != (b.significand < 0), digits_);
}

Decimal ExactDecimal::div(Decimal a, Decimal b) const {
  if (!is_finite(a) || !is_finite(b) || b.significand == 0) return of_stand_in(stand_in(a) / stand_in(b));
  if (a.significand == 0) return {};
  // 38 digits over at most 17: at least 21 digits of quotient.
  const int up = 38 - digits_of(size_of(a));
  const Wide n = size_of(a) * ten_to(up), d = size_of(b);
  return rounded_to({n / d, a.exponent - up - b.exponent, n % d != 0},
                    (a.significand < 0) != (b.significand < 0), digits_);
}

Decimal ExactDecimal::fma(Decimal a, Decimal b, Decimal c) const {
  if (!is_finite(a) || !is_finite(b) || !is_finite(c))
    return of_stand_in(std::fma(stand_in(a), stand_in(b), stand_in(c)));
  return sum_of({size_of(a) * size_of(b), a.exponent + b.exponent},
                (a.significand < 0) != (b.significand < 0), {size_of(c), c.exponent}, c.significand < 0,
                digits_);
}

Decimal ExactDecimal::sqrt(Decimal a) const {
  if (!is_finite(a) || a.significand < 0) return of_stand_in(std::sqrt(stand_in(a)));
  return root_of({size_of(a), a.exponent}, false, digits_);
}

Decimal ExactDecimal::mul_root(Decimal a, double d) const {
  const auto whole = whole_number(d);
  if (!whole) return not_a_number();
  if (!is_finite(a)) return of_stand_in(stand_in(a) * d);
  if (a.significand == 0) return {};
  // a^2 d = head 10^17 + tail, of up to 50 digits; the head takes digits of the tail until it has 37 or 38.
  const Wide square = size_of(a) * size_of(a), unit = ten_to(17);
  const Wide low = square % unit * *whole;
  Magnitude x{square / unit * *whole + low / unit, 2 * a.exponent + 17};
  Wide tail = low % unit;
  while (tail != 0 && (digits_of(x.n) < 37 || (x.exponent % 2 != 0 && digits_of(x.n) < 38))) {
    x.n = x.n * 10 + tail / ten_to(16);
    tail = tail % ten_to(16) * 10;
    --x.exponent;
  }
  x.has_rest = tail != 0;
  return root_of(x, a.significand < 0, digits_);
}

Decimal ExactDecimal::div_root(Decimal a, double d) const {
  const auto whole = whole_number(d);
  if (!whole) return not_a_number();
  if (!is_finite(a) || *whole == 0) return of_stand_in(stand_in(a) / d);
  if (a.significand == 0) return {};
  const Wide square = size_of(a) * size_of(a), divisor = *whole;
  Magnitude x{square / divisor, 2 * a.exponent};
  Wide tail = square % divisor;  // long division, digit by digit
  while (tail != 0 && (digits_of(x.n) < 37 || (x.exponent % 2 != 0 && digits_of(x.n) < 38))) {
    x.n = x.n * 10 + tail * 10 / divisor;
    tail = tail * 10 % divisor;
    --x.exponent;
  }
  x.has_rest = tail != 0;
  return root_of(x, a.significand < 0, digits_);
}

Decimal ExactDecimal::max(Decimal a, Decimal b) const {
  if (a.kind == Decimal::Kind::nan || b.kind == Decimal::Kind::nan) return not_a_number();
  return compare(a, b) < 0 ? b : a;
}

}  // namespace halfulp
