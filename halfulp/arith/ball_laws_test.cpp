// Balls: the exact result lies within, whatever the operands; and the balls stay small where they can.
#include <gtest/gtest.h>

#include "halfulp/arith/arithmetic_laws_testing.hpp"
#include "halfulp/arith/real.hpp"

namespace halfulp {
namespace {

using testing::Enclosure;
using testing::Law;

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double largest = std::numeric_limits<double>::max();

Ball ball(const Enclosure& a) { return {a.mid, a.rad}; }

/// The operations of the context, and those that only formulas use.
std::vector<Law<BallArithmetic>> laws() {
  using A = BallArithmetic;
  using P = mpfr_srcptr;
  constexpr auto N = MPFR_RNDN;
  auto all = testing::laws_of_enclosures<A>();
  const auto add = [&](const char* name, int operands, auto operation, auto exact, mpfr_prec_t precision) {
    all.push_back({name, operands,
                   [=](A&, const Ball& a, const Ball& b, const Ball&) { return operation(a, b); }, exact,
                   precision});
  };
  const auto unary = [&](const char* name, Ball (*f)(const Ball&), oracle::UnaryFunction g,
                         mpfr_prec_t precision) {
    add(
        name, 1, [f](const Ball& a, const Ball&) { return f(a); }, [g](mpfr_ptr z, P x, P, P) { g(z, x, N); },
        precision);
  };
  unary(
      "abs", abs, [](mpfr_ptr z, P x, mpfr_rnd_t mode) { return mpfr_abs(z, x, mode); }, 2400);
  unary("log", log, mpfr_log, 300);
  unary("expm1", expm1, mpfr_expm1, 300);
  add(
      "min", 2, [](const Ball& a, const Ball& b) { return min(a, b); },
      [](mpfr_ptr z, P x, P y, P) { mpfr_min(z, x, y, N); }, 2400);
  return all;
}

TEST(Ball, ContainsTheExactResultAtEveryPointOfItsOperands) {
  testing::check_containment<BallArithmetic>(laws(), ball, 1500);
}

TEST(Ball, LargerBallsGiveLargerBalls) { testing::check_inclusion<BallArithmetic>(laws(), ball, 3000); }

TEST(Ball, EndsAreOutsideAndMagnitudesTooAndNoFurtherThanRoundingAsks) {
  testing::HostileBalls balls(33);
  oracle::Real end(2400);
  for (int trial = 0; trial < 20000 * oracle::effort(); ++trial) {
    const Enclosure a = balls.next();
    if (!a.is_bounded()) continue;
    const double upper = upper_end(ball(a)), lower = lower_end(ball(a));
    end.set(a.mid);
    mpfr_add_d(end, end, a.rad, MPFR_RNDN);
    ASSERT_LE(mpfr_cmp_d(end, upper), 0) << testing::text_of(a);
    // at most two neighbours above
    const double down = std::nextafter(std::nextafter(upper, -inf), -inf);
    if (std::isfinite(upper) && mpfr_cmp_d(end, down) < 0) {
      const double lost = mpfr_get_d(end, MPFR_RNDU);
      ASSERT_LE(upper - lost, 0x1p-51 * std::fmax(a.rad, std::fabs(upper))) << testing::text_of(a);
    }
    end.set(a.mid);
    mpfr_sub_d(end, end, a.rad, MPFR_RNDN);
    ASSERT_GE(mpfr_cmp_d(end, lower), 0) << testing::text_of(a);
    for (int point = 0; point < testing::picks; ++point) {
      testing::pick(a, point, balls.random(), end);
      mpfr_abs(end, end, MPFR_RNDN);
      ASSERT_LE(mpfr_cmp_d(end, magnitude(ball(a))), 0) << testing::text_of(a);
      ASSERT_GE(mpfr_cmp_d(end, mignitude(ball(a))), 0) << testing::text_of(a);
    }
    if (const auto sign = certain_sign(ball(a)); sign && *sign != 0) {
      ASSERT_TRUE(*sign > 0 ? lower > 0 : upper < 0) << testing::text_of(a);
    }
  }
}

TEST(Ball, ContainsSaysYesToEveryPointOfTheBall) {
  oracle::Arguments random(34);
  for (int trial = 0; trial < 2000; ++trial) {
    const DoubleDouble mid = random.with_tail(random.log_uniform(-30, 30));
    const double rad = std::fabs(mid.hi) * std::ldexp(1, -static_cast<int>(random.bits() % 100));
    EXPECT_TRUE(contains({mid, rad}, mid + random.uniform(-1, 1) * rad));
    EXPECT_FALSE(contains({mid, rad}, mid + 1.01 * rad));
    EXPECT_TRUE(contains({mid, 0}, mid));
  }
  EXPECT_TRUE(contains(Ball::everything(), DoubleDouble{3}));
  EXPECT_TRUE(contains(Ball(inf), DoubleDouble{inf}));
  EXPECT_FALSE(contains(Ball(inf), DoubleDouble{3}));
}

/// Operations on exact numbers of moderate size keep nearly all of double-double, also near their zeros.
TEST(Ball, RadiiStaySmall) {
  oracle::Arguments random(35);
  const auto small = [](const Ball& z, double relative, const char* name, double x) {
    EXPECT_LE(z.rad, relative * std::fabs(z.mid.hi)) << name << "(" << x << ")";
  };
  for (int trial = 0; trial < 2000; ++trial) {
    const double x = random.log_uniform(-300, 300), y = random.log_uniform(-300, 300);
    small(Ball(x) + y, 0x1p-104, "add", x);
    EXPECT_EQ((Ball(x) * y).rad, 0) << "products of short numbers are exact";
    small(Ball(x) / y, 0x1p-100, "div", x);
    small(sqrt(Ball(std::fabs(x))), 0x1p-102, "sqrt", x);
    small(log(Ball(std::fabs(x))), 0x1p-96, "log", x);
    const double z = random.log_uniform(-300, 5);
    small(exp(Ball(z)), 0x1p-98, "exp", z);
    small(expm1(Ball(z)), 0x1p-96, "expm1", z);
    small(tanh(Ball(z)), 0x1p-96, "tanh", z);
    small(erf(Ball(z)), 0x1p-96, "erf", z);
    if (std::fabs(z) < 0.785) small(sin(Ball(z)), 0x1p-96, "sin", z);
    small(cos(Ball(z)), 0x1p-80, "cos", z);
    const double r = std::fabs(x) * random.uniform();
    EXPECT_LE(sqrt(Ball(DoubleDouble{std::fabs(x)}, r)).rad, 1.01 * r / std::sqrt(std::fabs(x)));
  }
}

TEST(Ball, InfinitiesAreExactOnlyWhereTheyAre) {
  const auto is = [](const Ball& z, double value) { return z.is_exact() && z.mid.hi == value; };
  const auto unknown = [](const Ball& z) { return !z.is_bounded() && std::isfinite(z.mid.hi); };
  const Ball infinity(inf), wide(DoubleDouble{1}, 2), some(DoubleDouble{1}, 0.5);
  EXPECT_TRUE(is(infinity + 1, inf));
  EXPECT_TRUE(is(infinity * -2, -inf));
  EXPECT_TRUE(is(infinity * some, inf));
  EXPECT_TRUE(is(infinity * 0, 0));
  EXPECT_TRUE(is(Ball::everything() * 0, 0));
  EXPECT_TRUE(is(infinity / 2, inf));
  EXPECT_TRUE(is(infinity / some, inf));
  EXPECT_TRUE(is(some / infinity, 0));
  EXPECT_TRUE(is(sqrt(infinity), inf));
  EXPECT_TRUE(is(exp(infinity), inf));
  EXPECT_TRUE(is(exp(-infinity), 0)) << "a masked score weighs nothing";
  EXPECT_TRUE(is(expm1(infinity), inf));
  EXPECT_TRUE(is(log(infinity), inf));
  EXPECT_TRUE(is(abs(-infinity), inf));
  EXPECT_TRUE(is(max(infinity, wide), inf));
  EXPECT_TRUE(is(max(-infinity, Ball(3)), 3));
  EXPECT_TRUE(is(min(infinity, Ball(3)), 3));
  EXPECT_TRUE(unknown(infinity - infinity));
  EXPECT_TRUE(unknown(infinity * wide));
  EXPECT_TRUE(unknown(infinity / infinity));
  EXPECT_TRUE(unknown(Ball(1) / wide));
  EXPECT_TRUE(unknown(Ball(0) / Ball(0)));
  // beyond the range of binary64 is not infinite
  EXPECT_TRUE(unknown(Ball(1e300) * 1e300));
  EXPECT_TRUE(unknown(Ball(1e300) / 1e-300));
  EXPECT_TRUE(unknown(Ball(largest) + largest));
  EXPECT_TRUE(unknown(exp(Ball(1000))));
  EXPECT_TRUE(unknown(sqrt(Ball(-1))));
  EXPECT_TRUE(unknown(log(Ball(-1))));
  EXPECT_TRUE(unknown(log(Ball(0))));
  EXPECT_TRUE(unknown(Ball(std::numeric_limits<double>::quiet_NaN())));
  EXPECT_TRUE(unknown(abs(Ball(DoubleDouble{largest}, largest))));
  EXPECT_LE(sqrt(Ball(DoubleDouble{largest}, largest)).rad, 0x1.1p512)
      << "the upper end overflows, its root does not";
}

TEST(Ball, RatiosFollowTheConventionsOfRelativeErrors) {
  const Ball wide(DoubleDouble{0}, 1);
  EXPECT_EQ(ratio(0.0, 0.0), 0);
  EXPECT_EQ(ratio(-1.0, 0.0), inf);
  EXPECT_EQ(ratio(-1.0, 2.0), 0.5);
  EXPECT_EQ(ratio(0.0, inf), 0);
  EXPECT_EQ(ratio(1.0, inf), 0);
  EXPECT_EQ(times_bound(0.0, inf), 0);
  EXPECT_EQ(times_bound(inf, 0.0), 0);
  EXPECT_EQ(times_bound(2.0, inf), inf);
  const auto is = [](const Ball& z, double value) { return z.is_exact() && z.mid.hi == value; };
  EXPECT_TRUE(is(ratio(Ball(0), Ball(0)), 0));
  EXPECT_TRUE(is(ratio(Ball(0), wide), 0));
  EXPECT_TRUE(is(ratio(Ball(-1), Ball(0)), inf));
  EXPECT_TRUE(is(ratio(Ball(-inf), Ball(2)), inf));
  EXPECT_TRUE(contains(ratio(Ball(-1), Ball(2)), DoubleDouble{0.5}));
  EXPECT_FALSE(ratio(wide, Ball(0)).is_bounded()) << "0 or inf: not known";
  EXPECT_FALSE(ratio(Ball(1), wide).is_bounded());
  EXPECT_TRUE(is(times_bound(Ball(0), Ball(inf)), 0));
  EXPECT_TRUE(is(times_bound(Ball(2), Ball(inf)), inf));
  EXPECT_FALSE(times_bound(wide, Ball(inf)).is_bounded());
}

}  // namespace
}  // namespace halfulp
