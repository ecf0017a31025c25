#include "halfulp/layers/self_attention/radius.hpp"

#include "halfulp/layers/block/radius.hpp"
#include "halfulp/layers/radius_testing.hpp"

namespace halfulp {
namespace {

using namespace halfulp::testing;

/// in: X, W_q, W_k, W_v.
template <ValueOrder order, Shift shift, Composition composition>
struct Room {
  static constexpr AttentionForm form{order, shift, RootOfD::exact};
  template <class A>
  static std::vector<Value<A>> run(A& ar, const Arrays<Value<A>>& in) {
    Matrix<Value<A>> y(in[3].rows(), in[0].columns());
    self_attention(ar, in[1].view(), in[2].view(), in[3].view(), in[0].view(), form, y.view());
    return vec(y);
  }
  static WithRadii computed(Simulated& ar, const Arrays<double>& in, const Radii& e) {
    AttentionRun done = run_self_attention(ar, in[1].view(), in[2].view(), in[3].view(), in[0].view(), form);
    Radii radii = self_attention_radius(rounding_model_of(ar), in[1].view(), in[2].view(), in[3].view(),
                                        in[0].view(), e, done, form, composition);
    return {std::move(done.y), std::move(radii)};
  }
};

Arrays<double> tokens(Draws& draws, double u, int trial) {
  const std::size_t d = 1 + draws.below(6), n = 1 + draws.below(7);
  const Shape shape = shapes[static_cast<std::size_t>(trial) % std::size(shapes)];
  const double scale = shape == Shape::huge ? 0x1p-40 : shape == Shape::one_outlier ? 0x1p-6 : 1;
  Matrix<double> x = argument(draws, d, n, shape, u);
  for (double& entry : x.values()) entry *= scale;
  return {x, draws.matrix(d, d), draws.matrix(d, d), draws.matrix(d, d)};
}

constexpr auto sharp = Composition::signed_products, cheap = Composition::absolute_products;
const std::vector<double> movements = {0, 1, 16};

TEST(SelfAttentionRadius, ContainsTheExactResultMixedFirst) {
  expect_radii<Room<ValueOrder::mix_first, Shift::none, sharp>>(
      {.row = "radius of attention, W(XP), signed", .seed = 1, .trials = 18, .movements = movements}, tokens);
  expect_radii<Room<ValueOrder::mix_first, Shift::by_maximum, cheap>>(
      {.row = "radius of attention, W(XP), absolute", .seed = 2, .trials = 18, .movements = movements},
      tokens);
}

TEST(SelfAttentionRadius, ContainsTheExactResultProjectedFirst) {
  expect_radii<Room<ValueOrder::project_first, Shift::by_maximum, sharp>>(
      {.row = "radius of attention, (WX)P, signed", .seed = 3, .trials = 18, .movements = movements}, tokens);
  expect_radii<Room<ValueOrder::project_first, Shift::none, cheap>>(
      {.row = "radius of attention, (WX)P, absolute", .seed = 4, .trials = 18, .movements = movements},
      tokens);
}

/// Values that all keys share cost nothing, whatever the scores' errors; and no error of scores takes the
/// mean out of the values' hull.
TEST(SelfAttentionRadius, OfTheMeanIsCentredAndStaysInTheHull) {
  const RoundingModel model{0x1p-20, {}};
  const std::vector<double> s = {1, 2, 3}, p = {0.25, 0.25, 0.5};
  for (const double e : {0x1p-10, 1.0, 1e4, HUGE_VAL}) {
    const WeightBox box = softmax_box(model, s, std::vector<Upper>(3, e), Shift::by_maximum, p);
    Matrix<Ball> values(2, 3);
    for (std::size_t i = 0; i < 3; ++i) values(0, i) = 1e6, values(1, i) = static_cast<double>(i);
    const auto radius = mixing_inherited(box, std::as_const(values).view(), Radii(2, 3));
    EXPECT_LE(radius[0].value(), 1e-20);
    EXPECT_LE(radius[1].value(), 1.25 * (1 + 1e-9));
    EXPECT_GT(radius[1].value(), std::fmin(e, 1.0) / 2);
    const auto widened = mixing_inherited(box, std::as_const(values).view(), Radii(2, 3, Upper(7)));
    EXPECT_LE(widened[0].value(), 7 * (1 + 1e-9));
  }
}

/// Weights that sum to 0.9 miss a tenth of a shared value.
TEST(SelfAttentionRadius, WhatTheWeightsLackIsCounted) {
  const RoundingModel model{0x1p-20, {}};
  const std::vector<double> s = {1, 2, 3}, p = {0.25, 0.25, 0.4};
  const WeightBox box = softmax_box(model, s, std::vector<Upper>(3), Shift::by_maximum, p);
  const Matrix<Ball> values(1, 3, Ball(8.0));
  EXPECT_GE(mixing_inherited(box, values.view(), Radii(1, 3))[0].value(), 0.8 * (1 - 1e-12));
}

}  // namespace
}  // namespace halfulp
