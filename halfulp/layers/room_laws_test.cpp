// The examiner can fail: planted faults are found, and the sound room passes.
#include "halfulp/layers/room_laws_testing.hpp"

#include <gtest/gtest-spi.h>

#include "halfulp/layers/rms_norm/jacobian.hpp"
#include "halfulp/layers/rms_norm/rounding.hpp"

namespace halfulp {
namespace {

using namespace halfulp::testing;

enum class Fault {
  none,
  derivative,   // J v has a wrong sign in one entry
  transposed,   // J^T w is 1 + 2^-40 too large
  absolute,     // |J| v forgets a modulus
  bound,        // one rounding in three is not counted
  input_error,  // what comes in is not passed on
  ball,         // the ball lies beside the number
};

template <Fault fault>
struct FaultyJacobian : RmsNormJacobian<Ball> {
  using RmsNormJacobian<Ball>::RmsNormJacobian;
  std::vector<Ball> times(Row<const Ball> v) const {
    std::vector<Ball> y = RmsNormJacobian<Ball>::times(v);
    if (fault == Fault::derivative) y[0] = -y[0];
    return y;
  }
  std::vector<Ball> transposed_times(Row<const Ball> w) const {
    std::vector<Ball> x = RmsNormJacobian<Ball>::transposed_times(w);
    if (fault == Fault::transposed)
      for (Ball& entry : x) entry *= 1 + 0x1p-40;
    return x;
  }
  std::vector<Ball> absolute_times(Row<const Ball> v) const {
    return fault == Fault::absolute ? RmsNormJacobian<Ball>::times(v)
                                    : RmsNormJacobian<Ball>::absolute_times(v);
  }
};

template <Fault fault>
struct Room {
  template <class A>
  static std::vector<Value<A>> run(A& ar, const Arrays<Value<A>>& in) {
    std::vector<Value<A>> y(in[0].rows());
    rms_norm_of_paper(ar, in[0].column(0), 0.0, Row<Value<A>>(y));
    if constexpr (fault == Fault::ball && std::same_as<A, BallArithmetic>) y[0] *= 1 + 0x1p-52;
    return y;
  }
  static FaultyJacobian<fault> jacobian(const Arrays<Ball>& in) {
    return FaultyJacobian<fault>(in[0].column(0));
  }
  static std::vector<double> bound(const Arrays<Ball>& in, const RoundingModel& model, double rho) {
    BallArithmetic balls;
    const Upper whole = rms_norm_error(model, in[0].rows(), fault == Fault::input_error ? 0 : rho);
    const Upper relative = whole * (fault == Fault::bound ? 0.25 : 1);
    std::vector<double> bounds;
    for (const Ball& y : run(balls, in)) bounds.push_back((relative * magnitude(y)).value());
    return bounds;
  }
};

Arrays<double> token(Draws& draws, double, int) { return {draws.matrix(3, 1)}; }

/// How many failures the law finds.
template <class Law>
int failures_of(Law law) {
  ::testing::TestPartResultArray results;
  {
    const ::testing::ScopedFakeTestPartResultReporter reporter(
        ::testing::ScopedFakeTestPartResultReporter::INTERCEPT_ONLY_CURRENT_THREAD, &results);
    law();
  }
  return results.size();
}
template <Fault fault>
int jacobian_failures() {
  return failures_of([] {
    Draws draws(1);
    for (int trial = 0; trial < 5; ++trial) expect_jacobian<Room<fault>>(token(draws, 0, 0), draws);
  });
}
template <Fault fault>
int bound_failures() {
  return failures_of([] {
    expect_bounds<Room<fault>>({.row = "", .seed = 6, .trials = 30, .perturbations = {0, 8}}, token);
  });
}

TEST(RoomLaws, PlantedJacobiansAreRejected) {
  EXPECT_EQ(jacobian_failures<Fault::none>(), 0);
  EXPECT_GT(jacobian_failures<Fault::derivative>(), 0);
  EXPECT_GT(jacobian_failures<Fault::transposed>(), 0);
  EXPECT_GT(jacobian_failures<Fault::absolute>(), 0);
}

TEST(RoomLaws, PlantedBoundsAreRejected) {
  EXPECT_EQ(bound_failures<Fault::none>(), 0);
  EXPECT_GT(bound_failures<Fault::bound>(), 0);
  EXPECT_GT(bound_failures<Fault::input_error>(), 0);
}

TEST(RoomLaws, PlantedBallsAreRejected) {
  Draws draws(2);
  const Arrays<double> in = token(draws, 0, 0);
  EXPECT_EQ(failures_of([&] { expect_ball_contains<Room<Fault::none>>(in); }), 0);
  EXPECT_GT(failures_of([&] { expect_ball_contains<Room<Fault::ball>>(in); }), 0);
}

TEST(RoomLaws, AnotherSharpnessThanTheTablesIsRejected) {
  if (std::getenv("HALFULP_RECORD") != nullptr) GTEST_SKIP() << "the table is being written";
  Sharpness known("4.6 RMS norm");
  known.record("bin8", 0.123456);
  EXPECT_GT(failures_of([&] { known.expect_recorded(); }), 0);
  Sharpness unknown("no such row");
  EXPECT_GT(failures_of([&] { unknown.expect_recorded(); }), 0);
}

}  // namespace
}  // namespace halfulp
