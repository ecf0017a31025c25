// Several directions at once give the bits of each alone.
#include "halfulp/arith/slopes.hpp"

#include <gtest/gtest.h>

#include "halfulp/base/random.hpp"

namespace halfulp {
namespace {

constexpr std::size_t k = 3;

template <class F>
void expect_each_alone(const char* name, F f) {
  for (std::uint64_t trial = 0; trial < 200; ++trial) {
    std::uint64_t draw = 0;
    const auto random = [&] { return Philox4x32{1, trial}.block(draw++)[0] * 0x1p-30 - 2; };
    NumberAlong<k> a{random(), {}}, b{random(), {}}, c{random(), {}};
    for (NumberAlong<k>* x : {&a, &b, &c})
      for (double& slope : x->dx.along) slope = random();
    DualAlong<k> together;
    const NumberAlong<k> y = f(together, a, b, c);
    for (std::size_t p = 0; p < k; ++p) {
      Dual<Native> alone;
      const auto of = [p](const NumberAlong<k>& x) { return DualNumber<double>{x.x, x.dx.along[p]}; };
      const DualNumber<double> expected = f(alone, of(a), of(b), of(c));
      EXPECT_EQ(y.x, expected.x) << name;
      EXPECT_EQ(y.dx.along[p], expected.dx) << name;
    }
  }
}

TEST(Slopes, SeveralDirectionsGiveTheBitsOfEachAlone) {
  static_assert(Arithmetic<DualAlong<k>>);
  expect_each_alone("constants", [](auto& ar, auto a, auto, auto) { return ar.mul(a, ar.lift(3.7)); });
  expect_each_alone("add", [](auto& ar, auto a, auto b, auto) { return ar.add(a, b); });
  expect_each_alone("sub", [](auto& ar, auto a, auto b, auto) { return ar.sub(a, b); });
  expect_each_alone("mul", [](auto& ar, auto a, auto b, auto) { return ar.mul(a, b); });
  expect_each_alone("div", [](auto& ar, auto a, auto b, auto) { return ar.div(a, b); });
  expect_each_alone("fma", [](auto& ar, auto a, auto b, auto c) { return ar.fma(a, b, c); });
  expect_each_alone("sqrt", [](auto& ar, auto a, auto, auto) { return ar.sqrt(ar.exp(a)); });
  expect_each_alone("root", [](auto& ar, auto a, auto, auto) { return ar.mul_root(ar.div_root(a, 3), 7); });
  expect_each_alone("tanh", [](auto& ar, auto a, auto, auto) { return ar.tanh(a); });
  expect_each_alone("erf", [](auto& ar, auto a, auto, auto) { return ar.erf(a); });
  expect_each_alone("turn", [](auto& ar, auto a, auto b, auto) { return ar.sub(ar.sin(a), ar.cos(b)); });
  expect_each_alone("max", [](auto& ar, auto a, auto b, auto) { return ar.max(ar.neg(a), b); });
}

}  // namespace
}  // namespace halfulp
