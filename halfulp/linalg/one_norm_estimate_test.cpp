// The estimate against the norm itself, for matrices that are at hand.
//
// A e_j is exact, so the estimate is the sum of the m moduli of a column: gamma(m - 1, u), and that is all
// by which it may exceed the norm.  Nothing proves how far below it may be: the shares required are what
// was seen, with room.
#include "halfulp/linalg/one_norm_estimate.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <limits>
#include <string>

#include "halfulp/arith/rounding_model.hpp"
#include "halfulp/base/error.hpp"
#include "halfulp/base/random.hpp"
#include "halfulp/linalg/norms.hpp"

namespace halfulp {
namespace {

struct Counted {
  std::size_t products = 0, transposed = 0;
};

BlockOperator operator_of(const Matrix<double>& a, Counted* counted = nullptr) {
  BlockOperator op{a.rows(), a.columns(), {}, {}};
  op.times = [&a, counted](const BlockEntry& x, std::size_t t) {
    if (counted) ++counted->products;
    Matrix<double> y(a.rows(), t);
    for (std::size_t i = 0; i < a.rows(); ++i)
      for (std::size_t j = 0; j < a.columns(); ++j)
        for (std::size_t p = 0; p < t; ++p) y(i, p) += a(i, j) * x(j, p);
    return y;
  };
  op.transposed_times = [&a, counted](MatrixView<const double> s, const BlockOperator::Take& take) {
    if (counted) ++counted->transposed;
    for (std::size_t j = a.columns(); j-- > 0;) {  // the order is free
      std::vector<double> row(s.columns());
      for (std::size_t p = 0; p < row.size(); ++p)
        for (std::size_t i = 0; i < a.rows(); ++i) row[p] += a(i, j) * s(i, p);
      take(j, row);
    }
  };
  return op;
}

/// Uniform in [-1, 1), a function of the seed and the entry.
Matrix<double> random_matrix(std::size_t rows, std::size_t columns, std::uint64_t seed) {
  Matrix<double> a(rows, columns);
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < columns; ++j) a(i, j) = Philox4x32{seed, i}.block(j)[0] * 0x1p-31 - 1;
  return a;
}

double exact_norm(const Matrix<double>& a) { return operator_norm(a.view(), Exponent::one, Exponent::one); }

/// estimate / norm, after what must hold of every estimate.
double quality(const Matrix<double>& a, const OneNormOptions& options = {}) {
  Counted counted;
  const OneNormEstimate got = one_norm_estimate(operator_of(a, &counted), options);
  const double norm = exact_norm(a);
  EXPECT_LT(got.column, a.columns());
  EXPECT_EQ(got.norm, norm_1(a.column(got.column)));
  EXPECT_LE(got.norm, norm * (1 + 2 * gamma(static_cast<double>(a.rows()), 0x1p-53)));
  EXPECT_EQ(got.products, counted.products);
  EXPECT_EQ(got.transposed_products, counted.transposed);
  EXPECT_LE(got.products, options.iterations);
  EXPECT_LT(got.transposed_products, options.iterations);
  return norm == 0 ? 1 : got.norm / norm;
}

struct Shares {
  int trials = 0, exact = 0, within_3 = 0;
  double worst = 1;
  void add(double q) {
    ++trials;
    exact += q >= 1;
    within_3 += 3 * q >= 1;
    worst = std::fmin(worst, q);
  }
};

TEST(OneNormEstimate, OfRandomMatricesIsWithinTwoAlwaysAndOftenExact) {
  for (const std::size_t t : {1, 2, 4}) {
    Shares shares;
    for (std::uint64_t seed = 0; seed < 300; ++seed)
      for (const auto& [rows, columns] : {std::pair{20, 20}, {5, 60}, {60, 5}, {40, 100}})
        shares.add(
            quality(random_matrix(static_cast<std::size_t>(rows), static_cast<std::size_t>(columns), seed),
                    {t, 5, seed}));
    RecordProperty("t" + std::to_string(t),
                   std::to_string(shares.worst) + " " + std::to_string(shares.exact));
    EXPECT_EQ(shares.within_3, shares.trials) << "t = " << t;
    EXPECT_GE(shares.worst, 0.5) << "t = " << t;
    EXPECT_GE(shares.exact, shares.trials * static_cast<int>(t) / 10) << "t = " << t;
  }
}

TEST(OneNormEstimate, OneHugeEntryOrColumnIsFound) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Matrix<double> a = random_matrix(30, 50, seed);
    const auto word = Philox4x32{seed, 1000}.block(0);
    a(word[0] % 30, word[1] % 50) = -1e8;
    EXPECT_EQ(quality(a), 1) << seed;
    const std::size_t column = word[2] % 50;
    for (std::size_t i = 0; i < 30; ++i) a(i, column) *= 1e12;
    EXPECT_EQ(quality(a), 1) << seed;
  }
}

TEST(OneNormEstimate, ZeroColumnsAndTheZeroMatrix) {
  Matrix<double> a(7, 30);
  EXPECT_EQ(quality(a), 1);
  EXPECT_EQ(one_norm_estimate(operator_of(a)).norm, 0);
  for (std::size_t i = 0; i < 7; ++i) a(i, 23) = i % 2 == 0 ? 3 : -3;
  EXPECT_EQ(quality(a), 1);
  EXPECT_EQ(one_norm_estimate(operator_of(a)).column, 23u);
}

