// Running errors of simulated arithmetic: the values are Simulated's; the exact result lies within the bound;
// where all runs are enclosed, so do the results with other random bits.
#include "halfulp/arith/simulated_running_error.hpp"

#include <gtest/gtest.h>

#include "halfulp/arith/arithmetic_laws_testing.hpp"

namespace halfulp {
namespace {

using testing::Enclosure;

const char* const rules[] = {"bin8",
                             "bf16",
                             "bf16:toward-zero",
                             "fp16",
                             "fp16:up",
                             "e4m3fn",
                             "dec4",
                             "e4m3fn:saturate",
                             "fp32",
                             "fp32:down",
                             "bf16:stochastic",
                             "fp16:stochastic",
                             "e2m1:stochastic",
                             "bin52",
                             "fp64"};

Bounded bounded(const Enclosure& a) { return {a.mid.hi, a.rad}; }
bool same(double a, double b) { return (a == b && std::signbit(a) == std::signbit(b)) || (a != a && b != b); }

TEST(SimulatedRunningError, ContainsTheExactResultAtEveryPointOfItsOperands) {
  const auto laws = testing::laws_of_enclosures<SimulatedRunningError>();
  for (const char* rule : rules)
    for (const Runs runs : {Runs::this_one, Runs::all}) {
      SCOPED_TRACE(rule);
      testing::check_containment(laws, bounded, 60,
                                 SimulatedRunningError(Simulated(rounding_rule(rule)), runs));
    }
}

TEST(SimulatedRunningError, ValuesAndEventsAreThoseOfSimulated) {
  const auto running = testing::laws_of_enclosures<SimulatedRunningError>();
  const auto simulated = testing::laws_of_enclosures<Simulated>();
  for (const char* rule : rules) {
    testing::HostileBalls balls(41);
    const RoundingRule r = rounding_rule(rule);
    Simulated other({r, r, r}, {}, RandomStream(7));
    SimulatedRunningError one(other);
    for (int trial = 0; trial < 300; ++trial) {
      const Enclosure a = balls.next(), b = balls.beside(a), c = balls.beside(a);
      begin_entry(one, 3, 4);
      begin_entry(other, 3, 4);
      for (std::size_t i = 0; i < simulated.size(); ++i) {
        const double x = running[i].operation(one, bounded(a), bounded(b), bounded(c)).x;
        const double y = simulated[i].operation(other, a.mid.hi, b.mid.hi, c.mid.hi);
        EXPECT_TRUE(same(x, y)) << rule << " " << simulated[i].name << testing::text_of(a)
                                << testing::text_of(b);
      }
      EXPECT_TRUE(same(one.load(one.store(bounded(a))).x, other.load(other.store(a.mid.hi)))) << rule;
      EXPECT_TRUE(same(one.exp_scaled(bounded(a), bounded(b)).x, other.exp_scaled(a.mid.hi, b.mid.hi)));
    }
    EXPECT_EQ(one.events().overflow, other.events().overflow) << rule;
    EXPECT_EQ(one.events().underflow, other.events().underflow) << rule;
    EXPECT_EQ(one.events().nan, other.events().nan) << rule;
  }
}

/// Numbers within the bounds, as another run might have them, and other random bits.
TEST(SimulatedRunningError, EnclosesWhatOtherRunsGive) {
  const auto running = testing::laws_of_enclosures<SimulatedRunningError>();
  const auto simulated = testing::laws_of_enclosures<Simulated>();
  int claimed = 0;
  for (const char* rule : rules) {
    testing::HostileBalls balls(43);
    const RoundingRule r = rounding_rule(rule);
    SimulatedRunningError one(Simulated({r, r, r}, {}, RandomStream(7)), Runs::all);
    Simulated other({r, r, r}, {}, RandomStream(8));
    const auto within = [&](Bounded a) {
      double x = a.x + a.e * balls.random().uniform(-1, 1);
      return std::fabs(x - a.x) <= a.e * (1 - 0x1p-50) ? x : a.x;
    };
    for (int trial = 0; trial < 600; ++trial) {
      const Enclosure first = balls.next(), second = balls.beside(first), third = balls.beside(first);
      const Bounded a = bounded(first), b = bounded(second), c = bounded(third);
      const auto check = [&](const char* name, Bounded z, double y) {
        if (z.e == HUGE_VAL) return;
        ++claimed;
        // where the operation is not defined (a root of a negative number) nothing is claimed
        EXPECT_TRUE(y != y || y == z.x || std::fabs(y - z.x) <= z.e * (1 + 0x1p-52))
            << rule << " " << name << testing::text(a) << testing::text(b) << " = " << testing::text(z)
            << " does not contain " << y;
      };
      for (std::size_t i = 0; i < simulated.size(); ++i)
        check(simulated[i].name, running[i].operation(one, a, b, c),
              simulated[i].operation(other, within(a), within(b), within(c)));
      check("load", one.load(a), other.load(within(a)));
      check("store", one.store(a), other.store(within(a)));
      check("lift", one.lift(a.x), other.lift(a.x));
    }
  }
  EXPECT_GT(claimed, 20000);
}

TEST(SimulatedRunningError, WhatOverflowsMakesNoStatement) {
  for (const char* rule : {"fp16", "e4m3fn", "bf16"}) {
    SimulatedRunningError ar(Simulated(rounding_rule(rule)));
    EXPECT_EQ(ar.mul({1e30, 0}, {1e30, 0}).e, HUGE_VAL) << rule;
    EXPECT_EQ(ar.load({1e300, 0}).e, HUGE_VAL) << rule;
  }
  SimulatedRunningError saturating(Simulated(rounding_rule("e4m3fn:saturate")));
  EXPECT_GE(saturating.load({1000, 0}).e, 552);
  EXPECT_LT(saturating.load({1000, 0}).e, 552.001);
  SimulatedRunningError all(Simulated(rounding_rule("e4m3fn:stochastic")), Runs::all);
  EXPECT_EQ(all.load({440, 20}).e, HUGE_VAL);  // 460 may become NaN
}

}  // namespace
}  // namespace halfulp
