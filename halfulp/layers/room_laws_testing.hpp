// For tests only: the examiner.  Laws that every room passes, on random and hostile inputs, in every
// arithmetic of the hypotheses:
//
//   1  J v is the room in dual numbers, J^T w the room on a tape, |J| v the sums of the dense matrix
//   2  observed error <= the non-asymptotic bound, always; the worst ratio is recorded (docs/sharpness.md)
//   3  where (coefficient u) <= 0.1, the first-order bound is compared too, and its worst ratio recorded
//   4  the ball contains the double-double result
//
// A room under examination is a struct with
//   run(ar, in)                 the evaluation;  in: matrices, in[0] the argument, the others parameters
//   jacobian(in)                (laws 1) the Jacobian with respect to vec(in[0]), for numbers of a Real type
//   bound(in, model, rho)       (law 2) entrywise bounds of |fl(f(xhat)) - f(x)|, rho >= rho_c(xhat, x)
//   first_order(in)             (law 3) FirstOrder of the relative componentwise distance
// Results are vectors; a matrix counts by columns (vec).  The examiner itself is examined in
// room_laws_test.cpp.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "halfulp/arith/adjoint.hpp"
#include "halfulp/arith/decimal/decimal.hpp"
#include "halfulp/arith/dual.hpp"
#include "halfulp/arith/simulated.hpp"
#include "halfulp/base/random.hpp"
#include "halfulp/layers/jacobian.hpp"
#include "halfulp/layers/rounding_bound.hpp"
#include "halfulp/layers/sharpness_testing.hpp"

namespace halfulp::testing {

template <class V>
using Arrays = std::vector<Matrix<V>>;

template <class V>
std::vector<V> vec(const Matrix<V>& x) {
  std::vector<V> all;
  for (std::size_t t = 0; t < x.columns(); ++t)
    for (std::size_t i = 0; i < x.rows(); ++i) all.push_back(x(i, t));
  return all;
}
template <class V>
Matrix<V> unvec(const std::vector<V>& all, std::size_t rows) {
  Matrix<V> x(rows, all.size() / rows);
  for (std::size_t k = 0; k < all.size(); ++k) x(k % rows, k / rows) = all[k];
  return x;
}

/// Random numbers that are the same on every machine: a function of the seed and the number of calls.
class Draws {
 public:
  explicit Draws(std::uint64_t seed) : seed_(seed) {}
  /// In [0, 1), a multiple of 2^-32.
  double uniform() { return Philox4x32{seed_, 0}.block(counter_++)[0] * 0x1p-32; }
  /// Mean 0, variance 1: the sum of twelve uniform numbers, less six.
  double normal() {
    double sum = -6;
    for (int i = 0; i < 12; ++i) sum += uniform();
    return sum;
  }
  std::size_t below(std::size_t count) {
    return static_cast<std::size_t>(uniform() * static_cast<double>(count));
  }
  Matrix<double> matrix(std::size_t rows, std::size_t columns, double scale = 1) {
    Matrix<double> x(rows, columns);
    for (double& entry : x.values()) entry = scale * normal();
    return x;
  }
  std::string replay() const {
    return "seed " + std::to_string(seed_) + ", draw " + std::to_string(counter_);
  }

