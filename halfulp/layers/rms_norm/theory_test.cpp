#include "halfulp/layers/rms_norm/jacobian.hpp"
#include "halfulp/layers/rms_norm/rounding.hpp"
#include "halfulp/layers/room_laws_testing.hpp"

namespace halfulp {
namespace {

using namespace halfulp::testing;

template <RootOfD root>
struct Room {
  template <class A>
  static std::vector<Value<A>> run(A& ar, const Arrays<Value<A>>& in) {
    std::vector<Value<A>> y(in[0].rows());
    rms_norm_of_paper(ar, in[0].column(0), 0.0, Row<Value<A>>(y), root);
    return y;
  }
  static RmsNormJacobian<Ball> jacobian(const Arrays<Ball>& in) {
    return RmsNormJacobian<Ball>(in[0].column(0));
  }
  static std::vector<double> bound(const Arrays<Ball>& in, const RoundingModel& model, double rho) {
    BallArithmetic balls;
    const Upper relative = rms_norm_error(model, in[0].rows(), rho, root);
    std::vector<double> bounds;
    for (const Ball& y : run(balls, in)) bounds.push_back((relative * magnitude(y)).value());
    return bounds;
  }
  static FirstOrder<Ball> first_order(const Arrays<Ball>& in) {
    return rms_norm_first_order<Ball>(in[0].rows(), root);
  }
};

Arrays<double> token(Draws& draws, double u, int trial) {
  const std::size_t sizes[] = {1, 2, 3, 8, 17};
  const Shape shape = shapes[static_cast<std::size_t>(trial) % std::size(shapes)];
  return {argument(draws, sizes[draws.below(5)], 1, shape, u)};
}

TEST(RmsNormTheory, JacobianIsThatOfTheRoom) {
  Draws draws(1);
  for (int trial = 0; trial < 60; ++trial)
    expect_jacobian<Room<RootOfD::exact>>(token(draws, 0x1p-11, trial), draws);
}

TEST(RmsNormTheory, BallsContainTheReference) {
  Draws draws(2);
  for (int trial = 0; trial < 60; ++trial)
    expect_ball_contains<Room<RootOfD::exact>>(token(draws, 0x1p-20, trial));
}

TEST(RmsNormTheory, ErrorStaysWithinLemma46) {
  expect_bounds<Room<RootOfD::exact>>({.row = "4.6 RMS norm", .seed = 3, .trials = 36}, token);
}

TEST(RmsNormTheory, ErrorWithRoundedRootStaysWithinLemma46AndOneMore) {
  expect_bounds<Room<RootOfD::rounded>>({.row = "4.6 RMS norm, sqrt(d) rounded", .seed = 4, .trials = 36},
                                        token);
}

TEST(RmsNormTheory, ErrorOfPerturbedTokensStaysWithinCorollary49) {
  expect_bounds<Room<RootOfD::exact>>(
      {.row = "4.9 RMS norm, perturbed", .seed = 5, .trials = 36, .perturbations = {1, 4, 16}}, token);
}

}  // namespace
}  // namespace halfulp
