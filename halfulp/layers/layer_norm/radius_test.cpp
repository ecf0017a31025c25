#include "halfulp/layers/layer_norm/radius.hpp"

#include "halfulp/layers/block/radius.hpp"
#include "halfulp/layers/radius_testing.hpp"

namespace halfulp {
namespace {

using namespace halfulp::testing;

struct OfPaper {
  template <class A>
  static std::vector<Value<A>> run(A& ar, const Arrays<Value<A>>& in) {
    std::vector<Value<A>> y(in[0].rows()), centred(in[0].rows());
    layer_norm_of_paper(ar, in[0].column(0), Row<Value<A>>(centred), Row<Value<A>>(y));
    return y;
  }
  static WithRadii computed(Simulated& ar, const Arrays<double>& in, const Radii& e) {
    const auto radius = layer_norm_of_paper_radius(rounding_model_of(ar), in[0].column(0), e.column(0));
    return {unvec(run(ar, in), in[0].rows()), unvec(radius, in[0].rows())};
  }
};

/// in[1], in[2]: gain and bias, exact.
struct OfFrameworks {
  static constexpr double epsilon = 1e-5;
  template <class A>
  static std::vector<Value<A>> run(A& ar, const Arrays<Value<A>>& in) {
    std::vector<Value<A>> y(in[0].rows()), centred(in[0].rows());
    layer_norm(ar, in[0].column(0), {}, {}, epsilon, Row<Value<A>>(centred), Row<Value<A>>(y));
    for (std::size_t i = 0; i < y.size(); ++i) y[i] = ar.add(ar.mul(y[i], in[1](i, 0)), in[2](i, 0));
    return y;
  }
  static WithRadii computed(Simulated& ar, const Arrays<double>& in, const Radii& e) {
    const std::vector<double> gain = in[1].values(), bias = in[2].values();
    const auto radius =
        layer_norm_radius(rounding_model_of(ar), in[0].column(0), e.column(0), gain, bias, epsilon);
    return {unvec(run(ar, in), in[0].rows()), unvec(radius, in[0].rows())};
  }
};

Arrays<double> token(Draws& draws, double u, int trial) {
  const std::size_t sizes[] = {2, 3, 8, 17};
  const Shape shape = shapes[static_cast<std::size_t>(trial) % std::size(shapes)];
  const std::size_t d = sizes[draws.below(4)];
  return {argument(draws, d, 1, shape, u), draws.matrix(d, 1), draws.matrix(d, 1)};
}

TEST(LayerNormRadius, ContainsTheExactResult) {
  expect_radii<OfPaper>({.row = "radius of layer norm", .seed = 1, .trials = 27}, token);
}

TEST(LayerNormRadius, ContainsTheExactResultOfFrameworks) {
  expect_radii<OfFrameworks>({.row = "radius of layer norm, framework", .seed = 2, .trials = 27}, token);
}

TEST(LayerNormRadius, NearlyConstantTokensLoseTheirStatementButNotTheirBound) {
  // Centred entries within the centring's own rounding: the box contains a constant token.
  const RoundingModel model{0x1p-8, {}};
  const std::vector<double> x = {3, 3.0078125, 3};
  for (const Upper radius : layer_norm_of_paper_radius(model, x, std::vector<Upper>(3)))
    EXPECT_EQ(radius.value(), HUGE_VAL);
  const std::vector<double> none;
  for (const Upper radius : layer_norm_radius(model, x, std::vector<Upper>(3), none, none, 1e-5))
    EXPECT_LE(radius.value(), 8);
}

}  // namespace
}  // namespace halfulp
