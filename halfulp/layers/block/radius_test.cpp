#include "halfulp/layers/block/radius.hpp"

#include "halfulp/layers/radius_testing.hpp"

namespace halfulp {
namespace {

using namespace halfulp::testing;

template <class V>
PaperBlock<V> block_of(const Arrays<V>& in, std::size_t first) {
  return {in[first],     in[first + 1],          in[first + 2],         in[first + 3],
          in[first + 4], in[first + 5].values(), in[first + 6].values()};
}

/// in: X, then W_q, W_k, W_v, A_1, A_2, b_1, b_2 of each block.
template <Norm norm, NormPlace place, ValueOrder order, Composition composition>
struct Room {
  static constexpr BlockForm form{norm, place, {order, Shift::by_maximum, RootOfD::exact}};
  template <class A>
  static std::vector<Value<A>> run(A& ar, const Arrays<Value<A>>& in) {
    Matrix<Value<A>> x = in[0], z = x;
    for (std::size_t first = 1; first < in.size(); first += 7) {
      block(ar, block_of(in, first), form, std::as_const(x).view(), z.view());
      std::swap(x, z);
    }
    return vec(x);
  }
  static WithRadii computed(Simulated& ar, const Arrays<double>& in, const Radii& e) {
    WithRadii x{in[0], e};
    for (std::size_t first = 1; first < in.size(); first += 7)
      x = block_with_radii(ar, block_of(in, first), form, x, composition);
    return x;
  }
};

/// Weights that keep the stream's size.
Arrays<double> network(Draws& draws, std::size_t d, std::size_t inner, std::size_t n, std::size_t layers,
                       Shape shape, double u) {
  Arrays<double> in{argument(draws, d, n, shape, u)};
  const double scale = 1 / std::sqrt(static_cast<double>(d)), out = 1 / std::sqrt(static_cast<double>(inner));
  for (std::size_t l = 0; l < layers; ++l) {
    for (int i = 0; i < 3; ++i) in.push_back(draws.matrix(d, d, scale));
    in.push_back(draws.matrix(inner, d, scale));
    in.push_back(draws.matrix(d, inner, out));
    in.push_back(draws.matrix(inner, 1, 0.1));
    in.push_back(draws.matrix(d, 1, 0.1));
  }
  return in;
}

template <std::size_t layers>
Arrays<double> small(Draws& draws, double u, int trial) {
  const Shape shape = shapes[static_cast<std::size_t>(trial) % std::size(shapes)];
  // one after the other: compilers differ in the order of arguments
  const std::size_t n = 2 + draws.below(4), inner = 4 + draws.below(5), d = 3 + draws.below(4);
  return network(draws, d, inner, n, layers, shape, u);
}

constexpr auto sharp = Composition::signed_products, cheap = Composition::absolute_products;
constexpr auto before = NormPlace::before_attention, after = NormPlace::after_attention;

TEST(BlockRadius, ContainsTheExactResult) {
  using Q = Room<Norm::rms, before, ValueOrder::mix_first, sharp>;
  expect_radii<Q>({.row = "radius of block, RMS norm", .seed = 1, .movements = {0, 1}}, small<1>);
  using C = Room<Norm::rms, before, ValueOrder::project_first, cheap>;
  expect_radii<C>({.row = "radius of block, RMS norm, absolute", .seed = 2, .movements = {0, 1}}, small<1>);
}

TEST(BlockRadius, ContainsTheExactResultOfLayerNorm) {
  using T = Room<Norm::layer, before, ValueOrder::project_first, sharp>;
  expect_radii<T>({.row = "radius of block, layer norm", .seed = 3, .movements = {0, 1}}, small<1>);
}

TEST(BlockRadius, ContainsTheExactResultOfPostNorm) {
  using P = Room<Norm::rms, after, ValueOrder::mix_first, sharp>;
  expect_radii<P>({.row = "radius of block, post-norm", .seed = 4, .movements = {0, 1}},
                  [](Draws& draws, double u, int trial) {
                    Arrays<double> in = small<1>(draws, u, trial);
                    for (double& x : in[0].values()) x = std::fmin(std::fmax(x, -3.0), 3.0);
                    return in;
                  });
}

TEST(BlockRadius, ContainsTheExactResultOfFourBlocks) {
  using Q = Room<Norm::rms, before, ValueOrder::mix_first, sharp>;
  expect_radii<Q>({.row = "radius of 4 blocks, RMS norm", .seed = 5, .movements = {0, 1}}, small<4>);
}

/// docs/theory.md, 6, at d = 32, D = 64, n = 12: max E / max |error| grows by less than 10^2 a block
/// where linear maps are composed with their signs (seen: 9.4e2, 2.7e4, 9.3e5, 1.6e7;
/// else 5.5e3, 1.8e6, 4.9e8, inf).
TEST(BlockRadius, StaysFiniteForFourBlocksOf34Bits) {
  Draws draws(6);
  const RoundingRule rule = rounding_rule("bin34");
  for (const auto composition : {sharp, cheap}) {
    Simulated ar({rule, rule, rule});
    const auto in = in_format(ar, network(draws, 32, 64, 12, 4, Shape::gaussian, 0x1p-34));
    const BlockForm form{Norm::rms, before, {ValueOrder::project_first, Shift::by_maximum, RootOfD::exact}};
    std::vector<PaperBlock<double>> blocks;
    for (std::size_t first = 1; first < in.size(); first += 7) blocks.push_back(block_of(in, first));
    const auto streams = network_with_radii(ar, blocks, form, in[0].view(), composition);
    ASSERT_EQ(streams.size(), 9u);
    const auto balls_in = enclosed(in);
    BallArithmetic balls;
    Matrix<Ball> x = balls_in[0], z = x;
    for (std::size_t l = 1; l <= 4; ++l) {
      block(balls, block_of(balls_in, 7 * l - 6), form, std::as_const(x).view(), z.view());
      std::swap(x, z);
      const WithRadii& stream = streams[2 * l];
      double error = 0, bound = 0;
      for (std::size_t i = 0; i < x.values().size(); ++i) {
        const double here = least_distance(Ball(stream.x.values()[i]), x.values()[i]);
        ASSERT_LE(here, stream.e.values()[i].value());
        error = std::fmax(error, here);
        bound = std::fmax(bound, stream.e.values()[i].value());
      }
      if (composition == sharp) {
        EXPECT_LT(bound / error, 10 * std::pow(100.0, static_cast<double>(l)));
      }
    }
  }
}

TEST(BlockRadius, OverflowLeavesNoStatement) {
  Draws draws(7);
  const RoundingRule rule = rounding_rule("fp16");
  Simulated ar({rule, rule, rule});
  auto in = in_format(ar, network(draws, 4, 4, 3, 1, Shape::gaussian, 0x1p-11));
  for (double& w : in[1].values()) w *= 60000;
  using Q = Room<Norm::rms, before, ValueOrder::mix_first, sharp>;
  const WithRadii z = Q::computed(ar, in, Radii(4, 3));
  for (const Upper radius : z.e.values()) EXPECT_EQ(radius.value(), HUGE_VAL);
}

}  // namespace
}  // namespace halfulp