 private:
  std::uint64_t seed_, counter_ = 0;
};

/// Arguments [d, n] that are hard for one room or another; entries are not yet in any format.
enum class Shape {
  gaussian,
  one_outlier,
  near_constant,
  cancelling_pairs,
  zeros,
  repeated_tokens,
  orthogonal,
  huge,
  tiny
};
inline constexpr Shape shapes[] = {Shape::gaussian,         Shape::one_outlier, Shape::near_constant,
                                   Shape::cancelling_pairs, Shape::zeros,       Shape::repeated_tokens,
                                   Shape::orthogonal,       Shape::huge,        Shape::tiny};

/// `u`: differences of "nearly equal" entries are a few of it.
inline Matrix<double> argument(Draws& draws, std::size_t d, std::size_t n, Shape shape, double u) {
  Matrix<double> x = draws.matrix(d, n);
  for (std::size_t t = 0; t < n; ++t) {
    for (std::size_t i = 0; i < d; ++i) {
      double& entry = x(i, t);
      if (shape == Shape::near_constant) entry = 3 + 16 * u * entry;
      if (shape == Shape::cancelling_pairs && i % 2 == 1) entry = -x(i - 1, t) * (1 + 4 * u);
      if (shape == Shape::zeros && i % 3 != t % 3) entry = 0;
      if (shape == Shape::huge) entry *= 0x1p40;
      if (shape == Shape::tiny) entry *= 0x1p-40;
      if (shape == Shape::one_outlier && i == d / 2) entry *= 0x1p7;
      if (shape == Shape::repeated_tokens) entry = x(i, 0);
      if (shape == Shape::orthogonal) entry = (t * i) % 2 == 0 ? 1 : -1;
    }
  }
  return x;
}

/// An arithmetic that bounds are examined in: a binary format with unbounded exponent and an order of
/// summation, or exact decimal arithmetic.
struct Examined {
  std::string format;
  RoundingModel model;
  int digits = 0;  // > 0: exact decimal

  std::string name() const {
    const Summation& s = model.summation;
    const char* order = s.order == Order::pairwise  ? "pairwise"
                        : s.order == Order::blocked ? "blocked"
                        : s.fused                   ? "recursive, fused"
                                                    : "recursive";
    return format + ", " + order;
  }
};

inline std::vector<Examined> examined_arithmetics() {
  std::vector<Examined> all;
  for (const int bits : {4, 8, 11, 24})
    for (const Summation& order :
         {Summation{Order::recursive, 0, false}, Summation{Order::recursive, 0, true},
          Summation{Order::blocked, 3, false}, Summation{Order::pairwise, 0, false}})
      all.push_back({"bin" + std::to_string(bits), {std::exp2(-bits), order}});
  for (const auto& [digits, u] : {std::pair{4, 5e-4}, {6, 5e-6}, {8, 5e-8}})
    all.push_back({"dec" + std::to_string(digits), {u * (1 + 0x1p-52), {}}, digits});
  return all;
}

inline Ball enclosed(double x) { return x; }
inline Ball enclosed(const Decimal& x) {
  const DoubleDouble mid = double_double_of(x);
  return {mid, std::fabs(mid.hi) * 0x1p-99};
}
inline Ball enclosed(DoubleDouble x) { return x; }

template <class V>
Arrays<Ball> enclosed(const Arrays<V>& in) {
  Arrays<Ball> all;
  for (const Matrix<V>& m : in) {
    all.emplace_back(m.rows(), m.columns());
    for (std::size_t i = 0; i < m.values().size(); ++i) all.back().values()[i] = enclosed(m.values()[i]);
  }
  return all;
}

/// Numbers rounded to an arithmetic.
template <class A>
Arrays<Value<A>> in_format(A& ar, const Arrays<double>& in) {
  Arrays<Value<A>> all;
  for (const Matrix<double>& m : in) {
    all.emplace_back(m.rows(), m.columns());
    for (std::size_t i = 0; i < m.values().size(); ++i) all.back().values()[i] = ar.lift(m.values()[i]);
  }
  return all;
}

/// act(arithmetic): Simulated or ExactDecimal as the examined one says.
template <class Act>
void in_arithmetic(const Examined& examined, Act act) {
  if (examined.digits > 0) {
    ExactDecimal ar(examined.digits, examined.model.summation);
    act(ar);
  } else {
    const RoundingRule rule = rounding_rule(examined.format);
    Simulated ar({rule, rule, rule}, examined.model.summation);
    act(ar);
  }
}

/// How two numbers differ at least: below |a - b| whatever the exact numbers in the balls are.
inline double least_distance(const Ball& a, const Ball& b) { return mignitude(a - b); }

/// rho_c from above.
inline double componentwise_distance(const std::vector<Ball>& a, const std::vector<Ball>& b) {
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const Ball difference = a[i] - b[i];
    if (certain_sign(difference) == 0) continue;
    largest = std::fmax(largest, (Upper(magnitude(difference)) / mignitude(b[i])).value());
  }
  return largest;
}

