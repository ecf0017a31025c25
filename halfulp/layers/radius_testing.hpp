// For tests only: what an entrywise error bound owes.  A room under examination is a struct with
//   run(ar, in)               the evaluation; in[0] the argument, the others parameters (exact)
//   computed(ar, in, e)       WithRadii of it in simulated arithmetic, from |in[0] - exact| <= e
// The computed values must be run()'s, bit by bit, and lie within their radii of run() in balls at the exact
// argument: for exact arguments, and for arguments moved by known amounts, random and hostile, in every
// binary arithmetic.
#pragma once

#include "halfulp/layers/radius.hpp"
#include "halfulp/layers/room_laws_testing.hpp"

namespace halfulp::testing {

inline std::vector<Examined> binary_arithmetics() {
  std::vector<Examined> all;
  for (const Examined& examined : examined_arithmetics())
    if (examined.digits == 0) all.push_back(examined);
  all.push_back({"bin34", {0x1p-34, {}}});
  all.push_back({"bin34", {0x1p-34, {Order::pairwise, 0, false}}});
  return all;
}

/// Computed against exact values: counts the statements and keeps the worst ratio.
class RadiusExaminer {
 public:
  explicit RadiusExaminer(const std::string& row) : sharpness_(row) {}

  /// vec order; stops at the first violation.
  void expect(const std::string& format, const std::vector<double>& got, const std::vector<Ball>& exact,
              const std::vector<Upper>& radii, const std::string& replay) {
    ASSERT_EQ(got.size(), exact.size());
    ASSERT_EQ(got.size(), radii.size());
    for (std::size_t i = 0; i < got.size(); ++i) {
      const double radius = radii[i].value();
      if (std::isinf(radius)) continue;
      ++statements_;
      const double error = least_distance(Ball(got[i]), exact[i]);
      ASSERT_LE(error, radius) << replay << ", entry " << i << ": " << got[i] << ", exactly "
                               << exact[i].mid.hi << " +- " << exact[i].rad;
      if (error > 0) sharpness_.record(format, error / radius);
    }
  }
  void expect_recorded(std::size_t least_statements) const {
    EXPECT_GE(statements_, least_statements);
    sharpness_.expect_recorded();
  }

 private:
  Sharpness sharpness_;
  std::size_t statements_ = 0;
};

/// in[0] moved by up to `size` u (|x| + floor), at random or (corners) by all of it; and by how much.
inline Radii moved_argument(Simulated& ar, Draws& draws, double u, double size, bool corners, double floor,
                            Matrix<double>& x) {
  Radii e(x.rows(), x.columns());
  for (std::size_t i = 0; i < x.values().size(); ++i) {
    const double exact = x.values()[i];
    const double draw = 2 * draws.uniform() - 1;
    const double part = corners ? std::copysign(1, draw) : draw;
    x.values()[i] = ar.lift(exact + size * u * part * (std::fabs(exact) + floor));
    e.values()[i] = magnitude(Ball(x.values()[i]) - Ball(exact));
  }
  return e;
}

inline void expect_same_bits(const std::vector<double>& got, const std::vector<double>& expected,
                             const std::string& replay) {
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t i = 0; i < got.size(); ++i)
    ASSERT_TRUE(got[i] == expected[i] || (std::isnan(got[i]) && std::isnan(expected[i])))
        << replay << ", entry " << i << ": " << got[i] << ", the room has " << expected[i];
}

struct RadiusLaw {
  std::string row;  // of docs/sharpness.md
  std::uint64_t seed = 1;
  int trials = 9;
  std::vector<double> movements = {0, 1, 64};  // in units of u
  std::size_t least_statements = 500;
};

template <class Room>
void expect_radii(const RadiusLaw& law,
                  const std::function<Arrays<double>(Draws&, double u, int trial)>& make) {
  Draws draws(law.seed);
  RadiusExaminer examiner(law.row);
  for (const Examined& examined : binary_arithmetics()) {
    const RoundingRule rule = rounding_rule(examined.format);
    for (const double movement : law.movements) {
      for (int trial = 0; trial < law.trials; ++trial) {
        const std::string replay = draws.replay() + ", " + examined.name() + ", moved by " +
                                   std::to_string(movement) + " u, trial " + std::to_string(trial);
        Simulated ar({rule, rule, rule}, examined.model.summation);
        Arrays<double> in = in_format(ar, make(draws, examined.model.u, trial));
        const std::vector<Ball> exact = [&] {
          BallArithmetic balls;
          return Room::run(balls, enclosed(in));
        }();
        Radii e(in[0].rows(), in[0].columns());
        if (movement > 0)
          e = moved_argument(ar, draws, examined.model.u, movement, trial % 2 == 0, trial % 3 * 0.0625,
                             in[0]);
        ar.clear_events();
        const WithRadii got = Room::computed(ar, in, e);
        expect_same_bits(vec(got.x), Room::run(ar, in), replay);
        examiner.expect(examined.format, vec(got.x), exact, vec(got.e), replay);
        if (::testing::Test::HasFatalFailure()) return;
      }
    }
  }
  examiner.expect_recorded(law.least_statements);
}

}  // namespace halfulp::testing
