#include "halfulp/layers/perceptron/jacobian.hpp"
#include "halfulp/layers/perceptron/perceptron.hpp"
#include "halfulp/layers/perceptron/rounding.hpp"
#include "halfulp/layers/room_laws_testing.hpp"

namespace halfulp {
namespace {

using namespace halfulp::testing;

/// act(A_1, b_1, A_2, b_2, x) of in: x [d, 1], A_1 [D, d], b_1 [D, 1], A_2 [d, D], b_2 [d, 1].
template <class V, class Act>
auto with_views(const Arrays<V>& in, Act act) {
  return act(in[1].view(), in[2].column(0), in[3].view(), in[4].column(0), in[0].column(0));
}

/// For every input, by ReLU's Lipschitz constant.
struct Perceptron {
  template <class A>
  static std::vector<Value<A>> run(A& ar, const Arrays<Value<A>>& in) {
    Matrix<Value<A>> y(in[3].rows(), 1);
    perceptron(ar, in[1].view(), in[2].column(0), in[3].view(), in[4].column(0), in[0].view(), y.view());
    return y.values();
  }
  static PerceptronJacobian<Ball> jacobian(const Arrays<Ball>& in) {
    return with_views(in, [](auto... w) { return PerceptronJacobian<Ball>(w...); });
  }
  static std::vector<double> bound(const Arrays<Ball>& in, const RoundingModel& model, double rho) {
    std::vector<double> bounds;
    for (const Upper& b :
         with_views(in, [&](auto... w) { return perceptron_error(w..., model, Upper(rho)); }))
      bounds.push_back(b.value());
    return bounds;
  }
};

/// The lemma's, relative to M(x), where its hypothesis holds.
struct PerceptronOfLemma : Perceptron {
  static std::vector<double> bound(const Arrays<Ball>& in, const RoundingModel& model, double rho) {
    const Upper relative =
        with_views(in, [&](auto... w) { return perceptron_error_of_lemma(w..., model, Upper(rho)); });
    const std::vector<double> general = Perceptron::bound(in, model, rho);
    BallArithmetic balls;
    std::vector<double> bounds;
    for (const Ball& y : run(balls, in)) {
      bounds.push_back((relative * magnitude(y)).value());
      if (model.summation.order == Order::recursive) {
        EXPECT_LE(general[bounds.size() - 1], bounds.back() * (1 + 0x1p-40)) << "the general one is sharper";
      }
    }
    return bounds;
  }
};

Arrays<double> network(Draws& draws, double u, int trial) {
  const std::size_t sizes[] = {1, 2, 3, 8};
  const std::size_t d = sizes[draws.below(4)], hidden = 1 + draws.below(12);
  const Shape shape = shapes[static_cast<std::size_t>(trial) % std::size(shapes)];
  Arrays<double> in{argument(draws, d, 1, shape, u), draws.matrix(hidden, d), draws.matrix(hidden, 1),
                    draws.matrix(d, hidden), draws.matrix(d, 1)};
  if (trial % 5 == 3)  // signs of the hidden entries that only exact arithmetic knows
    for (std::size_t k = 0; k < hidden; ++k) {
      double y = 0;
      for (std::size_t j = 0; j < d; ++j) y += in[1](k, j) * in[0](j, 0);
      in[2](k, 0) = -y * (1 + 3 * u * draws.normal());
    }
  if (trial % 5 == 4)  // all asleep
    for (std::size_t k = 0; k < hidden; ++k) in[2](k, 0) = -0x1p60;
  return in;
}

TEST(PerceptronTheory, JacobianIsThatOfTheRoom) {
  Draws draws(1);
  for (int trial = 0; trial < 60; ++trial) expect_jacobian<Perceptron>(network(draws, 0x1p-11, trial), draws);
}

TEST(PerceptronTheory, BallsContainTheReference) {
  Draws draws(2);
  for (int trial = 0; trial < 60; ++trial) expect_ball_contains<Perceptron>(network(draws, 0x1p-20, trial));
}

TEST(PerceptronTheory, UncertainSignsEncloseBothJacobians) {
  const auto one = [](double x) { return Matrix<Ball>(1, 1, Ball(x)); };
  Arrays<Ball> in{one(1), one(2), one(-2), one(3), one(5)};
  in[2](0, 0) = Ball(DoubleDouble{-2}, 0x1p-30);
  const PerceptronJacobian<Ball> j = Perceptron::jacobian(in);
  EXPECT_EQ(j.support().size(), 1u) << "may be positive";
  const Ball slope = j.row(0)[0];
  EXPECT_TRUE(contains(slope, DoubleDouble{0}) && contains(slope, DoubleDouble{6}));
  EXPECT_FALSE(contains(slope, DoubleDouble{6.1}));
  EXPECT_TRUE(contains(j.value()[0], DoubleDouble{5}));
}

TEST(PerceptronTheory, SleepingPerceptronHasNoConditionButItsBiasRounds) {
  Draws draws(3);
  const Arrays<double> in = network(draws, 0x1p-11, 4);
  const auto j = with_views(in, [](auto... w) { return PerceptronJacobian<double>(w...); });
  EXPECT_TRUE(j.support().empty());
  EXPECT_EQ(kappa_22(j), 0);
  EXPECT_EQ(kappa_cinf(j), 0);
  EXPECT_EQ(kappa_cc(j), 0);
  EXPECT_EQ(with_views(in, [](auto... w) { return perceptron_xi(w...); }), 1) << "|b_2| / |b_2|";
}

TEST(PerceptronTheory, ErrorStaysWithinTheGeneralBoundWhateverTheSigns) {
  expect_bounds<Perceptron>({.row = "4.14 perceptron, any signs", .seed = 4, .trials = 40}, network);
  expect_bounds<Perceptron>(
      {.row = "4.16 perceptron, any signs, perturbed", .seed = 5, .trials = 20, .perturbations = {1, 16}},
      network);
}

TEST(PerceptronTheory, ErrorStaysWithinLemma414) {
  expect_bounds<PerceptronOfLemma>({.row = "4.14 perceptron", .seed = 6, .trials = 40}, network);
}

TEST(PerceptronTheory, ErrorOfPerturbedTokensStaysWithinCorollary416) {
  expect_bounds<PerceptronOfLemma>(
      {.row = "4.16 perceptron, perturbed", .seed = 7, .trials = 30, .perturbations = {1, 16}}, network);
}

/// Law 3 where the lemma's hypothesis holds with alpha = 2 and rho is admitted.
TEST(PerceptronTheory, FirstOrderCoefficientsHoldUnderTheirHypotheses) {
  Draws draws(8);
  Sharpness sharpness("4.16 perceptron, first order");
  int statements = 0;
  for (int trial = 0; trial < 400; ++trial) {
    const RoundingModel model{trial % 2 == 0 ? 0x1p-11 : 0x1p-24};
    const std::string format = trial % 2 == 0 ? "bin11" : "bin24";
    Simulated ar(rounding_rule(format));
    Arrays<double> exact_in = in_format(ar, network(draws, model.u, trial)), in = exact_in;
    const Arrays<Ball> at = enclosed(exact_in);
    for (double& x : in[0].values()) x = ar.lift(x * (1 + 8 * model.u * (2 * draws.uniform() - 1)));
    const double rho = componentwise_distance(enclosed(in)[0].values(), at[0].values());
    const auto hypotheses =
        with_views(at, [&](auto... w) { return perceptron_hypotheses(w..., model, 2.0); });
    const auto largest = with_views(at, [&](auto... w) { return perceptron_largest_rho(w..., 2.0); });
    if (!all_hold(hypotheses) ||
        !(rho <= std::fmin(lower_end(largest.signs), 0.5 * lower_end(largest.smooth))))
      continue;
    const FirstOrder<Ball> order = with_views(at, [](auto... w) { return perceptron_first_order(w...); });
    const double value = upper_end(order.u) * model.u + upper_end(order.rho) * rho;
    const Upper lemma =
        with_views(at, [&](auto... w) { return perceptron_error_of_lemma(w..., model, Upper(rho)); });
    EXPECT_FALSE(std::isinf(lemma.value())) << "the corollary's hypotheses imply certain signs";
    if (!(value <= 0.1)) continue;
    BallArithmetic balls;
    const std::vector<double> got = Perceptron::run(ar, in);
    const std::vector<Ball> exact = Perceptron::run(balls, at);
    double relative = 0;
    for (std::size_t i = 0; i < got.size(); ++i)
      relative = std::fmax(relative, least_distance(Ball(got[i]), exact[i]) / magnitude(exact[i]));
    ++statements;
    ASSERT_LE(relative, value) << draws.replay();
    sharpness.record(format, relative / value);
  }
  EXPECT_GE(statements, 100);
  sharpness.expect_recorded();
}

}  // namespace
}  // namespace halfulp
