#include "halfulp/layers/rope/rope.hpp"

#include "halfulp/layers/room_testing.hpp"

namespace halfulp {
namespace {

using namespace halfulp::testing;

constexpr std::uint64_t seed = 7;

Architecture rotary(std::size_t dims, const std::string& scaling = "default") {
  Architecture a;
  a.rotary_dims = dims;
  a.rope_scaling.type = scaling;
  if (scaling != "default") a.rope_scaling.factor = 8;
  if (scaling == "llama3") a.rope_scaling.high_frequency_factor = 4;
  return a;
}

/// cos then sin of the angles of a position.
template <class A>
std::vector<Value<A>> table(A& ar, const Architecture& a, double position) {
  std::vector<Value<A>> cosine(a.rotary_dims / 2), sine(a.rotary_dims / 2);
  rope_table(ar, a, position, Row<Value<A>>(cosine), Row<Value<A>>(sine));
  cosine.insert(cosine.end(), sine.begin(), sine.end());
  return cosine;
}

/// x turned by a table.
template <class A>
std::vector<Value<A>> turned(A& ar, const std::vector<double>& xs, const std::vector<Value<A>>& cos_sin) {
  const auto x = in(ar, xs);
  std::vector<Value<A>> y(xs.size());
  const Row<const Value<A>> both(cos_sin);
  const std::size_t half = both.size() / 2;
  rope(ar, Row<const Value<A>>(x), both.part(0, half), both.part(half, half), Row<Value<A>>(y));
  return y;
}

/// Rotation with a given table: two products and a sum, each rounded: gamma(2) (|a cos| + |b sin|).
TEST(Rope, RotationStaysWithinBound) {
  constexpr std::size_t d = 10, half = 4;  // the last two entries stay
  Inputs inputs(seed);
  Within within;
  for (const Studied& studied : studied_arithmetics()) {
    for (const Kind kind : kinds) {
      for (int trial = 0; trial < 8; ++trial) {
        Simulated ar = studied.arithmetic();
        const auto x = inputs.row(ar, d, kind);
        const std::vector<double> cos_sin = table(ar, rotary(2 * half), trial * 7.0);
        DoubleDoubleArithmetic reference;
        std::vector<double> bound(d, 0x1p-1000);
        for (std::size_t i = 0; i < half; ++i) {
          const double c = std::fabs(cos_sin[i]), s = std::fabs(cos_sin[half + i]);
          const double a = std::fabs(x[i]), b = std::fabs(x[half + i]), g = gamma(2, studied.u());
          bound[i] = g * (a * c + b * s);
          bound[half + i] = g * (b * c + a * s);
        }
        within.expect(turned(ar, x, cos_sin), turned(reference, x, in(reference, cos_sin)), bound,
                      inputs.replay(studied, kind, trial));
      }
    }
  }
  within.expect_sharpness(0.5);
}

/// The angle p / theta^(2i/r) takes 3 roundings (the power as a constant, the reciprocal, the product), 5
/// when it is scaled; |cos'|, |sin'| <= 1; the function rounds once.
TEST(Rope, TableStaysWithinBound) {
  for (const char* scaling : {"default", "linear"}) {
    const Architecture a = rotary(16, scaling);
    Within within;
    for (const Studied& studied : studied_arithmetics()) {
      for (int position = 0; position < 120; position += 3) {
        Simulated ar = studied.arithmetic();
        DoubleDoubleArithmetic reference;
        const auto exact = table(reference, a, position);
        std::vector<double> bound;
        for (std::size_t i = 0; i < exact.size(); ++i) {
          const double power = rotary_powers(a)[i % 8].hi, scale = rotary_scales(a)[i % 8];
          const double angle = gamma(scale == 1 ? 3 : 5, studied.u()) * position / power * scale;
          bound.push_back(angle + studied.u() * (std::fabs(exact[i].hi) + angle));
        }
        within.expect(table(ar, a, position), exact, bound,
                      studied.name() + ", position " + std::to_string(position));
      }
    }
    within.expect_sharpness(0.3);
  }
}

TEST(Rope, RunningErrorContainsTheReference) {
  Inputs inputs(seed);
  Simulated fp64;
  for (const Kind kind : kinds) {
    const auto x = inputs.row(fp64, 12, kind);
    expect_references_agree([&](auto& ar) { return turned(ar, x, table(ar, rotary(12, "llama3"), 1000)); },
                            inputs.replay({"fp64", "recursive", {}}, kind, 0));
  }
}

TEST(Rope, RotationPreservesNormsAndSeesOnlyDistances) {
  Inputs inputs(seed);
  Simulated fp64;
  DoubleDoubleArithmetic ar;
  const Architecture a = rotary(12);
  const auto inner = [](const auto& x, const auto& y) {
    DoubleDouble s;
    for (std::size_t i = 0; i < x.size(); ++i) s = s + x[i] * y[i];
    return s;
  };
  for (const Kind kind : kinds) {
    const auto q = inputs.row(fp64, 12, kind), k = inputs.row(fp64, 12, kind);
    const auto at = [&](const std::vector<double>& x, double position) {
      return turned(ar, x, table(ar, a, position));
    };
    const double sizes = std::sqrt(inner(in(ar, q), in(ar, q)).hi * inner(in(ar, k), in(ar, k)).hi);
    EXPECT_LE(std::fabs((inner(at(q, 77), at(q, 77)) - inner(in(ar, q), in(ar, q))).hi),
              1e-29 * inner(at(q, 0), at(q, 0)).hi);
    EXPECT_LE(std::fabs((inner(at(q, 30), at(k, 19)) - inner(at(q, 11), at(k, 0))).hi), 1e-27 * sizes);
  }
}

TEST(Rope, HalvesArePairedAndTheRestStays) {
  Native ar;
  const std::vector<double> quarter = {0, 1};  // cos, sin of a right angle
  EXPECT_EQ(turned(ar, {2, 3, 5}, quarter), (std::vector<double>{-3, 2, 5}));
}

TEST(Rope, RoundsAsOftenAsCounted) {
  Counting ar;
  const auto cos_sin = table(ar, rotary(4), 3);
  EXPECT_EQ(ar.divs, 2);
  EXPECT_EQ(ar.muls, 2);
  EXPECT_EQ(ar.functions, 4);
  EXPECT_EQ(ar.stores, 4);
  Counting rotating;
  turned(rotating, {1, 2, 3, 4}, cos_sin);
  EXPECT_EQ(rotating.muls, 8);
  EXPECT_EQ(rotating.adds, 4);
  EXPECT_EQ(rotating.stores, 12);
}

}  // namespace
}  // namespace halfulp