/// Law 2 and 3 for one room.  cases(draws, u) makes an input; perturbation: sizes of rho in units of u (0:
/// the argument is exact).
struct BoundLaw {
  std::string row;  // of docs/sharpness.md; none: not compared
  std::uint64_t seed = 1;
  int trials = 3;                           // per case, arithmetic and perturbation
  std::vector<double> perturbations = {0};  // in units of u
  bool first_order = true;
  std::size_t least_statements = 200;  // finite bounds that must have been compared
};

template <class Room>
void expect_bounds(const BoundLaw& law,
                   const std::function<Arrays<double>(Draws&, double u, int trial)>& make) {
  Draws draws(law.seed);
  Sharpness rigorous(law.row), asymptotic(law.row + ", first order");
  std::size_t statements = 0;
  for (const Examined& examined : examined_arithmetics()) {
    const double u = examined.model.u;
    for (const double perturbation : law.perturbations) {
      for (int trial = 0; trial < law.trials; ++trial) {
        const std::string replay =
            draws.replay() + ", " + examined.name() + ", trial " + std::to_string(trial);
        const Arrays<double> exact_in = make(draws, u, trial);
        in_arithmetic(examined, [&](auto& ar) {
          auto in = in_format(ar, exact_in);
          const Arrays<Ball> at = enclosed(in);
          double rho = 0;
          if (perturbation > 0) {
            auto& x = in[0].values();
            for (std::size_t i = 0; i < x.size(); ++i) {
              const double factor = 1 + perturbation * u * (2 * draws.uniform() - 1);
              if (certain_sign(at[0].values()[i]) != 0) x[i] = ar.lift(exact_in[0].values()[i] * factor);
            }
            rho = componentwise_distance(enclosed(in)[0].values(), at[0].values());
          }
          BallArithmetic balls;
          const std::vector<Ball> exact = Room::run(balls, at);
          const auto got = Room::run(ar, in);
          const std::vector<double> bound = Room::bound(at, examined.model, rho);
          ASSERT_EQ(got.size(), exact.size());
          ASSERT_EQ(bound.size(), exact.size());
          double relative = 0;
          for (std::size_t i = 0; i < got.size(); ++i) {
            const double error = least_distance(enclosed(got[i]), exact[i]);
            relative = std::fmax(relative, error == 0 ? 0 : error / magnitude(exact[i]));
            if (std::isinf(bound[i])) continue;
            ++statements;
            ASSERT_LE(error, bound[i]) << replay << ", entry " << i << ": exactly " << exact[i].mid.hi
                                       << " +- " << exact[i].rad << ", rho " << rho;
            if (error > 0) rigorous.record(examined.format, error / bound[i]);
          }
          if constexpr (requires { Room::first_order(at); }) {
            if (law.first_order) {
              const FirstOrder<Ball> order = Room::first_order(at);
              const double value = upper_end(order.u) * u + (rho > 0 ? upper_end(order.rho) * rho : 0);
              if (value <= 0.1 && value > 0) asymptotic.record(examined.format, relative / value);
            }
          }
        });
        if (::testing::Test::HasFatalFailure()) return;
      }
    }
  }
  EXPECT_GE(statements, law.least_statements);
  if (law.row.empty()) return;
  rigorous.expect_recorded();
  if (asymptotic.has_records()) asymptotic.expect_recorded();
}

