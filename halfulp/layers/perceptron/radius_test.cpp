#include "halfulp/layers/perceptron/radius.hpp"

#include "halfulp/layers/block/radius.hpp"
#include "halfulp/layers/radius_testing.hpp"

namespace halfulp {
namespace {

using namespace halfulp::testing;

/// in: N, A_1, b_1, A_2, b_2.
template <Composition composition>
struct Room {
  template <class A>
  static std::vector<Value<A>> run(A& ar, const Arrays<Value<A>>& in) {
    using V = Value<A>;
    Matrix<V> y(in[3].rows(), in[0].columns());
    perceptron(ar, in[1].view(), Row<const V>(in[2].values()), in[3].view(), Row<const V>(in[4].values()),
               in[0].view(), y.view());
    return vec(y);
  }
  static WithRadii computed(Simulated& ar, const Arrays<double>& in, const Radii& e) {
    const Row<const double> b1(in[2].values()), b2(in[4].values());
    PerceptronRun done = run_perceptron(ar, in[1].view(), b1, in[3].view(), b2, in[0].view());
    Radii radii = perceptron_radius(rounding_model_of(ar), in[1].view(), b1, in[3].view(), b2, in[0].view(),
                                    e, done, composition);
    return {std::move(done.y), std::move(radii)};
  }
};

Arrays<double> tokens(Draws& draws, double u, int trial) {
  const std::size_t d = 2 + draws.below(6), inner = 1 + draws.below(12), n = 1 + draws.below(3);
  const Shape shape = shapes[static_cast<std::size_t>(trial) % std::size(shapes)];
  return {argument(draws, d, n, shape, u), draws.matrix(inner, d), draws.matrix(inner, 1),
          draws.matrix(d, inner), draws.matrix(d, 1)};
}

TEST(PerceptronRadius, ContainsTheExactResult) {
  expect_radii<Room<Composition::signed_products>>({.row = "radius of perceptron, signed", .seed = 1},
                                                   tokens);
  expect_radii<Room<Composition::absolute_products>>({.row = "radius of perceptron, absolute", .seed = 1},
                                                     tokens);
}

/// relu(x) - relu(x + 1) is -1 where both neurons are on, but not everywhere in the box of x = 1/2 +- 1.
TEST(PerceptronRadius, ComposesOnlyNeuronsThatAreOnInTheWholeBox) {
  const Matrix<double> a1(2, 1, 1.0), x(1, 1, 0.5);
  Matrix<double> a2(1, 2, 1.0);
  a2(0, 1) = -1;
  const std::vector<double> bias = {0, 1}, none;
  Simulated ar;
  const PerceptronRun run = run_perceptron(ar, a1.view(), bias, a2.view(), none, x.view());
  const auto radius = [&](double e) {
    return perceptron_radius(rounding_model_of(ar), a1.view(), bias, a2.view(), none, x.view(),
                             Radii(1, 1, Upper(e)), run, Composition::signed_products)(0, 0)
        .value();
  };
  EXPECT_LE(radius(0.49), 1e-14);
  EXPECT_GE(radius(1), 0.5);
}

/// in[0]: x.
template <Activation which>
struct Activating {
  template <class A>
  static std::vector<Value<A>> run(A& ar, const Arrays<Value<A>>& in) {
    std::vector<Value<A>> y;
    for (const auto& x : vec(in[0])) y.push_back(activate(ar, which, x));
    return y;
  }
  static WithRadii computed(Simulated& ar, const Arrays<double>& in, const Radii& e) {
    const std::vector<double> y = run(ar, in), x = vec(in[0]);
    std::vector<Upper> radii;
    for (std::size_t i = 0; i < y.size(); ++i)
      radii.push_back(activation_inherited(which, x[i], e(i, 0)) + activation_local(which, x[i], y[i]));
    return {unvec(y, y.size()), unvec(radii, y.size())};
  }
};

Arrays<double> column(Draws& draws, double u, int trial) {
  Matrix<double> x = argument(draws, 12, 1, shapes[static_cast<std::size_t>(trial) % std::size(shapes)], u);
  for (double& entry : x.values()) entry = std::fmin(std::fmax(2 * entry, -30.0), 30.0);
  return {x};
}

TEST(ActivationRadius, ContainsTheExactResult) {
  const std::vector<double> movements = {0, 1, 64, 1024};
  expect_radii<Activating<Activation::relu>>({.row = "radius of relu", .seed = 2, .movements = movements},
                                             column);
  expect_radii<Activating<Activation::silu>>({.row = "radius of silu", .seed = 3, .movements = movements},
                                             column);
  expect_radii<Activating<Activation::gelu_erf>>({.row = "radius of gelu", .seed = 4, .movements = movements},
                                                 column);
  expect_radii<Activating<Activation::gelu_tanh>>(
      {.row = "radius of gelu, tanh", .seed = 5, .movements = movements}, column);
}

/// in: A, B.
struct Gate {
  template <class A>
  static std::vector<Value<A>> run(A& ar, const Arrays<Value<A>>& in) {
    std::vector<Value<A>> z;
    for (std::size_t i = 0; i < in[0].rows(); ++i) z.push_back(ar.mul(in[0](i, 0), in[0](i, 1)));
    return z;
  }
  static WithRadii computed(Simulated& ar, const Arrays<double>& in, const Radii& e) {
    const Matrix<double> z = unvec(run(ar, in), in[0].rows());
    Radii e_a(z.rows(), 1), e_b(z.rows(), 1);
    for (std::size_t i = 0; i < z.rows(); ++i) e_a(i, 0) = e(i, 0), e_b(i, 0) = e(i, 1);
    const auto both = in[0].view();
    return {z, gate_radius(rounding_model_of(ar), both.columns_part(0, 1), e_a, both.columns_part(1, 1), e_b,
                           z.view())};
  }
};

TEST(GateRadius, ContainsTheExactResult) {
  expect_radii<Gate>({.row = "radius of gate", .seed = 6}, [](Draws& draws, double u, int trial) {
    return Arrays<double>{
        argument(draws, 9, 2, shapes[static_cast<std::size_t>(trial) % std::size(shapes)], u)};
  });
}

/// phi' and phi'' over a cell, by balls in nested dual numbers; cells are halved until the bound is shown.
template <class Function>
void expect_slopes(Function phi, ActivationSlopes slopes, double middle, double half, int depth = 0) {
  using Inner = Dual<BallArithmetic>;
  Dual<Inner> ar;
  const Ball x(DoubleDouble{middle}, half);
  const auto y = phi(ar, DualNumber<DualNumber<Ball>>{{x, Ball(1.0)}, {Ball(1.0), Ball(0.0)}});
  if (magnitude(y.x.dx) <= slopes.first && magnitude(y.dx.dx) <= slopes.second) return;
  ASSERT_LT(depth, 24) << "at " << middle << ": " << magnitude(y.x.dx) << ", " << magnitude(y.dx.dx);
  expect_slopes(phi, slopes, middle - half / 2, half / 2, depth + 1);
  if (!::testing::Test::HasFatalFailure()) expect_slopes(phi, slopes, middle + half / 2, half / 2, depth + 1);
}

/// Beyond 8, phi' differs from 0 or 1, and phi'' from 0, by at most (2 + |x|) e^-|x| < 0.004.
TEST(ActivationRadius, SlopesAreNowhereLargerThanStated) {
  expect_slopes([](auto& ar, auto x) { return silu(ar, x); }, slopes_of(Activation::silu), 0, 8);
  expect_slopes([](auto& ar, auto x) { return gelu_erf(ar, x); }, slopes_of(Activation::gelu_erf), 0, 8);
  expect_slopes([](auto& ar, auto x) { return gelu_tanh(ar, x); }, slopes_of(Activation::gelu_tanh), 0, 8);
}

}  // namespace
}  // namespace halfulp
