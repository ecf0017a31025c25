// For tests only: what every room's test needs.  The rounded room is compared with the same room in
// double-double, entry by entry, and must stay within a bound that is proved in gamma form beside the test.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "halfulp/arith/arithmetic.hpp"
#include "halfulp/arith/double_double_arithmetic.hpp"
#include "halfulp/arith/native.hpp"
#include "halfulp/arith/rounding_model.hpp"
#include "halfulp/arith/running_error.hpp"
#include "halfulp/arith/simulated.hpp"
#include "halfulp/base/view.hpp"

namespace halfulp::testing {

/// An arithmetic under study: one format for everything, and a summation.
struct Studied {
  std::string format, order;
  Summation summation;

  Simulated arithmetic() const {
    const RoundingRule rule = rounding_rule(format);
    return Simulated({rule, rule, rule}, summation);
  }
  double u() const { return format_named(format).unit_roundoff(); }
  std::string name() const { return format + ", " + order; }
  RoundingModel model() const { return {u(), summation}; }
  double additions(std::size_t n) const { return model().additions(n); }
  double dot(std::size_t n) const { return model().dot(n); }
};

inline std::vector<Studied> studied_arithmetics() {
  std::vector<Studied> all;
  for (const char* format : {"bin8", "bin11", "bin24", "bf16"}) {
    all.push_back({format, "recursive", {Order::recursive, 0, false}});
    all.push_back({format, "recursive, fused", {Order::recursive, 0, true}});
    all.push_back({format, "blocked:4", {Order::blocked, 4, false}});
    all.push_back({format, "pairwise", {Order::pairwise, 0, false}});
  }
  return all;
}

/// Rows that are hard for one room or another; none is all zero.
enum class Kind { gaussian, one_outlier, near_constant, cancelling_pairs, zeros, huge, tiny };
inline constexpr Kind kinds[] = {
    Kind::gaussian, Kind::one_outlier, Kind::near_constant, Kind::cancelling_pairs,
    Kind::zeros,    Kind::huge,        Kind::tiny};

/// Inputs in the format of an arithmetic; a function of the seed and the order of calls.
class Inputs {
 public:
  explicit Inputs(std::uint64_t seed) : seed_(seed), random_(seed) {}

  double gaussian() { return normal_(random_); }
  std::vector<double> row(Simulated& ar, std::size_t d, Kind kind) {
    std::vector<double> x(d);
    for (double& entry : x) entry = gaussian();
    const double ulp = 2 * ar.acc().rule().format.unit_roundoff();
    for (std::size_t i = 0; i < d; ++i) {
      if (kind == Kind::near_constant) x[i] = 3 + 2 * ulp * std::round(2 * x[i]);
      if (kind == Kind::cancelling_pairs && i % 2 == 1) x[i] = -x[i - 1] * (1 + ulp);
      if (kind == Kind::zeros && i % 3 != 0) x[i] = 0;
      if (kind == Kind::huge) x[i] *= 0x1p40;
      if (kind == Kind::tiny) x[i] *= 0x1p-40;
      if (kind == Kind::one_outlier && i == d / 2) x[i] *= 0x1p12;
      x[i] = ar.load(x[i]);
    }
    return x;
  }
  /// Columns are rows of the kind, as tokens are.
  Matrix<double> tokens(Simulated& ar, std::size_t d, std::size_t n, Kind kind) {
    Matrix<double> x(d, n);
    for (std::size_t t = 0; t < n; ++t) {
      const std::vector<double> column = row(ar, d, kind);
      for (std::size_t i = 0; i < d; ++i) x(i, t) = column[i];
    }
    return x;
  }
  Matrix<double> matrix(Simulated& ar, std::size_t rows, std::size_t columns, double scale) {
    Matrix<double> w(rows, columns);
    for (double& entry : w.values()) entry = ar.load(scale * gaussian());
    return w;
  }
  std::string replay(const Studied& studied, Kind kind, int trial) const {
    return "seed " + std::to_string(seed_) + ", " + studied.name() + ", kind " +
           std::to_string(static_cast<int>(kind)) + ", trial " + std::to_string(trial);
  }

