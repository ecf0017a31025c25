// The constants of the elementary functions, recomputed with MPFR to 600 bits and compared bit for bit.
#include "halfulp/arith/elementary/tables.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <initializer_list>

#include "halfulp/arith/elementary/erf_grid.hpp"
#include "halfulp/arith/mpfr_oracle.hpp"

namespace halfulp {
namespace {

using oracle::Real;

bool same_bits(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

/// part = RN(rest to `bits`), rest -= part.
double next_part(mpfr_ptr rest, int bits) {
  Real part(bits);
  mpfr_set(part, rest, MPFR_RNDN);
  mpfr_sub(rest, rest, part, MPFR_RNDN);
  return mpfr_get_d(part, MPFR_RNDN);
}

void expect_parts(mpfr_ptr exact, std::initializer_list<double> parts, const char* name, int index,
                  int first_bits = 53) {
  int bits = first_bits;
  for (const double part : parts) {
    EXPECT_TRUE(same_bits(next_part(exact, bits), part)) << name << "[" << index << "]";
    bits = 53;
  }
}

TEST(ElementaryTables, HoldTheNearestNumbers) {
  Real x(600);
  for (int j = 0; j < 64; ++j) {
    mpfr_set_d(x, j / 64.0, MPFR_RNDN);
    mpfr_exp2(x, x, MPFR_RNDN);
    const auto& t = detail::power_of_two[j];
    expect_parts(x, {t.hi, t.mid, t.lo}, "power_of_two", j, 26);
  }
  mpfr_const_log2(x, MPFR_RNDN);
  mpfr_div_ui(x, x, 64, MPFR_RNDN);
  EXPECT_EQ(detail::log_2_by_64.hi, std::floor(mpfr_get_d(x, MPFR_RNDD) * 0x1p40) * 0x1p-40);
  mpfr_sub_d(x, x, detail::log_2_by_64.hi, MPFR_RNDN);
  expect_parts(x, {detail::log_2_by_64.mid, detail::log_2_by_64.lo}, "log_2_by_64", 0);
  for (int n = 0; n < 29; ++n) {
    mpfr_fac_ui(x, n, MPFR_RNDN);
    mpfr_ui_div(x, 1, x, MPFR_RNDN);
    expect_parts(x, {detail::inverse_factorial[n].hi, detail::inverse_factorial[n].lo}, "inverse_factorial",
                 n);
  }
  for (int n = 1; n <= 10; ++n) {
    mpfr_set_ui(x, 1, MPFR_RNDN);
    mpfr_div_ui(x, x, n, MPFR_RNDN);
    expect_parts(x, {detail::inverse[n].hi, detail::inverse[n].lo}, "inverse", n);
  }
  mpfr_const_pi(x, MPFR_RNDN);
  mpfr_div_ui(x, x, 2, MPFR_RNDN);
  expect_parts(x, {detail::half_pi[0], detail::half_pi[1], detail::half_pi[2], detail::half_pi[3]}, "half_pi",
               0);
  mpfr_const_pi(x, MPFR_RNDN);
  mpfr_rec_sqrt(x, x, MPFR_RNDN);
  mpfr_mul_ui(x, x, 2, MPFR_RNDN);
  Real two_by_sqrt_pi(600);
  mpfr_set(two_by_sqrt_pi, x, MPFR_RNDN);
  expect_parts(x, {detail::two_by_sqrt_pi.hi, detail::two_by_sqrt_pi.lo}, "two_by_sqrt_pi", 0);
  for (int j = 0; j < 69; ++j) {
    const auto& at = detail::erf_grid[j];
    mpfr_set_d(x, j / 8.0, MPFR_RNDN);
    mpfr_erf(x, x, MPFR_RNDN);
    expect_parts(x, {at.value.hi, at.value.lo}, "erf_grid.value", j);
    mpfr_set_d(x, -j * j / 64.0, MPFR_RNDN);
    mpfr_exp(x, x, MPFR_RNDN);
    mpfr_mul(x, x, two_by_sqrt_pi, MPFR_RNDN);
    expect_parts(x, {at.slope.hi, at.slope.lo}, "erf_grid.slope", j);
  }
}

}  // namespace
}  // namespace halfulp