/// Law 1, at one point.  Double-double differs from the ball by the ball's radius and its own 2^-90.
template <class Room>
void expect_jacobian(const Arrays<double>& in, Draws& draws) {
  const Arrays<Ball> at = enclosed(in);
  const auto j = Room::jacobian(at);
  const std::size_t inputs = in[0].values().size();
  ASSERT_EQ(j.inputs(), inputs);
  const auto expect_near = [&](const std::vector<Ball>& got, const std::vector<Ball>& expected,
                               const char* what) {
    ASSERT_EQ(got.size(), expected.size()) << what;
    double size = 0;
    for (const Ball& e : expected) size = std::fmax(size, std::fabs(e.mid.hi));
    for (std::size_t i = 0; i < got.size(); ++i)
      ASSERT_LE(std::fabs((got[i].mid - expected[i].mid).hi),
                2 * got[i].rad + 2 * expected[i].rad + 0x1p-70 * size)
          << what << ", entry " << i << ": " << got[i].mid.hi << ", expected " << expected[i].mid.hi << "; "
          << draws.replay();
  };
  const auto constants = [&](auto& ar) {
    Arrays<Value<decltype(ar)>> all;
    for (const Matrix<double>& m : in) {
      all.emplace_back(m.rows(), m.columns());
      for (std::size_t i = 0; i < m.values().size(); ++i) all.back().values()[i] = ar.exactly(m.values()[i]);
    }
    return all;
  };

  std::vector<Ball> v(inputs);
  for (Ball& entry : v) entry = draws.normal();
  Dual<> dual;
  auto dual_in = constants(dual);
  const std::vector<DualNumber<DoubleDouble>> moved = [&] {
    const Matrix<Ball> direction = unvec(v, in[0].rows());
    for (std::size_t i = 0; i < inputs; ++i) dual_in[0].values()[i].dx = direction.values()[i].mid;
    return Room::run(dual, dual_in);
  }();
  std::vector<Ball> derivative;
  for (const auto& y : moved) derivative.push_back(y.dx);
  ASSERT_EQ(j.outputs(), derivative.size());
  expect_near(j.times(Row<const Ball>(v)), derivative, "J v against dual numbers");

  std::vector<Ball> w(j.outputs());
  for (Ball& entry : w) entry = draws.normal();
  Adjoint tape;
  auto tape_in = constants(tape);
  for (std::size_t i = 0; i < inputs; ++i) tape_in[0].values()[i] = tape.variable(in[0].values()[i]);
  const auto results = Room::run(tape, tape_in);
  for (std::size_t i = 0; i < results.size(); ++i) tape.weigh(results[i], w[i].mid);
  tape.sweep();
  std::vector<Ball> gradient;
  for (const TapedNumber& x : vec(tape_in[0])) gradient.push_back(tape.adjoint_of(x));
  expect_near(j.transposed_times(Row<const Ball>(w)), gradient, "J^T w against the tape");

  const Matrix<Ball> matrix = dense(j);
  std::vector<Ball> sums(matrix.rows());
  for (std::size_t i = 0; i < matrix.rows(); ++i)
    for (std::size_t k = 0; k < inputs; ++k) sums[i] = sums[i] + abs(matrix(i, k)) * abs(v[k]);
  expect_near(j.absolute_times(absolute(Row<const Ball>(v))), sums, "|J| |v| against the dense matrix");
}

/// Law 4: balls, double-double and (to its own accuracy) binary64 agree.
template <class Room>
void expect_ball_contains(const Arrays<double>& in) {
  BallArithmetic balls;
  DoubleDoubleArithmetic reference;
  const std::vector<Ball> y = Room::run(balls, enclosed(in));
  Arrays<DoubleDouble> exactly;
  for (const Matrix<double>& m : in) {
    exactly.emplace_back(m.rows(), m.columns());
    for (std::size_t i = 0; i < m.values().size(); ++i)
      exactly.back().values()[i] = DoubleDouble{m.values()[i]};
  }
  const std::vector<DoubleDouble> close = Room::run(reference, exactly);
  ASSERT_EQ(y.size(), close.size());
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (!y[i].is_bounded() || !std::isfinite(close[i].hi)) continue;
    // Double-double errs too, as much as the ball's radius says at most.
    ASSERT_LE(std::fabs((y[i].mid - close[i]).hi), 2 * y[i].rad + 0x1p-1000) << "entry " << i;
  }
}

}  // namespace halfulp::testing
