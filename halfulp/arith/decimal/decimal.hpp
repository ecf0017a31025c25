// Exact decimal arithmetic: numbers m 10^e with a whole m of at most p <= 17 digits and no limits on the
// exponent, each operation the exact one rounded once to p digits, half to even.
//
// The slow twin of the format dec<p>, which is the binary64 operation followed by round_to_digits() and so
// rounds twice.  No signed zeros: a script with decimal numbers has none that matters.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "halfulp/arith/double_double.hpp"
#include "halfulp/arith/summation.hpp"

namespace halfulp {

/// significand * 10^exponent, |significand| < 10^17, no trailing zeros (so that equal numbers are equal
/// objects); or an infinity or NaN: what 1/0, 0/0 and the root of a negative number give.
struct Decimal {
  enum class Kind : std::uint8_t { finite, infinite, nan };
  std::int64_t significand = 0;  // +-1 of an infinity
  std::int64_t exponent = 0;     // 0 of zero, infinities and NaN
  Kind kind = Kind::finite;

  /// NaN differs from NaN.
  friend bool operator==(const Decimal& a, const Decimal& b) {
    return a.kind != Kind::nan && a.kind == b.kind && a.significand == b.significand &&
           a.exponent == b.exponent;
  }
};

/// -1, 0 or 1 as a < b, a = b or a > b; neither may be NaN.
int compare(const Decimal& a, const Decimal& b);

/// "1.752", "-12e-3", "inf", "nan": exactly that number; none for other text and for more than 17 significant
/// digits.
std::optional<Decimal> decimal_of(std::string_view text);
/// "-0.4201", "1.5e-12": digits where the exponent is moderate, else scientific.
std::string text_of(const Decimal& a);
/// With relative error 2^-100, beyond the range of binary64 infinite or zero.
DoubleDouble double_double_of(const Decimal& a);
/// A number written with any count of decimal digits, with relative error 2^-100; none for other text.
std::optional<DoubleDouble> double_double_of(std::string_view text);

/// The arithmetic context (arith/arithmetic.hpp) of p significant digits.
class ExactDecimal {
 public:
  using Value = Decimal;

  /// 1 <= digits <= 17; throws usage_error otherwise.
  explicit ExactDecimal(int digits, Summation summation = {});

  int digits() const { return digits_; }
  const Summation& summation() const { return summation_; }

  /// The exact value of x, or hi + lo, rounded to p digits.
  Decimal lift(double x);
  Decimal lift(DoubleDouble x);
  /// x itself where 17 digits hold it (whole numbers up to 10^17, 0.5), else x rounded to 17 digits.
  Decimal exactly(double x) const;
  Decimal load(Decimal a) const { return rounded(a); }
  Decimal store(Decimal a) const { return rounded(a); }

  /// Operands may have all 17 digits, whatever p is.
  Decimal add(Decimal a, Decimal b) const;
  Decimal sub(Decimal a, Decimal b) const { return add(a, neg(b)); }
  Decimal mul(Decimal a, Decimal b) const;
  Decimal div(Decimal a, Decimal b) const;
  Decimal fma(Decimal a, Decimal b, Decimal c) const;
  Decimal sqrt(Decimal a) const;
  /// a sqrt(d) and a / sqrt(d), rounded once; d whole, 0 <= d < 10^16 (NaN otherwise).
  Decimal mul_root(Decimal a, double d) const;
  Decimal div_root(Decimal a, double d) const;

  /// Correctly rounded, from double-double values of relative error at most 2^-96 and checked: where the
  /// value is so close to the midpoint of two numbers that this error could decide (chance 2^-38 per call at
  /// p = 17), the double-double value decides and undecided() counts.  exp beyond |x| = 10^12 is infinite or
  /// zero.
  Decimal exp(Decimal a);
  Decimal tanh(Decimal a);
  Decimal erf(Decimal a);
  std::uint64_t undecided() const { return undecided_; }

  Decimal neg(Decimal a) const { return {-a.significand, a.exponent, a.kind}; }
  Decimal max(Decimal a, Decimal b) const;

 private:
  Decimal rounded(Decimal a) const;
  /// (whole + z) 10^shift, z with absolute error `error`, rounded to a whole number times 10^shift.
  Decimal nearest(std::int64_t whole, DoubleDouble z, double error, std::int64_t shift);
  /// z 10^shift, z with the given relative error.
  Decimal nearest(DoubleDouble z, double relative_error, std::int64_t shift = 0);

  int digits_;
  Summation summation_;
  std::uint64_t undecided_ = 0;
};

}  // namespace halfulp
