#include "halfulp/linalg/singular_values.hpp"

#include <gtest/gtest.h>

#include "halfulp/base/random.hpp"

namespace halfulp {
namespace {

/// Entries in (-1, 1), a function of the seed.
Matrix<Ball> random_matrix(std::size_t rows, std::size_t columns, std::uint64_t seed) {
  Matrix<Ball> a(rows, columns);
  std::uint64_t draw = 0;
  for (Ball& entry : a.values()) entry = Philox4x32{seed, 0}.block(draw++)[0] * 0x1p-31 - 1;
  return a;
}
Matrix<Ball> transposed(const Matrix<Ball>& a) {
  Matrix<Ball> b(a.columns(), a.rows());
  for (std::size_t i = 0; i < a.rows(); ++i)
    for (std::size_t j = 0; j < a.columns(); ++j) b(j, i) = a(i, j);
  return b;
}
Matrix<double> midpoints(const Matrix<Ball>& a) {
  Matrix<double> b(a.rows(), a.columns());
  for (std::size_t k = 0; k < a.values().size(); ++k) b.values()[k] = a.values()[k].mid.hi;
  return b;
}
SingularRange<Ball> range_of(const Matrix<Ball>& a) { return singular_range(a.view()); }
bool overlap(const Ball& a, const Ball& b) { return mignitude(a - b) == 0; }

/// The known value lies in the ball, and the ball is as narrow as promised.
void expect_value(const Ball& got, const Ball& known, double size, double relative = 1e-27) {
  EXPECT_TRUE(overlap(got, known)) << got.mid.hi << " +- " << got.rad << ", known " << known.mid.hi;
  EXPECT_LE(got.rad, relative * size);
}

TEST(SingularValues, OfKnownMatrices) {
  Matrix<Ball> diagonal(4, 3);
  diagonal(0, 0) = -3;
  diagonal(1, 1) = 7;
  diagonal(2, 2) = 0x1p-60;
  expect_value(range_of(diagonal).largest, 7, 7);
  expect_value(range_of(diagonal).smallest, 0x1p-60, 7);
  EXPECT_LE(range_of(diagonal).smallest.rad, 1e-26);

  Matrix<Ball> hadamard(4, 4);
  for (std::size_t i = 0; i < 4; ++i)
    for (std::size_t j = 0; j < 4; ++j) hadamard(i, j) = __builtin_parityll(i & j) ? -1 : 1;
  expect_value(range_of(hadamard).largest, 2, 2);
  expect_value(range_of(hadamard).smallest, 2, 2);

  const SingularRange<Ball> row = range_of(Matrix<Ball>(1, 5, 3.0));
  expect_value(row.largest, sqrt(Ball(45)), 7);
  expect_value(row.smallest, sqrt(Ball(45)), 7);
  EXPECT_EQ(range_of(Matrix<Ball>(3, 3)).largest.mid.hi, 0);
  EXPECT_EQ(range_of(Matrix<Ball>(0, 3)).largest.mid.hi, 0);
}

TEST(SingularValues, SmallestOfSingularMatrixMayBeZero) {
  for (const std::size_t n : {2, 5, 12, 31, 40}) {
    const Matrix<Ball> x = random_matrix(n, 1, n), y = random_matrix(n, 1, n + 100);
    Matrix<Ball> one(n, n);
    Ball left, right;
    for (std::size_t i = 0; i < n; ++i) {
      left += x(i, 0) * x(i, 0);
      right += y(i, 0) * y(i, 0);
      for (std::size_t j = 0; j < n; ++j) one(i, j) = x(i, 0) * y(j, 0);
    }
    const SingularRange<Ball> got = range_of(one);
    const double size = std::sqrt((left * right).mid.hi);
    expect_value(got.largest, sqrt(left) * sqrt(right), size, n <= 32 ? 1e-27 : 1e-11);
    expect_value(got.smallest, 0, size, n <= 32 ? 1e-27 : 1e-11);
  }
}

/// 1/(i + j - 1), n = 10: extreme singular values by mpmath at 60 digits; condition 1.6e13.
TEST(SingularValues, OfHilbertMatrixInSpiteOfItsCondition) {
  Matrix<Ball> hilbert(10, 10);
  for (std::size_t i = 0; i < 10; ++i)
    for (std::size_t j = 0; j < 10; ++j) hilbert(i, j) = Ball(1) / Ball(static_cast<double>(i + j + 1));
  const SingularRange<Ball> got = range_of(hilbert);
  expect_value(got.largest, Ball(DoubleDouble{0x1.c07dceb9020f0p+0, -0x1.27bedebf88560p-54}, 1e-31), 2);
  expect_value(got.smallest, Ball(DoubleDouble{0x1.ec500dfb9d7acp-44, 0x1.618dbf6ac3cd9p-98}, 1e-44), 2);
  EXPECT_LE(got.smallest.rad, 1e-14 * got.smallest.mid.hi);
}

/// sum sigma^2 = ||A||_F^2, prod sigma = |det A|; the same of the transpose, of rotations, of multiples.
TEST(SingularValues, ObeyIdentities) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const Matrix<Ball> a = random_matrix(2, 2, seed);
    const SingularRange<Ball> got = range_of(a);
    Ball squares;
    for (const Ball& entry : a.values()) squares += entry * entry;
    expect_value(got.largest * got.largest + got.smallest * got.smallest, squares, 4);
    expect_value(got.largest * got.smallest, abs(a(0, 0) * a(1, 1) - a(0, 1) * a(1, 0)), 2);
  }
  for (const auto& [m, n] : {std::pair{3, 3}, {7, 4}, {20, 32}, {40, 33}}) {
    const double precision = std::min(m, n) <= 32 ? 1e-26 : 1e-11;
    Matrix<Ball> a = random_matrix(static_cast<std::size_t>(m), static_cast<std::size_t>(n), 7);
    const SingularRange<Ball> got = range_of(a), flipped = range_of(transposed(a));
    const double size = got.largest.mid.hi;
    expect_value(flipped.largest, got.largest, size, precision);
    expect_value(flipped.smallest, got.smallest, size, precision);
    const SingularRange<double> rounded = singular_range<double>(midpoints(a));
    EXPECT_NEAR(rounded.largest, got.largest.mid.hi, 1e-13 * size);
    EXPECT_NEAR(rounded.smallest, got.smallest.mid.hi, 1e-13 * size);
    for (std::size_t j = 0; j < a.columns(); ++j) {  // 3/5, 4/5 rotates the first two rows
      const Ball x = a(0, j), y = a(1, j);
      a(0, j) = (Ball(3) * x - Ball(4) * y) / Ball(5);
      a(1, j) = (Ball(4) * x + Ball(3) * y) / Ball(5);
    }
    expect_value(range_of(a).largest, got.largest, size, precision);
    expect_value(range_of(a).smallest, got.smallest, size, precision);
    for (Ball& entry : a.values()) entry = entry * Ball(-0x1p-500);
    expect_value(range_of(a).largest, got.largest * Ball(0x1p-500), 0x1p-500 * size, precision);
  }
}

