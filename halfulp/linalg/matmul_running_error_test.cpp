// Running errors of products: the bits of the simulated product, the exact product of every operand within
// its bounds, and, where all runs are enclosed, what they give.
#include <gtest/gtest.h>

#include "halfulp/base/random.hpp"
#include "halfulp/linalg/product.hpp"

namespace halfulp {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// Numbers for formats of every range: usual ones, or down among the subnormals and up to overflow.
class Numbers {
 public:
  explicit Numbers(std::uint64_t seed) : seed_(seed) {}

  double uniform() { return philox(seed_, {drawn_++, 0, 0, 5})[0] * 0x1p-32; }
  double next(bool hostile) {
    const double m = (uniform() < 0.5 ? -1 : 1) * (1 + uniform());
    if (!hostile) return m * std::exp2(-std::floor(4 * uniform()));
    if (uniform() < 0.2) return 0;
    return m * std::exp2(std::floor(30 * uniform()) - 22);
  }
  Matrix<double> matrix(std::size_t rows, std::size_t columns, bool hostile) {
    Matrix<double> x(rows, columns);
    for (double& entry : x.values()) entry = next(hostile);
    return x;
  }
  /// With errors of all sizes, none among them; now and then an entry of which nothing is known.
  Matrix<Bounded> bounded(std::size_t rows, std::size_t columns, bool hostile, bool unknown) {
    Matrix<Bounded> x(rows, columns);
    for (Bounded& entry : x.values()) {
      entry.x = next(hostile);
      const double kind = uniform();
      entry.e = kind < 0.3 ? 0 : std::fabs(entry.x) * std::exp2(-std::floor(20 * uniform()));
      if (unknown && kind > 0.96) entry.e = infinity;
    }
    return x;
  }
  /// A number that the bounds allow, often at their ends.
  double within(Bounded a) {
    if (a.e == infinity) return next(true);
    const double kind = uniform();
    const double x = a.x + a.e * (kind < 0.3 ? -1 : kind < 0.6 ? 1 : 2 * uniform() - 1);
    return std::fabs(x - a.x) <= a.e ? x : a.x;
  }

