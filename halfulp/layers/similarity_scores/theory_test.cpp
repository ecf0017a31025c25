#include "halfulp/layers/room_laws_testing.hpp"
#include "halfulp/layers/similarity_scores/rounding.hpp"

namespace halfulp {
namespace {

using namespace halfulp::testing;

/// in: X, W_q, W_k.
template <ScoreScale how>
struct Room {
  template <class A>
  static std::vector<Value<A>> run(A& ar, const Arrays<Value<A>>& in) {
    const std::size_t n = in[0].columns();
    Matrix<Value<A>> q(in[1].rows(), n), k(in[2].rows(), n), s(n, n);
    product(ar, in[1].view(), in[0].view(), q.view());
    product(ar, in[2].view(), in[0].view(), k.view());
    similarity_scores(ar, k.view(), q.view(), how, s.view());
    std::vector<Value<A>> last;
    for (std::size_t i = 0; i < n; ++i) last.push_back(s(i, n - 1));
    return last;
  }
  static ScoresJacobian<Ball> jacobian(const Arrays<Ball>& in) {
    return {in[1].view(), in[2].view(), in[0].view()};
  }
  static std::vector<double> bound(const Arrays<Ball>& in, const RoundingModel& model, double rho) {
    std::vector<double> bounds;
    for (const Upper e : scores_error(in[1].view(), in[2].view(), in[0].view(), model, rho, how))
      bounds.push_back(e.value());
    return bounds;
  }
  static FirstOrder<Ball> first_order(const Arrays<Ball>& in) {
    return scores_first_order(in[1].view(), in[2].view(), in[0].view(), how);
  }
};
using Exact = Room<ScoreScale::by_exact_root>;

/// Tokens of all shapes, one of them zero at times; W_k and W_q random, equal to I (orthogonal tokens then
/// have scores of 0), singular, or nearly so.
Arrays<double> tokens(Draws& draws, double u, int trial) {
  const std::size_t widths[] = {1, 2, 3, 6}, heads[] = {1, 2, 5}, lengths[] = {1, 2, 5};
  const std::size_t d = widths[draws.below(4)], n = lengths[draws.below(3)];
  const std::size_t kind = draws.below(5), head = kind == 1 ? heads[draws.below(3)] : d;
  const Shape shape = shapes[static_cast<std::size_t>(trial) % std::size(shapes)];
  Arrays<double> in{argument(draws, d, n, shape, u), draws.matrix(head, d), draws.matrix(head, d)};
  for (std::size_t i = 0; i < d; ++i) {
    if (draws.below(4) == 0) in[0](i, 0) = 0;
    for (std::size_t j = 0; j < d && kind >= 2; ++j) {
      if (kind == 2) in[1](i, j) = in[2](i, j) = i == j;
      if (kind == 3) in[1](i, j) = in[1](0, j);
      if (kind == 4 && i > 0) in[1](i, j) = in[1](0, j) * (1 + 8 * u * draws.normal());
    }
  }
  return in;
}

TEST(SimilarityScoresTheory, JacobianIsThatOfTheRoom) {
  Draws draws(1);
  for (int trial = 0; trial < 60; ++trial) expect_jacobian<Exact>(tokens(draws, 0x1p-11, trial), draws);
}

TEST(SimilarityScoresTheory, BallsContainTheReference) {
  Draws draws(2);
  for (int trial = 0; trial < 60; ++trial) expect_ball_contains<Exact>(tokens(draws, 0x1p-20, trial));
}

TEST(SimilarityScoresTheory, ErrorStaysWithinLemma417) {
  expect_bounds<Exact>({.row = "4.17 scores", .seed = 3, .trials = 36}, tokens);
}

TEST(SimilarityScoresTheory, ErrorWithRoundedRootStaysWithinLemma417AndOneMore) {
  expect_bounds<Room<ScoreScale::by_rounded_root>>(
      {.row = "4.17 scores, sqrt(d) rounded", .seed = 4, .trials = 36}, tokens);
}

TEST(SimilarityScoresTheory, ErrorWithReciprocalRootStaysWithinLemma417AndOneMore) {
  expect_bounds<Room<ScoreScale::by_reciprocal>>(
      {.row = "4.17 scores, times 1/sqrt(d)", .seed = 5, .trials = 36}, tokens);
}

TEST(SimilarityScoresTheory, ErrorOfPerturbedTokensStaysWithinBound) {
  expect_bounds<Exact>(
      {.row = "4.17 scores, perturbed", .seed = 6, .trials = 36, .perturbations = {1, 4, 16}}, tokens);
}

/// Lemma 3.12: bounds are bounds, for all pairs of norms; (1, 1) and (inf, inf) of one token more than once
/// are often equal.
TEST(SimilarityScoresTheory, NormsAndConditionNumbersStayBelowLemma312) {
  Draws draws(7);
  constexpr Exponent exponents[] = {Exponent::one, Exponent::two, Exponent::infinity};
  for (int trial = 0; trial < 40; ++trial) {
    const Arrays<Ball> in = enclosed(tokens(draws, 0x1p-11, trial));
    const ScoresJacobian<Ball> j = Exact::jacobian(in);
    for (const Exponent p : exponents) {
      for (const Exponent q : exponents) {
        if (p == Exponent::infinity && q != p && j.inputs() > 10) continue;
        EXPECT_LE(lower_end(jacobian_norm(j, p, q)), upper_end(jacobian_norm_bound(j, p, q)))
            << static_cast<int>(p) << ", " << static_cast<int>(q) << ", " << draws.replay();
      }
    }
    EXPECT_LE(lower_end(kappa_cinf(j)), upper_end(kappa_cinf_bound(j)));
    if (kappa_cc(j).is_bounded()) {
      EXPECT_LE(lower_end(kappa_cc(j)), upper_end(kappa_cc_bound(j)));
    }
  }
}

/// X = [(1, 1), (1, last)], W_q = W_k = I_2.
Arrays<double> two_tokens(double last) {
  Arrays<double> in{Matrix<double>(2, 2, 1.0), Matrix<double>(2, 2), Matrix<double>(2, 2)};
  in[0](1, 1) = last;
  for (std::size_t i = 0; i < 2; ++i) in[1](i, i) = in[2](i, i) = 1;
  return in;
}

/// E1.  I_2 is as well conditioned as can be.
TEST(SimilarityScoresTheory, Remark418IsFalse) {
  const auto xi = [](double last) {
    const Arrays<Ball> in = enclosed(two_tokens(last));
    const MatrixView<const Ball> x = in[0], wq = in[1], wk = in[2];
    EXPECT_LE(magnitude(remark_4_18_claimed_bound(wq, wk) - Ball(1.0)), 1e-28);
    return score_xi(wq, wk, x);
  };
  EXPECT_EQ(lower_end(xi(-1)), HUGE_VAL);
  EXPECT_NEAR(xi(-0.99).mid.hi, 199, 1e-9);
  EXPECT_LE(magnitude(xi(1) - Ball(1.0)), 1e-28);
}

TEST(SimilarityScoresTheory, ScoresOfZeroHaveNoComponentwiseCondition) {
  const Arrays<double> in = two_tokens(-1);
  const ScoresJacobian<double> j(in[1], in[2], in[0]);
  EXPECT_TRUE(std::isnan(kappa_cc(j)));
  EXPECT_EQ(kappa_cc_bound(j), HUGE_VAL);
  EXPECT_NEAR(kappa_cinf(j), 2, 1e-15);
  const Arrays<Ball> balls = enclosed(in);
  EXPECT_FALSE(kappa_cc(Exact::jacobian(balls)).is_bounded());
}

}  // namespace
}  // namespace halfulp
