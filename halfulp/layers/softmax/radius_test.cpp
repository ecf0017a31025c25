#include "halfulp/layers/softmax/radius.hpp"

#include "halfulp/layers/block/radius.hpp"
#include "halfulp/layers/radius_testing.hpp"

namespace halfulp {
namespace {

using namespace halfulp::testing;

template <Shift shift>
struct Room {
  template <class A>
  static std::vector<Value<A>> run(A& ar, const Arrays<Value<A>>& in) {
    std::vector<Value<A>> y(in[0].rows()), e(in[0].rows());
    softmax(ar, in[0].column(0), shift, Row<Value<A>>(e), Row<Value<A>>(y));
    return y;
  }
  static WithRadii computed(Simulated& ar, const Arrays<double>& in, const Radii& e) {
    const std::vector<double> p = run(ar, in);
    const auto radius = softmax_radius(rounding_model_of(ar), in[0].column(0), e.column(0), shift, p);
    return {unvec(p, p.size()), unvec(radius, p.size())};
  }
};

Arrays<double> scores(Draws& draws, double u, int trial) {
  const Shape shape = shapes[static_cast<std::size_t>(trial) % std::size(shapes)];
  const std::size_t n = 1 + draws.below(12);
  Matrix<double> s = argument(draws, n, 1, shape, u);
  for (double& entry : s.values()) entry = std::fmin(std::fmax(4 * entry, -200.0), 200.0);
  return {s};
}

TEST(SoftmaxRadius, ContainsTheExactResult) {
  expect_radii<Room<Shift::none>>({.row = "radius of softmax", .seed = 1, .trials = 18}, scores);
}

TEST(SoftmaxRadius, ContainsTheExactResultShifted) {
  expect_radii<Room<Shift::by_maximum>>({.row = "radius of softmax, shifted", .seed = 2, .trials = 18},
                                        scores);
}

TEST(SoftmaxRadius, NeverExceedsOneAndAWeightLostToUnderflowHasNone) {
  const RoundingModel model{0x1p-8, {}};
  const std::vector<double> s = {0, 1, -1000}, p = {0.2689, 0.7311, 0};
  const auto bounded = softmax_radius(model, s, std::vector<Upper>(3, 50.0), Shift::by_maximum,
                                      std::vector<double>{0.25, 0.5, 0.25});
  for (const Upper radius : bounded) EXPECT_LE(radius.value(), 1);
  const WeightBox box = softmax_box(model, s, std::vector<Upper>(3), Shift::by_maximum, p);
  EXPECT_EQ(box.log_radius[2].value(), HUGE_VAL);
}

}  // namespace
}  // namespace halfulp