 private:
  std::uint64_t seed_;
  std::uint32_t drawn_ = 0;
};

Matrix<double> values_of(const Matrix<Bounded>& x) {
  Matrix<double> y(x.rows(), x.columns());
  for (std::size_t i = 0; i < x.values().size(); ++i) y.values()[i] = x.values()[i].x;
  return y;
}
Matrix<double> within(Numbers& numbers, const Matrix<Bounded>& x) {
  Matrix<double> y(x.rows(), x.columns());
  for (std::size_t i = 0; i < x.values().size(); ++i) y.values()[i] = numbers.within(x.values()[i]);
  return y;
}

/// W X + b in double-double.
Matrix<DoubleDouble> exact(const Operand& w, const Operand& bias, const Matrix<double>& x) {
  DoubleDoubleArithmetic ar;
  Matrix<DoubleDouble> lifted(x.rows(), x.columns()), y(w.rows(), x.columns());
  for (std::size_t i = 0; i < x.values().size(); ++i) lifted.values()[i] = {x.values()[i], 0};
  matmul_naive(ar, w, bias, lifted.view(), y.view());
  return y;
}

struct Outcome {
  int finite = 0, all = 0;
  double worst = 0;
};

void check(const Matrix<Bounded>& y, const Matrix<double>& simulated, const Matrix<DoubleDouble>& exact,
           Outcome& outcome) {
  for (std::size_t i = 0; i < y.values().size(); ++i) {
    const Bounded b = y.values()[i];
    const double x = simulated.values()[i];
    ASSERT_TRUE(b.x == x || (b.x != b.x && x != x)) << b.x << " instead of " << x;
    ++outcome.all;
    if (b.e == infinity) continue;
    ++outcome.finite;
    const double distance = std::fabs((DoubleDouble{b.x} - exact.values()[i]).hi);
    ASSERT_LE(distance, b.e) << b.x << " +- " << b.e;
    outcome.worst = std::fmax(outcome.worst, distance / b.e);
  }
}

struct Setting {
  const char *in, *acc, *out;
};
const Setting settings[] = {{"bin8", "bin8", "bin8"},
                            {"bf16", "fp32", "bf16"},
                            {"fp16", "fp16", "fp16"},
                            {"fp16:up", "fp16:up", "fp16:up"},
                            {"e4m3fn", "fp32", "bf16"},
                            {"e4m3fn:saturate", "e4m3fn:saturate", "fp32"},
                            {"dec4", "dec4", "dec4"},
                            {"fp32", "fp32", "fp32"},
                            {"fp64", "fp64", "fp64"},
                            {"bf16", "bf16:toward-zero", "bf16"},
                            {"bf16:stochastic", "bf16:stochastic", "bf16:stochastic"},
                            {"fp16:stochastic", "fp32", "fp16"},
                            {"e4m3fn", "fp16:stochastic", "e4m3fn"},
                            {"fp32", "fp32", "e2m1:stochastic"},
                            {"fp64", "bf16:stochastic", "fp64"},
                            {"fp64", "e4m3fn:stochastic", "fp64"},
                            {"fp64", "e2m1:stochastic:saturate", "fp64"},
                            {"e2m1:stochastic", "fp64", "fp64"},
                            {"e3m2:stochastic:saturate", "fp64", "fp64"}};
const Summation orders[] = {{Order::recursive, 0, false},
                            {Order::recursive, 0, true},
                            {Order::pairwise, 0, false},
                            {Order::blocked, 4, false}};

Simulated arithmetic(const Setting& s, const Summation& order, std::uint64_t key) {
  return Simulated({rounding_rule(s.in), rounding_rule(s.acc), rounding_rule(s.out)}, order,
                   RandomStream(key));
}

/// run(arithmetic, w, bias, x, y) for W X + b, or for the product of two computed matrices.
TEST(RunningErrorMatmul, HasTheBitsOfTheProductAndContainsTheExactOne) {
  Outcome usual, hostile;
  std::uint64_t trial = 0;
  for (const Setting& setting : settings)
    for (const Summation& order : orders)
      for (const bool hard : {false, true})
        for (const Runs runs : {Runs::this_one, Runs::all}) {
          SCOPED_TRACE(std::string(setting.in) + " " + setting.acc + " " + setting.out + ", trial " +
                       std::to_string(trial));
          Numbers numbers(++trial);
          Outcome& outcome = hard ? hostile : usual;
          const std::size_t m = 1 + trial % 7, k = 1 + trial % 40, n = 1 + trial % 5;
          const bool down = trial % 3 == 0;
          const auto x = numbers.bounded(k, n, hard, hard), a = numbers.bounded(m, k, hard, hard);
          const auto b = numbers.matrix(1, m, hard);
          auto w_values = values_of(a);
          const Operand bias = trial % 2 ? operand_of(b.view()) : Operand{};
          Matrix<double> w_down(k, m);
          for (std::size_t i = 0; i < m; ++i)
            for (std::size_t j = 0; j < k; ++j) w_down(j, i) = w_values(i, j);
          Operand w = down ? operand_of(w_down.view(), true) : operand_of(w_values.view());
          w.stored = Rounder(rounding_rule("fp32"));
          Simulated simulated = arithmetic(setting, order, 5), other = arithmetic(setting, order, 6);
          SimulatedRunningError ar(simulated, runs);
          Matrix<Bounded> y(m, n);
          Matrix<double> of_simulated(m, n), of_other(m, n);
          // weights
          matmul(ar, w, bias, x.view(), y.view());
          matmul(simulated, w, bias, values_of(x).view(), of_simulated.view());
          for (int pick = 0; pick < 4; ++pick) {
            const auto point = within(numbers, x);
            check(y, of_simulated, exact(w, bias, point), outcome);
            if (HasFatalFailure()) return;
            if (runs == Runs::this_one) continue;
            matmul(other, w, bias, point.view(), of_other.view());
            for (std::size_t i = 0; i < y.values().size(); ++i) {
              const Bounded bound = y.values()[i];
              ASSERT_TRUE(bound.e == infinity || std::fabs(of_other.values()[i] - bound.x) <= bound.e)
                  << "another run: " << of_other.values()[i] << ", " << bound.x << " +- " << bound.e;
            }
          }
          // two computed matrices
          product(ar, a.view(), x.view(), y.view());
          product(simulated, values_of(a).view(), values_of(x).view(), of_simulated.view());
          for (int pick = 0; pick < 4; ++pick) {
            const auto left = within(numbers, a), right = within(numbers, x);
            check(y, of_simulated, exact(operand_of(left.view()), {}, right), outcome);
            if (HasFatalFailure()) return;
            if (runs == Runs::this_one) continue;
            product(other, left.view(), right.view(), of_other.view());
            for (std::size_t i = 0; i < y.values().size(); ++i) {
              const Bounded bound = y.values()[i];
              ASSERT_TRUE(bound.e == infinity || std::fabs(of_other.values()[i] - bound.x) <= bound.e)
                  << "another run: " << of_other.values()[i] << ", " << bound.x << " +- " << bound.e;
            }
          }
        }
  EXPECT_GT(usual.finite, 0.85 * usual.all);
  EXPECT_GT(hostile.finite, 0.25 * hostile.all);
  EXPECT_GT(usual.worst, 0.9);
}

/// One to three products near the ends of a format, many random bits.
TEST(RunningErrorMatmul, HoldsAtTheEndsOfTheRange) {
  Numbers numbers(77);
  for (const Setting& setting : settings) {
    const std::string all = std::string(setting.in) + setting.acc + setting.out;
    if (all.find("stochastic") == std::string::npos) continue;
    for (const char* name : {setting.in, setting.acc, setting.out}) {
      const Format f = rounding_rule(name).format;
      for (int trial = 0; trial < 240; ++trial) {
        const std::size_t k = 1 + trial % 3;
        const double size = trial % 2 ? f.max_finite / static_cast<double>(k) : f.smallest_subnormal();
        Matrix<double> w(1, k);
        Matrix<Bounded> x(k, 1);
        for (std::size_t i = 0; i < k; ++i) {
          const double whole = size *
                               (trial % 2 ? 0.95 + 0.12 * numbers.uniform() : 0.2 + numbers.uniform()) *
                               (numbers.uniform() < 0.5 ? -1 : 1);
          const double part = trial % 4 < 2 ? whole : std::exp2(std::ilogb(std::sqrt(std::fabs(whole))));
          w(0, i) = trial % 8 < 4 ? whole / part : part;
          x(i, 0) = {trial % 8 < 4 ? part : whole / part, 0};
        }
        SimulatedRunningError ar(arithmetic(setting, {}, 5), Runs::all);
        Matrix<Bounded> y(1, 1);
        Matrix<double> other(1, 1);
        matmul(ar, operand_of(w.view()), {}, x.view(), y.view());
        if (y(0, 0).e == infinity) continue;
        for (std::uint64_t key = 100; key < 130; ++key) {
          Simulated again = arithmetic(setting, {}, key);
          matmul(again, operand_of(w.view()), {}, values_of(x).view(), other.view());
          ASSERT_LE(std::fabs(other(0, 0) - y(0, 0).x), y(0, 0).e)
              << all << ", trial " << trial << ": " << other(0, 0) << ", " << y(0, 0).x;
        }
      }
    }
  }
}

/// Not much larger than what the definition gives, operation by operation.
TEST(RunningErrorMatmul, IsAsSharpAsTheDefinition) {
  for (const Setting& setting : settings)
    for (const Summation& order : orders) {
      Numbers numbers(9);
      const auto x = numbers.bounded(50, 4, false, false), a = numbers.bounded(6, 50, false, false);
      const auto w = values_of(a);
      SimulatedRunningError ar(arithmetic(setting, order, 5));
      Matrix<Bounded> fast(6, 4), slow(6, 4);
      matmul(ar, operand_of(w.view()), {}, x.view(), fast.view());
      matmul_naive(ar, operand_of(w.view()), {}, x.view(), slow.view());
      for (std::size_t i = 0; i < fast.values().size(); ++i) {
        EXPECT_EQ(fast.values()[i].x, slow.values()[i].x);
        EXPECT_LE(fast.values()[i].e, slow.values()[i].e * (1 + 0x1p-20)) << setting.in << setting.acc;
      }
    }
}

TEST(RunningErrorMatmul, AnExactZeroHidesWhatIsNotKnown) {
  SimulatedRunningError ar(Simulated(rounding_rule("bf16")));
  Matrix<Bounded> values(1, 2), weights(2, 2), mixed(1, 2);
  values(0, 0) = {1, 0.25};
  values(0, 1) = {3, infinity};
  weights(0, 0) = {1, 0};
  weights(1, 0) = {0, 0};  // masked
  weights(0, 1) = weights(1, 1) = {0.5, 0.125};
  product(ar, values.view(), weights.view(), mixed.view());
  EXPECT_EQ(mixed(0, 0).x, 1);
  EXPECT_LT(mixed(0, 0).e, 0.2501);
  EXPECT_EQ(mixed(0, 1).e, infinity);
  // With other random bits the unknown number may be an infinity, and the product NaN.
  SimulatedRunningError all(Simulated(rounding_rule("bf16:stochastic")), Runs::all);
  product(all, values.view(), weights.view(), mixed.view());
  EXPECT_EQ(mixed(0, 0).e, infinity);
  Matrix<double> zero(1, 2);
  matmul(all, operand_of(zero.view()), {}, MatrixView<const Bounded>(&values(0, 0), 2, 1),
         mixed.view().columns_part(0, 1));
  EXPECT_EQ(mixed(0, 0).e, infinity);
}

}  // namespace
}  // namespace halfulp
