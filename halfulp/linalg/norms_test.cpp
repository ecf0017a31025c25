#include "halfulp/linalg/norms.hpp"

#include <gtest/gtest.h>

#include "halfulp/base/random.hpp"

namespace halfulp {
namespace {

constexpr Exponent exponents[] = {Exponent::one, Exponent::two, Exponent::infinity};

template <Real T>
Matrix<T> matrix_of(std::size_t rows, std::size_t columns, const std::vector<double>& entries) {
  Matrix<T> a(rows, columns);
  for (std::size_t k = 0; k < entries.size(); ++k) a.values()[k] = entries[k];
  return a;
}
Matrix<Ball> random_matrix(std::size_t rows, std::size_t columns, std::uint64_t seed) {
  std::vector<double> entries;
  for (std::uint64_t k = 0; k < rows * columns; ++k)
    entries.push_back(Philox4x32{seed, 0}.block(k)[0] * 0x1p-31 - 1);
  return matrix_of<Ball>(rows, columns, entries);
}
Matrix<Ball> transposed(const Matrix<Ball>& a) {
  Matrix<Ball> b(a.columns(), a.rows());
  for (std::size_t i = 0; i < a.rows(); ++i)
    for (std::size_t j = 0; j < a.columns(); ++j) b(j, i) = a(i, j);
  return b;
}
Matrix<Ball> kronecker(const Matrix<Ball>& a, const Matrix<Ball>& b) {
  Matrix<Ball> k(a.rows() * b.rows(), a.columns() * b.columns());
  for (std::size_t i = 0; i < k.rows(); ++i)
    for (std::size_t j = 0; j < k.columns(); ++j)
      k(i, j) = a(i / b.rows(), j / b.columns()) * b(i % b.rows(), j % b.columns());
  return k;
}
Ball norm_of(const Matrix<Ball>& a, Exponent p, Exponent q) { return operator_norm(a.view(), p, q); }

void expect_equal(const Ball& got, const Ball& known) {
  EXPECT_EQ(mignitude(got - known), 0) << got.mid.hi << " +- " << got.rad << ", known " << known.mid.hi;
  EXPECT_LE(got.rad, 1e-27 * std::fabs(known.mid.hi));
}

TEST(Norms, OfVectors) {
  const std::vector<double> x{3, -4, 0, 12};
  const Row<const double> row(x);
  EXPECT_EQ(norm_1(row), 19);
  EXPECT_EQ(norm_2(row), 13);
  EXPECT_EQ(norm_inf(row), 12);
  EXPECT_EQ(norm_minus_inf(row), 0);
  EXPECT_EQ(norm_2(Row<const double>()), 0);
}

/// A = [1 -2 3; -4 5 -6]: columns sum to 9 at most, rows to 15; x = (1, -1, 1) attains inf to 1 and inf to 2.
TEST(Norms, OfSmallMatrixByHand) {
  const Matrix<Ball> a = matrix_of<Ball>(2, 3, {1, -2, 3, -4, 5, -6});
  expect_equal(norm_of(a, Exponent::one, Exponent::one), 9);
  expect_equal(norm_of(a, Exponent::one, Exponent::two), sqrt(Ball(45)));
  expect_equal(norm_of(a, Exponent::one, Exponent::infinity), 6);
  expect_equal(norm_of(a, Exponent::two, Exponent::one), sqrt(Ball(25 + 49 + 81)));
  expect_equal(norm_of(a, Exponent::two, Exponent::infinity), sqrt(Ball(77)));
  expect_equal(norm_of(a, Exponent::infinity, Exponent::one), 21);
  expect_equal(norm_of(a, Exponent::infinity, Exponent::two), sqrt(Ball(36 + 225)));
  expect_equal(norm_of(a, Exponent::infinity, Exponent::infinity), 15);
  // sigma^2 is a root of z^2 - 91 z + det(A A^T) = 14 * 77 - 32^2 = 54
  expect_equal(norm_of(a, Exponent::two, Exponent::two),
               sqrt((Ball(91) + sqrt(Ball(91 * 91 - 4 * 54))) / Ball(2)));
}

/// Erratum E4: the norm from inf to 1 of a Kronecker product may exceed the product of the norms.
TEST(Norms, OfKroneckerProductAreNotProductsFromInfinityToOne) {
  const Matrix<Ball> h = matrix_of<Ball>(2, 2, {1, 1, 1, -1});
  expect_equal(norm_of(h, Exponent::infinity, Exponent::one), 2);
  expect_equal(norm_of(kronecker(h, h), Exponent::infinity, Exponent::one), 8);
  const Matrix<Ball> a = random_matrix(2, 3, 1), b = random_matrix(3, 2, 2);
  for (const auto& [p, q] : {std::pair{Exponent::one, Exponent::one},
                             {Exponent::one, Exponent::two},
                             {Exponent::one, Exponent::infinity},
                             {Exponent::two, Exponent::two},
                             {Exponent::two, Exponent::infinity},
                             {Exponent::infinity, Exponent::infinity}})
    expect_equal(norm_of(kronecker(a, b), p, q), norm_of(a, p, q) * norm_of(b, p, q));
}

/// ||A||_p,q = ||A^T||_q',p', and no vector is stretched by more.
TEST(Norms, AreThoseOfTheTransposeAndBoundEveryVector) {
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    const Matrix<Ball> a = random_matrix(2 + seed % 3, 1 + seed % 5, seed);
    const Matrix<Ball> vectors = random_matrix(20, a.columns(), 100 + seed);
    for (const Exponent p : exponents) {
      for (const Exponent q : exponents) {
        const Ball size = norm_of(a, p, q);
        expect_equal(size, norm_of(transposed(a), dual(q), dual(p)));
        for (std::size_t k = 0; k < vectors.rows(); ++k) {
          std::vector<Ball> image(a.rows());
          for (std::size_t i = 0; i < a.rows(); ++i)
            for (std::size_t j = 0; j < a.columns(); ++j) image[i] += a(i, j) * vectors(k, j);
          EXPECT_LE(lower_end(norm(Row<const Ball>(image), q)),
                    upper_end(size * norm(Row<const Ball>(vectors.row(k)), p)));
        }
      }
    }
  }
}

TEST(Norms, ByEnumerationAreRefusedBeyondTwentySigns) {
  const Matrix<double> wide(2, 21), tall(21, 2);
  EXPECT_THROW(operator_norm(wide.view(), Exponent::infinity, Exponent::one), resource_error);
  EXPECT_THROW(operator_norm(wide.view(), Exponent::infinity, Exponent::two), resource_error);
  EXPECT_THROW(operator_norm(tall.view(), Exponent::two, Exponent::one), resource_error);
  EXPECT_EQ(operator_norm(wide.view(), Exponent::two, Exponent::one), 0);
  EXPECT_EQ(operator_norm(tall.view(), Exponent::infinity, Exponent::two), 0);
  const Matrix<double> most(1, 20, 0.5);
  EXPECT_EQ(operator_norm(most.view(), Exponent::infinity, Exponent::one), 10);
}

}  // namespace
}  // namespace halfulp