TEST(OneNormEstimate, EqualColumnsSmallAndThinMatrices) {
  EXPECT_EQ(quality(Matrix<double>(9, 13, -2.0)), 1);
  for (const auto& [rows, columns] : {std::pair{1, 1}, {1, 40}, {40, 1}, {2, 3}, {3, 2}, {2, 40}})
    for (const std::size_t t : {1, 2, 3, 4})
      for (std::uint64_t seed = 0; seed < 50; ++seed)
        EXPECT_GE(3 * quality(random_matrix(static_cast<std::size_t>(rows), static_cast<std::size_t>(columns),
                                            seed),
                              {t, 5, seed}),
                  1);
}

/// I + theta C with C e = C^T e = 0 and nothing in the first rows and columns: sign(A e) = e and A^T e = e,
/// so that Hager's method believes that all columns have norm 1.
Matrix<double> deceiving(std::size_t n, std::size_t zero, double theta) {
  Matrix<double> a(n, n);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) {
      a(i, j) = i == j ? 1 : 0;
      if (i < zero || j < zero) continue;
      const double m = static_cast<double>(n - zero);
      a(i, j) += theta * (m * (i == j ? 1 : 0) - 1);
    }
  return a;
}

TEST(OneNormEstimate, MatricesThatDeceiveHagersMethodDoNotDeceiveABlockOfTwo) {
  for (const double theta : {0x1p-6, 1.0, 0x1p20}) {
    const Matrix<double> a = deceiving(40, 4, theta);
    EXPECT_LT(quality(a, {1, 5, 0}), 1 / (1 + 30 * theta)) << "no longer deceived: a harder one is wanted";
    for (std::uint64_t seed = 0; seed < 50; ++seed)
      for (const std::size_t t : {2, 4})
        EXPECT_GE(quality(a, {t, 5, seed}), 1 - 1e-12) << theta << " " << seed;
  }
}

TEST(OneNormEstimate, NoTwoColumnsOfSignsAskTheSame) {
  const Matrix<double> a(40, 50, 1.0);  // whose products have equal signs
  BlockOperator op = operator_of(a);
  std::size_t asked = 0;
  op.transposed_times = [&, plain = op.transposed_times](MatrixView<const double> s,
                                                         const BlockOperator::Take& take) {
    ++asked;
    for (std::size_t p = 0; p < s.columns(); ++p)
      for (std::size_t q = 0; q < p; ++q) {
        double along = 0;
        for (std::size_t i = 0; i < s.rows(); ++i) along += s(i, p) * s(i, q);
        EXPECT_LT(std::fabs(along), 40);
      }
    plain(s, take);
  };
  for (const std::size_t t : {2, 4, 8}) EXPECT_EQ(one_norm_estimate(op, {t, 5, 0}).norm, 40);
  EXPECT_GT(asked, 2u);
}

/// Alternating signs and growing moduli, triangular matrices with ill-conditioned inverses, orthogonal signs,
/// differences of neighbours.
TEST(OneNormEstimate, SignPatternsThatCancel) {
  Shares shares;
  for (const std::size_t n : {10, 31, 64}) {
    Matrix<double> alternating(n, n), triangular(n, n), hadamard(n, n), cyclic(n, n);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j) {
        alternating(i, j) =
            ((i + j) % 2 == 0 ? 1 : -1) * (1 + static_cast<double>(i) / static_cast<double>(n - 1));
        triangular(i, j) = i > j ? 0 : i == j ? 1 : -1;
        hadamard(i, j) = std::popcount(i & j) % 2 == 0 ? 1 : -1;
        cyclic(i, j) = (j == i ? 1.0 : 0.0) - (j == (i + 1) % n ? 1.0 : 0.0);
      }
    for (Matrix<double>* a : {&alternating, &triangular, &hadamard, &cyclic})
      for (std::uint64_t seed = 0; seed < 20; ++seed)
        for (const std::size_t t : {2, 4}) shares.add(quality(*a, {t, 5, seed}));
  }
  EXPECT_EQ(shares.within_3, shares.trials);
}

TEST(OneNormEstimate, IsAFunctionOfTheSeed) {
  const Matrix<double> a = random_matrix(30, 200, 5);
  const OneNormEstimate first = one_norm_estimate(operator_of(a), {3, 5, 7});
  const OneNormEstimate again = one_norm_estimate(operator_of(a), {3, 5, 7});
  EXPECT_EQ(first.norm, again.norm);
  EXPECT_EQ(first.column, again.column);
}

TEST(OneNormEstimate, WhatIsNotFiniteIsUnknown) {
  Matrix<double> a = random_matrix(10, 30, 1);
  for (const double bad : {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()})
    for (const std::size_t t : {2, 30}) {
      a(3, 17) = bad;
      const OneNormEstimate got = one_norm_estimate(operator_of(a), {t, 5, 0});
      EXPECT_TRUE(std::isnan(got.norm));
      EXPECT_EQ(got.column, 30u);
    }
}

TEST(OneNormEstimate, RefusesNonsense) {
  const Matrix<double> a(3, 4), none;
  EXPECT_THROW(one_norm_estimate(operator_of(none)), shape_error);
  EXPECT_THROW(one_norm_estimate(operator_of(a), {0, 5, 0}), shape_error);
  EXPECT_THROW(one_norm_estimate(operator_of(a), {2, 1, 0}), shape_error);
}

}  // namespace
}  // namespace halfulp