TEST(SingularValues, ContainThoseOfAllMatricesInTheBalls) {
  Matrix<Ball> a = random_matrix(6, 5, 3);
  const Matrix<Ball> centre = a;
  for (Ball& entry : a.values()) entry.rad = 1e-3;
  const SingularRange<Ball> wide = range_of(a);
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Matrix<Ball> one = centre;
    const Matrix<Ball> moved = random_matrix(6, 5, 100 + seed);
    for (std::size_t k = 0; k < one.values().size(); ++k) one.values()[k] += moved.values()[k] * Ball(1e-3);
    const SingularRange<Ball> got = range_of(one);
    EXPECT_LE(std::fabs((got.largest - wide.largest).mid.hi), wide.largest.rad);
    EXPECT_LE(std::fabs((got.smallest - wide.smallest).mid.hi), wide.smallest.rad);
  }
}

TEST(SingularValues, OfUnknownMatrixAreUnknown) {
  Matrix<Ball> a(2, 2, 1.0);
  a(1, 0) = Ball::everything();
  EXPECT_FALSE(range_of(a).largest.is_bounded());
  EXPECT_TRUE(std::isnan(largest_singular_value<double>(Matrix<double>(2, 2, INFINITY))));
  EXPECT_EQ(largest_singular_value_above<Ball>(a).value(), INFINITY);
}

TEST(SingularValues, BoundOfNonNegativeMatrixIsAboveAndTight) {
  for (const auto& [m, n] : {std::pair{1, 1}, {2, 2}, {9, 5}, {5, 17}, {32, 32}}) {
    for (std::uint64_t seed = 0; seed < 8; ++seed) {
      Matrix<Ball> a = random_matrix(static_cast<std::size_t>(m), static_cast<std::size_t>(n), seed);
      for (Ball& entry : a.values()) entry = abs(entry);
      if (seed >= 4)
        for (std::size_t j = 0; j < a.columns(); ++j) a(0, j) = 0;  // a zero row, and then a zero column
      if (seed >= 6)
        for (std::size_t i = 0; i < a.rows(); ++i) a(i, a.columns() / 2) = 0;
      const Ball exact = range_of(a).largest;
      const double above = largest_singular_value_above<Ball>(a).value();
      EXPECT_GE(above, lower_end(exact)) << m << " x " << n << ", seed " << seed;
      EXPECT_LE(above, exact.mid.hi * (1 + 1e-10)) << m << " x " << n << ", seed " << seed;
      EXPECT_GE(largest_singular_value_above<double>(midpoints(a)).value(), lower_end(exact));
    }
  }
  Matrix<double> blocks(4, 4);  // two parts that are not linked: the lesser must not spoil the bound
  blocks(0, 0) = 3;
  blocks(1, 1) = blocks(2, 1) = blocks(1, 2) = blocks(3, 1) = blocks(1, 3) = 1.45;
  EXPECT_GE(largest_singular_value_above<double>(blocks).value(), 3);
  EXPECT_LE(largest_singular_value_above<double>(blocks).value(), 3 * (1 + 1e-10));
}

}  // namespace
}  // namespace halfulp
