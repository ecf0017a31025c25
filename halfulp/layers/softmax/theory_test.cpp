#include <algorithm>

#include "halfulp/layers/room_laws_testing.hpp"
#include "halfulp/layers/softmax/rounding.hpp"

namespace halfulp {
namespace {

using namespace halfulp::testing;

template <Shift shift>
struct Room {
  template <class A>
  static std::vector<Value<A>> run(A& ar, const Arrays<Value<A>>& in) {
    std::vector<Value<A>> e(in[0].rows()), y(in[0].rows());
    softmax(ar, in[0].column(0), shift, Row<Value<A>>(e), Row<Value<A>>(y));
    return y;
  }
  static SoftmaxJacobian<Ball> jacobian(const Arrays<Ball>& in) {
    return SoftmaxJacobian<Ball>(in[0].column(0));
  }
  static std::vector<double> bound(const Arrays<Ball>& in, const RoundingModel& model, double rho) {
    const Row<const Ball> s = in[0].column(0);
    std::vector<Upper> errors;
    for (std::size_t i = 0; i < s.size(); ++i) errors.push_back(Upper(rho) * magnitude(s[i]));
    const std::vector<Upper> relative = softmax_error(s, model, shift, errors);
    const SoftmaxJacobian<Ball> j(s);
    std::vector<double> bounds;
    for (std::size_t i = 0; i < s.size(); ++i)
      bounds.push_back((relative[i] * magnitude(j.psi()[i])).value());
    return bounds;
  }
  static FirstOrder<Ball> first_order(const Arrays<Ball>& in) {
    FirstOrder<Ball> order = softmax_first_order(in[0].column(0));
    if (shift == Shift::by_maximum) order.u = softmax_shifted_coefficient(in[0].column(0));
    return order;
  }
};
using Unshifted = Room<Shift::none>;
using Shifted = Room<Shift::by_maximum>;

/// Scores of all shapes and scales within +-150: exp stays in the range of binary64, which carries the
/// formats of unbounded exponent.
Arrays<double> scores(Draws& draws, double u, int trial) {
  const std::size_t sizes[] = {1, 2, 3, 8, 17};
  const double scales[] = {1, 0.1, 5, 40};
  const Shape shape = shapes[static_cast<std::size_t>(trial) % std::size(shapes)];
  Matrix<double> s = argument(draws, sizes[draws.below(5)], 1, shape, u);
  const double scale = scales[draws.below(4)];
  double largest = 0;
  for (double& entry : s.values()) largest = std::fmax(largest, std::fabs(entry *= scale));
  for (double& entry : s.values()) entry *= std::fmin(1, 150 / largest);
  return {s};
}

TEST(SoftmaxTheory, JacobianIsThatOfTheRoom) {
  Draws draws(1);
  for (int trial = 0; trial < 60; ++trial) {
    expect_jacobian<Shifted>(scores(draws, 0x1p-11, trial), draws);
    expect_jacobian<Unshifted>(scores(draws, 0x1p-11, trial), draws);
  }
}

TEST(SoftmaxTheory, BallsContainTheReference) {
  Draws draws(2);
  for (int trial = 0; trial < 60; ++trial) {
    expect_ball_contains<Shifted>(scores(draws, 0x1p-20, trial));
    expect_ball_contains<Unshifted>(scores(draws, 0x1p-20, trial));
  }
}

TEST(SoftmaxTheory, ErrorStaysWithinLemma419) {
  expect_bounds<Unshifted>({.row = "4.19 softmax", .seed = 3, .trials = 36}, scores);
}

TEST(SoftmaxTheory, ErrorOfPerturbedScoresStaysWithinCorollary420) {
  expect_bounds<Unshifted>(
      {.row = "4.20 softmax, perturbed", .seed = 4, .trials = 36, .perturbations = {1, 4, 16}}, scores);
}

TEST(SoftmaxTheory, ErrorOfShiftedFormStaysWithinErratumE7) {
  expect_bounds<Shifted>({.row = "E7 softmax, shifted", .seed = 5, .trials = 36}, scores);
}

TEST(SoftmaxTheory, ErrorOfShiftedFormOfPerturbedScoresStaysWithinBound) {
  expect_bounds<Shifted>(
      {.row = "E7 softmax, shifted, perturbed", .seed = 6, .trials = 36, .perturbations = {1, 4, 16}},
      scores);
}

/// E7: two scores suffice to break (n + 3) u, three times over; the subtraction errs by up to 16 u.
TEST(SoftmaxTheory, ShiftedFormExceedsLemma419) {
  const RoundingRule rule = rounding_rule("bin24");
  Simulated ar({rule, rule, rule}, {});
  BallArithmetic balls;
  double worst = 0, of_unshifted = 0, of_bound = 0;
  for (int k = 0; k < 64; ++k) {
    Matrix<double> s(2, 1, ar.lift(-16.63));
    s(0, 0) = ar.lift(0.8337) + k * 0x1p-24;
    const auto at = enclosed(Arrays<double>{s});
    const auto exact = Shifted::run(balls, at);
    const auto error = [&](const std::vector<double>& y) {
      return least_distance(enclosed(y[1]), exact[1]) / magnitude(exact[1]) / rule.format.unit_roundoff();
    };
    worst = std::fmax(worst, error(Shifted::run(ar, {s})));
    of_unshifted = std::fmax(of_unshifted, error(Unshifted::run(ar, {s})));
    of_bound = std::fmax(of_bound, worst / upper_end(Shifted::first_order(at).u));
  }
  EXPECT_GT(worst, 3 * 5.0);
  EXPECT_LT(of_unshifted, 5.0);
  EXPECT_LT(of_bound, 1);
}

/// The absolute errors of the scores, each at its limit and of either sign, without any rounding.
TEST(SoftmaxTheory, AbsoluteErrorsOfScoresMoveWeightsWithinBound) {
  Draws draws(7);
  double worst = 0;
  for (int trial = 0; trial < 300; ++trial) {
    const Arrays<Ball> at = enclosed(scores(draws, 0x1p-11, trial));
    Arrays<Ball> moved = at;
    std::vector<Upper> errors;
    const double scale = std::exp2(-static_cast<double>(draws.below(12)));
    for (std::size_t i = 0; i < at[0].rows(); ++i) {
      errors.emplace_back(scale * draws.uniform());
      const double sign = draws.below(2) == 0 ? -1 : 1;
      moved[0](i, 0) = at[0](i, 0) + Ball(sign * errors[i].value());
    }
    BallArithmetic balls;
    const auto exact = Shifted::run(balls, at), changed = Shifted::run(balls, moved);
    const auto bounds = softmax_error(at[0].view().column(0), {0, {}}, Shift::by_maximum, errors);
    for (std::size_t i = 0; i < exact.size(); ++i) {
      const double change = least_distance(changed[i], exact[i]);
      const double bound = (bounds[i] * magnitude(exact[i])).value();
      ASSERT_LE(change, bound) << draws.replay() << ", entry " << i;
      if (bound > 0) worst = std::fmax(worst, change / bound);
    }
  }
  EXPECT_GT(worst, 0.9);
}

/// Lemma 3.13: what it calls equal is equal, what it calls a bound is one.
TEST(SoftmaxTheory, NormsAndConditionNumbersAreThoseOfTheMatrix) {
  Draws draws(8);
  for (int trial = 0; trial < 40; ++trial) {
    const Arrays<Ball> in = enclosed(scores(draws, 0x1p-11, trial));
    const SoftmaxJacobian<Ball> j(in[0].column(0));
    const Matrix<Ball> matrix = dense(j);
    const auto expect_equal = [&](const Ball& a, const Ball& b) {
      EXPECT_EQ(least_distance(a, b), 0) << a.mid.hi << " and " << b.mid.hi << ", " << draws.replay();
    };
    expect_equal(norm_1inf(j), operator_norm(matrix.view(), Exponent::one, Exponent::infinity));
    expect_equal(norm_infinf(j), operator_norm(matrix.view(), Exponent::infinity, Exponent::infinity));
    expect_equal(norm_infinf(j), operator_norm(matrix.view(), Exponent::one, Exponent::one));
    expect_equal(kappa_cc(j), condition_componentwise(j, Row<const Ball>(j.s()), Row<const Ball>(j.psi())));
    EXPECT_LE(lower_end(norm_22(j)), upper_end(norm_22_bound(j)));
    EXPECT_LE(lower_end(kappa_cc(j)), upper_end(kappa_cc_bound(j)));
    EXPECT_LE(lower_end(kappa_cinf(j)), upper_end(kappa_cc(j)));
  }
}

/// E5: the eigenvalues of J are the roots of sum psi_i^2 / (psi_i - lambda) = 1; psi = (1, 2, 3)/6.
TEST(SoftmaxTheory, LargestEigenvalueSolvesTheSecularEquation) {
  Matrix<Ball> s(3, 1);
  for (std::size_t i = 0; i < 3; ++i) s(i, 0) = log(Ball(static_cast<double>(i + 1)));
  const SoftmaxJacobian<Ball> j(s.view().column(0));
  Ball squares, printed;
  for (const Ball& psi : j.psi()) {
    squares += psi * psi / (psi - norm_22(j));
    printed += psi / (psi - norm_22(j));
  }
  EXPECT_LE(magnitude(squares - Ball(1.0)), 1e-25);
  EXPECT_LE(magnitude(printed), 1e-25);
}

}  // namespace
}  // namespace halfulp
