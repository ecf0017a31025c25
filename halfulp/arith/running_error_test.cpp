// Running errors: the exact result lies within the bound, and the value has the bits of Native.
#include "halfulp/arith/running_error.hpp"

#include <gtest/gtest.h>

#include "halfulp/arith/arithmetic_laws_testing.hpp"
#include "halfulp/arith/native.hpp"

namespace halfulp {
namespace {

using testing::Enclosure;

Bounded bounded(const Enclosure& a) { return {a.mid.hi, a.rad}; }

TEST(RunningError, ContainsTheExactResultAtEveryPointOfItsOperands) {
  testing::check_containment<RunningError>(testing::laws_of_enclosures<RunningError>(), bounded, 1500);
}

TEST(RunningError, LargerErrorsGiveLargerErrors) {
  testing::check_inclusion<RunningError>(testing::laws_of_enclosures<RunningError>(), bounded, 3000);
}

TEST(RunningError, ValuesHaveTheBitsOfNative) {
  const auto running = testing::laws_of_enclosures<RunningError>();
  const auto native = testing::laws_of_enclosures<Native>();
  testing::HostileBalls balls(36);
  RunningError one;
  Native other;
  for (int trial = 0; trial < 2000; ++trial) {
    const Enclosure a = balls.next(), b = balls.beside(a), c = balls.beside(a);
    for (std::size_t i = 0; i < native.size(); ++i) {
      const double x = running[i].operation(one, bounded(a), bounded(b), bounded(c)).x;
      const double y = native[i].operation(other, a.mid.hi, b.mid.hi, c.mid.hi);
      EXPECT_TRUE(x == y || (x != x && y != y))
          << native[i].name << testing::text_of(a) << testing::text_of(b);
    }
  }
}

/// On exact numbers of moderate size the bound is the rounding of one operation, or two.
TEST(RunningError, ErrorsOfExactOperandsAreAnUlpAtMost) {
  RunningError ar;
  oracle::Arguments random(37);
  for (const auto& law : testing::laws_of_enclosures<RunningError>())
    for (int trial = 0; trial < 300; ++trial) {
      const Bounded a{random.log_uniform(-5, 5), 0}, b{random.log_uniform(-5, 5), 0}, c{random.uniform(), 0};
      const Bounded z = law.operation(ar, a, b, c);
      if (z.x != z.x) continue;
      EXPECT_LE(z.e, 0x1.001p-52 * std::fabs(z.x)) << law.name << testing::text(a);
    }
}

TEST(RunningError, WhatIsNotANumberMakesNoStatement) {
  RunningError ar;
  const double inf = std::numeric_limits<double>::infinity();
  EXPECT_EQ(ar.sqrt({-1, 0}).e, inf);
  EXPECT_EQ(ar.div({1, 0}, {1, 1}).e, inf);
  EXPECT_EQ(ar.div({1, 0}, {0, 0}).e, inf);
  EXPECT_EQ(ar.mul({1e300, 0}, {1e300, 0}).e, inf);
  EXPECT_EQ(ar.exp({0, 2}).e, inf);
  EXPECT_EQ(ar.sub({inf, 0}, {inf, 0}).e, inf);
  EXPECT_EQ(ar.mul({0, 0}, {1, inf}).e, inf);
  EXPECT_EQ(ar.max({1, 0}, {0, inf}).e, inf);
}

}  // namespace
}  // namespace halfulp
