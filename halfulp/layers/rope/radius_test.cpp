#include "halfulp/layers/rope/radius.hpp"

#include "halfulp/layers/block/radius.hpp"
#include "halfulp/layers/radius_testing.hpp"

namespace halfulp {
namespace {

using namespace halfulp::testing;

/// in: x, the position.
struct Room {
  static Architecture architecture() {
    Architecture a;
    a.rotary_dims = 6;
    a.rope_theta = 10000;
    return a;
  }
  template <class A>
  static std::vector<Value<A>> run(A& ar, const Arrays<Value<A>>& in) {
    std::vector<Value<A>> cosine(3), sine(3), y(in[0].rows());
    rope_table(ar, architecture(), position(in), Row<Value<A>>(cosine), Row<Value<A>>(sine));
    rope(ar, in[0].column(0), Row<const Value<A>>(cosine), Row<const Value<A>>(sine), Row<Value<A>>(y));
    return y;
  }
  static WithRadii computed(Simulated& ar, const Arrays<double>& in, const Radii& e) {
    const RotaryTable table = rotary_table(ar, architecture(), position(in));
    const auto radius = rope_radius(rounding_model_of(ar), in[0].column(0), e.column(0), table);
    return {unvec(run(ar, in), in[0].rows()), unvec(radius, in[0].rows())};
  }
  static double position(const Arrays<double>& in) { return in[1](0, 0); }
  static double position(const Arrays<Ball>& in) { return in[1](0, 0).mid.hi; }
};

TEST(RopeRadius, ContainsTheExactResult) {
  expect_radii<Room>({.row = "radius of rope", .seed = 1, .trials = 18},
                     [](Draws& draws, double u, int trial) {
                       const Shape shape = shapes[static_cast<std::size_t>(trial) % std::size(shapes)];
                       const double position = static_cast<double>(draws.below(trial % 2 == 0 ? 8 : 300));
                       return Arrays<double>{argument(draws, 8, 1, shape, u), Matrix<double>(1, 1, position)};
                     });
}

TEST(RopeRadius, AnglesOfLargePositionsAreLostInNarrowFormats) {
  Simulated narrow(rounding_rule("bin8")), wide(rounding_rule("bin24"));
  EXPECT_GT(rotary_table(narrow, Room::architecture(), 1002).e_sine[0].value(), 0.1);
  EXPECT_LT(rotary_table(wide, Room::architecture(), 1002).e_sine[0].value(), 1e-4);
}

}  // namespace
}  // namespace halfulp
