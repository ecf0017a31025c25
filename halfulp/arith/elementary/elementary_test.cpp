// Accuracy of the elementary functions against MPFR: the tolerance is the bound of the docstring.
// Correct rounding is in elementary_rounding_test.cpp, the constants in elementary_tables_test.cpp.
#include "halfulp/arith/elementary/elementary.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <limits>
#include <string>
#include <vector>

#include "halfulp/arith/elementary/exp_core.hpp"
#include "halfulp/arith/elementary/fast.hpp"
#include "halfulp/arith/mpfr_oracle.hpp"

namespace halfulp {
namespace {

using oracle::Arguments;
using oracle::Real;

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

bool same_bits(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

/// x and `around` neighbours on either side.
void add_neighbours(std::vector<double>& to, double x, int around) {
  double below = x, above = x;
  to.push_back(x);
  for (int i = 0; i < around; ++i) {
    to.push_back(below = std::nextafter(below, -inf));
    to.push_back(above = std::nextafter(above, inf));
  }
}

/// Random and hostile arguments in [least, greatest]: all magnitudes from 2^-200 on, uniform ones, neighbours
/// of the ends, of small rationals, of multiples of log(2)/128 (switches of the table) and of pi/4 (zeros,
/// switches).
std::vector<double> arguments(double least, double greatest, int count) {
  Arguments random(42);
  std::vector<double> candidates;
  for (int i = 0; i < count; ++i) {
    candidates.push_back(random.uniform(least, greatest));
    candidates.push_back(random.uniform(std::fmax(least, -30), std::fmin(greatest, 30)));
    candidates.push_back(random.uniform(std::fmax(least, -1), std::fmin(greatest, 2)));
    candidates.push_back(random.log_uniform(-60, std::ilogb(greatest)));
    candidates.push_back(random.log_uniform(-200, -20));
  }
  for (const double x : {least, greatest}) add_neighbours(candidates, x, 3);
  for (int i = -300; i <= 300; ++i) {
    add_neighbours(candidates, i / 16.0, 1);
    add_neighbours(candidates, i * 0x1.62e42fefa39efp-8, 1);
    add_neighbours(candidates, i * 0x1.921fb54442d18p-1, 1);
  }
  for (int i = 12; i <= 45; ++i) {  // large near-multiples of pi/2
    const double k = std::floor(random.uniform(0.5, 1) * std::ldexp(1, i));
    add_neighbours(candidates, k * 0x1.921fb54442d18p0, 2);
  }
  for (const double x : {0x1p-27, 0x1p-30, 0x1p-54, 0x1p-60, 0x1p-200}) {
    add_neighbours(candidates, x, 1);
    add_neighbours(candidates, -x, 1);
  }
  std::vector<double> kept;
  for (const double x : candidates) {
    if (x >= least && x <= greatest && x != 0) kept.push_back(x);
  }
  return kept;
}

struct Case {
  const char* name;
  DoubleDouble (*accurate)(DoubleDouble);
  double (*in_binary64)(double);  // may be null
  oracle::UnaryFunction exact;
  double log2_bound;  // of the double-double version
  double least, greatest;
};

const std::vector<Case>& cases() {
  static const std::vector<Case> all = {
      {"exp", exp, exp, mpfr_exp, -100, -600, 709.75},
      {"expm1", expm1, nullptr, mpfr_expm1, -97, -600, 709.75},
      {"log", log, log, mpfr_log, -97, 0x1p-200, 0x1p600},
      {"tanh", tanh, tanh, mpfr_tanh, -97, -400, 400},
      {"erf", erf, erf, mpfr_erf, -98, -30, 30},
      {"sin", sin, sin, mpfr_sin, -99, -0x1p45, 0x1p45},
      {"cos", cos, cos, mpfr_cos, -99, -0x1p45, 0x1p45},
      {"sin_to_2^10", sin, sin, mpfr_sin, -99, -1024, 1024},
      {"cos_to_2^10", cos, cos, mpfr_cos, -99, -1024, 1024},
  };
  return all;
}

std::string text(DoubleDouble x) {
  char buffer[80];
  std::snprintf(buffer, sizeof buffer, "%a + %a", x.hi, x.lo);
  return buffer;
}

void record(const std::string& name, double value) {
  testing::Test::RecordProperty(name, std::to_string(value));
}

TEST(Elementary, DoubleDoubleErrorsStayWithinTheirBounds) {
  for (const Case& c : cases()) {
    Arguments random(3);
    Real argument(260), exact(320);  // hi + lo of with_tail fits 260 bits
    double worst = 0;
    DoubleDouble where;
    for (const double x : arguments(c.least, c.greatest, 500 * oracle::effort())) {
      for (const DoubleDouble& xx : {DoubleDouble{x}, random.with_tail(x)}) {
        argument.set(xx);
        c.exact(exact, argument, MPFR_RNDN);
        const DoubleDouble y = c.accurate(xx);
        ASSERT_EQ(y.hi, y.hi + y.lo) << c.name << " is not normalized at " << text(xx);
        // The absolute term only matters for sin and cos of a double-double next to a zero.
        const double error = oracle::relative_error(y, exact) - 0x1p-150 / std::fabs(y.hi);
        if (error > worst) {
          worst = error;
          where = xx;
        }
      }
    }
    EXPECT_LE(std::log2(worst), c.log2_bound) << c.name << " at " << text(where);
    record(std::string(c.name) + "_double_double_log2_error", std::log2(worst));
  }
}

/// |y - exact| in units in the last place of exact.
double error_in_ulp(double y, mpfr_ptr exact) {
  if (mpfr_zero_p(exact)) return y == 0 ? 0 : inf;
  Real difference(mpfr_get_prec(exact));
  mpfr_sub_d(difference, exact, y, MPFR_RNDN);
  const auto exponent = std::max<mpfr_exp_t>(mpfr_get_exp(exact) - 53, -1074);
  mpfr_mul_2si(difference, difference, -exponent, MPFR_RNDN);
  return std::fabs(mpfr_get_d(difference, MPFR_RNDA));
}

TEST(Elementary, Binary64ErrorsStayBelowHalfAnUlpAndABit) {
  for (const Case& c : cases()) {
    if (c.in_binary64 == nullptr) continue;
    Real argument(53), exact(200);
    double worst = 0, where = 0;
    for (const double x : arguments(c.least, c.greatest, 2500 * oracle::effort())) {
      mpfr_set_d(argument, x, MPFR_RNDN);
      c.exact(exact, argument, MPFR_RNDN);
      const double error = error_in_ulp(c.in_binary64(x), exact);
      if (error > worst) {
        worst = error;
        where = x;
      }
    }
    EXPECT_LE(worst, 0.501) << c.name << " at " << text({where, 0});
    record(std::string(c.name) + "_ulp", worst);
  }
}

TEST(Elementary, SubnormalResultsOfExpAreWithinThreeQuartersOfAnUlp) {
  Arguments random(5);
  Real exact(200);
  for (int i = 0; i < 3000; ++i) {
    const double x = random.uniform(-745.2, -708.3);
    mpfr_set_d(exact, x, MPFR_RNDN);
    mpfr_exp(exact, exact, MPFR_RNDN);
    EXPECT_LE(error_in_ulp(exp(x), exact), 0.751) << x;
  }
}

TEST(Elementary, FastPathsKeepTheirBounds) {
  struct FastPath {
    const char* name;
    DoubleDouble (*value)(double x);
    oracle::UnaryFunction exact;
    double bound, least, greatest;
  };
  const auto exp_value = [](double x) {
    const auto p = detail::exp_core(x);
    const auto k = detail::integer_of(p.shifted) >> 6;
    return DoubleDouble{detail::scaled(p.hi, k), detail::scaled(p.lo, k)};
  };
  const FastPath paths[] = {
      {"exp", exp_value, mpfr_exp, detail::exp_core_error, -620, 709},
      {"tanh",
       [](double x) {
         return DoubleDouble{detail::tanh_fast(x).value, detail::tanh_fast(x).error};
       },
       mpfr_tanh, detail::tanh_fast_error, -detail::last_fast_tanh, detail::last_fast_tanh},
      {"erf",
       [](double x) {
         return DoubleDouble{detail::erf_fast(x).value, detail::erf_fast(x).error};
       },
       mpfr_erf, detail::erf_fast_error, 0x1p-200, detail::last_fast_erf},
  };
  for (const FastPath& path : paths) {
    Real argument(53), exact(200);
    double worst = 0, where = 0;
    for (const double x : arguments(path.least, path.greatest, 6000 * oracle::effort())) {
      if (std::fabs(x) < 0x1p-200) continue;
      mpfr_set_d(argument, x, MPFR_RNDN);
      path.exact(exact, argument, MPFR_RNDN);
      const double error = oracle::relative_error(path.value(x), exact);
      if (error > worst) {
        worst = error;
        where = x;
      }
    }
    EXPECT_LE(worst, path.bound) << path.name << " at " << text({where, 0});
    record(std::string(path.name) + "_fast_log2_error", std::log2(worst));
  }
}

TEST(Elementary, PowKeepsItsBound) {
  Arguments random(11);
  Real x(120), y(120), exact(320);
  double worst = 0;
  for (int i = 0; i < 20000 * oracle::effort(); ++i) {
    const double base = i % 3 == 0 ? std::fabs(random.log_uniform(-300, 300)) : random.uniform(0.1, 20000);
    const double log_of_result = random.uniform(-600, 600) * (i % 2 == 0 ? 1 : 0.01);
    const double exponent = i % 7 == 0 ? std::round(random.uniform(-20, 20)) : log_of_result / std::log(base);
    if (std::fabs(exponent * std::log(base)) > 600) continue;
    mpfr_set_d(x, base, MPFR_RNDN);
    mpfr_set_d(y, exponent, MPFR_RNDN);
    mpfr_pow(exact, x, y, MPFR_RNDN);
    const DoubleDouble power = pow(DoubleDouble{base}, DoubleDouble{exponent});
    const double bound = 0x1p-97 * (1 + std::fabs(exponent * std::log(base)));
    const double ratio = oracle::relative_error(power, exact) / bound;
    EXPECT_LE(ratio, 1) << base << " ^ " << exponent;
    worst = std::fmax(worst, ratio);
    EXPECT_EQ(pow(base, exponent), mpfr_get_d(exact, MPFR_RNDN)) << base << " ^ " << exponent;
  }
  record("pow_worst_share_of_bound", worst);
}

TEST(Elementary, SpecialValuesFollowAnnexF) {
  struct Value {
    const char* call;
    double computed, expected;
  };
  const double tiny = std::numeric_limits<double>::denorm_min(), max = std::numeric_limits<double>::max();
  const std::vector<Value> values = {
      {"exp(0)", exp(0.0), 1},
      {"exp(-0)", exp(-0.0), 1},
      {"exp(inf)", exp(inf), inf},
      {"exp(-inf)", exp(-inf), 0},
      {"exp(710)", exp(710.0), inf},
      {"exp(1e300)", exp(1e300), inf},
      {"exp(-745.2)", exp(-745.2), 0},
      {"exp(-745)", exp(-745.0), tiny},
      {"exp(-max)", exp(-max), 0},
      {"exp(tiny)", exp(tiny), 1},
      {"exp(1e-17)", exp(-1e-17), 1},
      {"exp(nan)", exp(nan), nan},
      {"log(1)", log(1.0), 0},
      {"log(0)", log(0.0), -inf},
      {"log(-0)", log(-0.0), -inf},
      {"log(-1)", log(-1.0), nan},
      {"log(inf)", log(inf), inf},
      {"log(-inf)", log(-inf), nan},
      {"log(nan)", log(nan), nan},
      {"tanh(0)", tanh(0.0), 0},
      {"tanh(-0)", tanh(-0.0), -0.0},
      {"tanh(inf)", tanh(inf), 1},
      {"tanh(-inf)", tanh(-inf), -1},
      {"tanh(50)", tanh(50.0), 1},
      {"tanh(tiny)", tanh(tiny), tiny},
      {"tanh(-max)", tanh(-max), -1},
      {"tanh(nan)", tanh(nan), nan},
      {"erf(0)", erf(0.0), 0},
      {"erf(-0)", erf(-0.0), -0.0},
      {"erf(inf)", erf(inf), 1},
      {"erf(-inf)", erf(-inf), -1},
      {"erf(tiny)", erf(tiny), tiny},
      {"erf(nan)", erf(nan), nan},
      {"sin(0)", sin(0.0), 0},
      {"sin(-0)", sin(-0.0), -0.0},
      {"sin(inf)", sin(inf), nan},
      {"sin(tiny)", sin(tiny), tiny},
      {"sin(nan)", sin(nan), nan},
      {"sin(1e15)", sin(1e15), nan},
      {"cos(0)", cos(0.0), 1},
      {"cos(-0)", cos(-0.0), 1},
      {"cos(-inf)", cos(-inf), nan},
      {"cos(nan)", cos(nan), nan},
      {"pow(2, 10)", pow(2.0, 10.0), 1024},
      {"pow(10, 22)", pow(10.0, 22.0), 1e22},
      {"pow(3, 0)", pow(3.0, 0.0), 1},
      {"pow(nan, 0)", pow(nan, 0.0), 1},
      {"pow(1, nan)", pow(1.0, nan), 1},
      {"pow(0, 2)", pow(0.0, 2.0), 0},
      {"pow(0, -2)", pow(0.0, -2.0), inf},
      {"pow(-1, 2)", pow(-1.0, 2.0), nan},
      {"pow(2, inf)", pow(2.0, inf), inf},
      {"pow(2, -inf)", pow(2.0, -inf), 0},
      {"pow(2, 1024)", pow(2.0, 1024.0), inf},
      {"pow(4, 0.5)", pow(4.0, 0.5), 2},
      {"pow(2, -1074)", pow(2.0, -1074.0), tiny},
      {"expm1(-0)", expm1(DoubleDouble{-0.0}).hi, -0.0},
      {"expm1(-inf)", expm1(DoubleDouble{-inf}).hi, -1},
      {"expm1(inf)", expm1(DoubleDouble{inf}).hi, inf},
      {"expm1(nan)", expm1(DoubleDouble{nan}).hi, nan},
  };
  for (const Value& v : values) {
    if (std::isnan(v.expected)) {
      EXPECT_TRUE(std::isnan(v.computed)) << v.call;
    } else {
      EXPECT_TRUE(same_bits(v.computed, v.expected)) << v.call << " gave " << v.computed;
    }
  }
  for (const double x : {inf, -inf, nan, 1e300, -1e300}) {
    for (auto* f : {+[](DoubleDouble z) { return exp(z); }, +[](DoubleDouble z) { return expm1(z); },
                    +[](DoubleDouble z) { return tanh(z); }, +[](DoubleDouble z) { return erf(z); },
                    +[](DoubleDouble z) { return log(z); }, +[](DoubleDouble z) { return sin(z); }}) {
      const DoubleDouble y = f({x, 0});
      EXPECT_FALSE(std::isnan(y.lo)) << x;
      EXPECT_TRUE(std::isfinite(y.hi) || y.lo == 0) << x;
    }
  }
}

TEST(Elementary, MonotoneWhereTheFunctionIs) {
  for (double x = -40; x < 40; x += 0x1.9p-9) {
    EXPECT_LE(exp(x), exp(std::nextafter(x, inf)));
    EXPECT_LE(tanh(x), tanh(std::nextafter(x, inf)));
    EXPECT_EQ(tanh(-x), -tanh(x));
    EXPECT_EQ(erf(-x), -erf(x));
    EXPECT_EQ(cos(-x), cos(x));
  }
}

}  // namespace
}  // namespace halfulp