 private:
  std::uint64_t seed_;
  std::mt19937_64 random_;
  std::normal_distribution<double> normal_;
};

/// Numbers as values of an arithmetic, exactly.
template <class A>
Matrix<Value<A>> in(A& ar, const Matrix<double>& x) {
  Matrix<Value<A>> y(x.rows(), x.columns());
  for (std::size_t i = 0; i < y.values().size(); ++i) y.values()[i] = ar.exactly(x.values()[i]);
  return y;
}
template <class A>
std::vector<Value<A>> in(A& ar, const std::vector<double>& x) {
  std::vector<Value<A>> y;
  for (const double entry : x) y.push_back(ar.exactly(entry));
  return y;
}

/// Entry by entry |got - exact| <= bound; ratio() is the worst of all calls.  Double-double and the
/// evaluation of the bound in binary64 err by less than 2^-40 of it, as u >= 2^-24; bound = inf makes no
/// statement.
class Within {
 public:
  void expect(const std::vector<double>& got, const std::vector<DoubleDouble>& exact,
              const std::vector<double>& bound, const std::string& replay) {
    ASSERT_EQ(got.size(), exact.size());
    ASSERT_EQ(got.size(), bound.size());
    for (std::size_t i = 0; i < got.size(); ++i) {
      if (bound[i] == HUGE_VAL) continue;
      ++statements_;
      const double error = std::fabs((exact[i] - got[i]).hi);
      if (error == 0) continue;
      const double ratio = error / bound[i];
      if (!(ratio <= worst_)) worst_ = ratio;
      ASSERT_LE(ratio, 1 + 0x1p-40) << replay << ": entry " << i << " is " << got[i] << ", exactly "
                                    << exact[i].hi << ", error " << error << ", bound " << bound[i];
    }
  }
  /// Nobody loosens a bound (or stops rounding) unseen.
  void expect_sharpness(double floor) const {
    EXPECT_GE(worst_, floor) << "the largest error over bound";
    EXPECT_GT(statements_, 1000u);
  }

 private:
  double worst_ = 0;
  std::size_t statements_ = 0;
};

/// run(arithmetic) -> values.  Running error analysis has the bits of binary64 and contains the double-double
/// result (whose own error is 2^-46 of the bound at most, see analysis/check_layers.cpp).
template <class Run>
void expect_references_agree(Run run, const std::string& replay) {
  Native native;
  RunningError running;
  DoubleDoubleArithmetic reference;
  const std::vector<double> x = run(native);
  const std::vector<Bounded> bounded = run(running);
  const std::vector<DoubleDouble> exact = run(reference);
  ASSERT_EQ(x.size(), bounded.size());
  ASSERT_EQ(x.size(), exact.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    ASSERT_TRUE(bounded[i].x == x[i] || (std::isnan(x[i]) && std::isnan(bounded[i].x)))
        << replay << ": entry " << i << " is " << x[i] << " natively, " << bounded[i].x << " with a bound";
    if (bounded[i].e == HUGE_VAL) continue;
    const double error = std::fabs((exact[i] - x[i]).hi);
    ASSERT_LE(error, bounded[i].e * (1 + 0x1p-40))
        << replay << ": entry " << i << " is " << x[i] << ", exactly " << exact[i].hi;
  }
}

/// Binary64 that counts its operations: a room rounds as often as its lemma counts.
struct Counting : Native {
  int adds = 0, muls = 0, divs = 0, sqrts = 0, roots_of_d = 0, functions = 0, loads = 0, stores = 0;

  Summation summation() const { return {Order::recursive, 0, false}; }
  double load(double a) { return ++loads, a; }
  double store(double a) { return ++stores, a; }
  double add(double a, double b) { return ++adds, a + b; }
  double sub(double a, double b) { return ++adds, a - b; }
  double mul(double a, double b) { return ++muls, a * b; }
  double div(double a, double b) { return ++divs, a / b; }
  double sqrt(double a) { return ++sqrts, std::sqrt(a); }
  double mul_root(double a, double d) { return ++roots_of_d, Native::mul_root(a, d); }
  double div_root(double a, double d) { return ++roots_of_d, Native::div_root(a, d); }
  double exp(double a) { return ++functions, Native::exp(a); }
  double tanh(double a) { return ++functions, Native::tanh(a); }
  double erf(double a) { return ++functions, Native::erf(a); }
  double sin(double a) { return ++functions, Native::sin(a); }
  double cos(double a) { return ++functions, Native::cos(a); }
};

/// |W| |x|, in binary64.
inline std::vector<double> absolute_product(const Matrix<double>& w, const std::vector<double>& x) {
  std::vector<double> y(w.rows(), 0.0);
  for (std::size_t i = 0; i < w.rows(); ++i)
    for (std::size_t j = 0; j < w.columns(); ++j) y[i] += std::fabs(w(i, j) * x[j]);
  return y;
}

}  // namespace halfulp::testing
