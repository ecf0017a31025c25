// Simulated arithmetic: elementary functions against MPFR, decimal digits, and the three formats of a step.
#include <gtest/gtest.h>

#include <cmath>

#include "halfulp/arith/round_oracle_testing.hpp"
#include "halfulp/arith/simulated.hpp"

namespace halfulp {
namespace {

using oracle::deterministic_modes;
using oracle::formats_to_test;
using oracle::Rational;
using oracle::same;

TEST(Simulated, ElementaryFunctionsAreCorrectlyRoundedButToBinary64) {
  const struct {
    const char* name;
    oracle::UnaryFunction exact;
    double (Simulated::*rounded)(double);
  } functions[] = {{"exp", mpfr_exp, &Simulated::exp},
                   {"tanh", mpfr_tanh, &Simulated::tanh},
                   {"erf", mpfr_erf, &Simulated::erf},
                   {"sin", mpfr_sin, &Simulated::sin},
                   {"cos", mpfr_cos, &Simulated::cos}};
  for (const Format& f : formats_to_test()) {
    oracle::Arguments random(12);
    for (const auto& function : functions) {
      for (int trial = 0; trial < 20 * oracle::effort(); ++trial) {
        const double x = round({random.log_uniform(std::max(-30, f.is_unbounded() ? -30 : f.emin), 9)},
                               {f, Rounding::toward_zero});
        // exp(-600) is near the end of double-double, and of the carrier of unbounded exponents
        if (std::fabs(x) > 600 && (f.precision > 51 || f.is_unbounded())) continue;
        const Rational v = x == 0 ? Rational(0) : oracle::function_value(function.exact, x);
        if (v == 0) continue;
        for (const Rounding mode : deterministic_modes()) {
          if (f.precision == 53 && mode == Rounding::nearest_even) continue;  // 0.501 ulp
          const RoundingRule rule{f, mode};
          Simulated ar(rule);
          const oracle::Rounded expected = oracle::round_by_definition(v, rule);
          ASSERT_TRUE(same((ar.*function.rounded)(x), expected.value))
              << function.name << "(" << std::hexfloat << x << ") in " << name_of(rule);
          ASSERT_EQ(ar.events().overflow, expected.overflow)
              << function.name << "(" << std::hexfloat << x << ") in " << name_of(rule);
          ASSERT_EQ(ar.events().underflow, expected.value == 0)
              << function.name << "(" << std::hexfloat << x << ") in " << name_of(rule);
        }
      }
    }
  }
}

TEST(Simulated, RootsOfDAreRoundedOnceInEveryFormat) {
  oracle::Arguments random(13);
  mpfr_t exact, root;
  mpfr_inits2(400, exact, root, static_cast<mpfr_ptr>(nullptr));
  for (const char* name : {"bin8", "bin24", "bin51", "bin52", "bin53"}) {
    const RoundingRule rule = rounding_rule(name);
    Simulated ar(rule);
    for (int trial = 0; trial < 500; ++trial) {
      const double a = round({random.log_uniform(-30, 30)}, rule), d = 1 + trial % 50;
      mpfr_set_d(root, d, MPFR_RNDN);
      mpfr_sqrt(root, root, MPFR_RNDN);
      mpfr_mul_d(exact, root, a, MPFR_RNDN);
      mpfr_prec_round(exact, rule.format.precision, MPFR_RNDN);
      ASSERT_EQ(ar.mul_root(a, d), mpfr_get_d(exact, MPFR_RNDN)) << name << " " << a << " " << d;
      mpfr_set_prec(exact, 400);
      mpfr_d_div(exact, a, root, MPFR_RNDN);
      mpfr_prec_round(exact, rule.format.precision, MPFR_RNDN);
      ASSERT_EQ(ar.div_root(a, d), mpfr_get_d(exact, MPFR_RNDN)) << name << " " << a << " " << d;
      mpfr_set_prec(exact, 400);
    }
  }
  mpfr_clears(exact, root, static_cast<mpfr_ptr>(nullptr));
}

TEST(Simulated, DecimalDigitsAreThoseOfTheBinary64Operation) {
  Simulated ar(rounding_rule("dec4"));
  EXPECT_EQ(ar.add(1.234, 0.00056), round_to_digits(1.234 + 0.00056, 4));
  EXPECT_EQ(ar.mul(1.234, 5.678), 7.007);
  EXPECT_EQ(ar.div(1, 3), 0.3333);
  EXPECT_EQ(ar.sqrt(2), 1.414);
  EXPECT_EQ(ar.exp(1), 2.718);
  EXPECT_EQ(ar.fma(1.234, 5.678, 1), round_to_digits(std::fma(1.234, 5.678, 1), 4));
}

TEST(Simulated, LoadAccumulateAndStoreHaveFormatsOfTheirOwn) {
  Simulated ar(StepFormats{rounding_rule("e5m2"), rounding_rule("fp32"), rounding_rule("bf16:up")});
  EXPECT_EQ(ar.load(1.1), 1.0);
  EXPECT_EQ(ar.add(1, 0x1p-20), 1 + 0x1p-20);
  EXPECT_EQ(ar.lift(0.1), static_cast<double>(0.1f));
  EXPECT_EQ(ar.store(1 + 0x1p-20), 1 + 0x1p-7);
  EXPECT_EQ(ar.exactly(0.1), 0.1);
}

}  // namespace
}  // namespace halfulp
