// Singular values of products of wide matrices: within their stated intervals of a reference with more
// digits, the same bits on every instruction set, and right where rows depend on each other, vanish or differ
// by 1e200.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "halfulp/arith/ball.hpp"
#include "halfulp/base/random.hpp"
#include "halfulp/linalg/kernels.hpp"
#include "halfulp/linalg/one_sided_jacobi.hpp"
#include "halfulp/linalg/singular_values.hpp"
#include "halfulp/linalg/spectrum/product_spectrum.hpp"
#include "halfulp/linalg/spectrum/sizes_norm.hpp"

namespace halfulp {
namespace {

/// A stored matrix [n, d], by rows or transposed, in a format.
struct Stored {
  std::vector<std::byte> bytes;
  WeightView view;

  Stored(const Matrix<double>& a, DType dtype, bool transposed) {
    const std::size_t n = a.rows(), d = a.columns();
    bytes.resize(n * d * size_of(dtype));
    view = {bytes.data(), dtype, n, d, transposed ? 1 : d, transposed ? n : 1};
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t k = 0; k < d; ++k) put(i * view.row_stride + k * view.column_stride, a(i, k));
  }
  void put(std::size_t at, double value) {
    if (view.dtype == DType::fp64) std::memcpy(&bytes[8 * at], &value, 8);
    const auto single = static_cast<float>(value);
    if (view.dtype == DType::fp32) std::memcpy(&bytes[4 * at], &single, 4);
    if (view.dtype == DType::bf16) std::memcpy(&bytes[2 * at], reinterpret_cast<const char*>(&single) + 2, 2);
  }
};

double uniform_at(std::uint64_t seed, std::uint64_t place) {
  return Philox4x32{seed, 0}.block(place)[0] * 0x1p-31 - 1;
}

Matrix<double> random_matrix(std::size_t n, std::size_t d, std::uint64_t seed) {
  Matrix<double> a(n, d);
  for (std::size_t i = 0; i < a.values().size(); ++i) a.values()[i] = uniform_at(seed, i);
  return a;
}

/// Hostile rows: graded, dependent, nearly dependent, zero, one huge entry, all alike.
enum class Kind { plain, graded, dependent, nearly, zeros, outlier, constant, count_ };

Matrix<double> hostile(Kind kind, std::size_t n, std::size_t d, std::uint64_t seed) {
  Matrix<double> a = random_matrix(n, d, seed);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < d; ++k) {
      if (kind == Kind::graded) a(i, k) *= std::ldexp(1.0, -4 * static_cast<int>(i));
      if (kind == Kind::dependent && i + 1 == n && n > 1) a(i, k) = a(0, k) * 2;
      if (kind == Kind::nearly && i > 0) a(i, k) = a(0, k) + 0x1p-5 * a(i, k);
      if (kind == Kind::zeros && i % 2 == 1) a(i, k) = 0;
      if (kind == Kind::outlier && i == 0 && k == 0) a(i, k) = 1e6;
      if (kind == Kind::constant) a(i, k) = 1;
    }
  }
  return a;
}

/// W' of the head of wide_matrix.hpp in double-double, [n, columns].
std::vector<std::vector<DoubleDouble>> exactly(const WideMatrix& m) {
  std::vector<std::vector<DoubleDouble>> rows(m.rows());
  for (std::size_t i = 0; i < m.rows(); ++i) {
    DoubleDouble mean{};
    for (std::size_t k = 0; k < m.columns(); ++k) {
      rows[i].push_back(DoubleDouble{m.weight.at(i, k)} * m.gain_at(k));
      mean = mean + rows[i].back();
    }
    mean = mean / DoubleDouble{static_cast<double>(m.columns())};
    if (m.centred)
      for (DoubleDouble& x : rows[i]) x = x - mean;
    if (!m.column.empty()) rows[i].push_back(DoubleDouble{m.column[i]});
  }
  return rows;
}

/// The n largest singular values of W_k^T W_q, by Jacobi on the d x d product in double-double.
std::vector<double> reference(const WideMatrix& k, const WideMatrix& q) {
  const auto a = exactly(k), b = exactly(q);
  const std::size_t d = a[0].size();
  detail::Columns<DoubleDouble> c(b[0].size(), std::vector<DoubleDouble>(d));
  for (std::size_t j = 0; j < c.size(); ++j)
    for (std::size_t i = 0; i < d; ++i)
      for (std::size_t l = 0; l < a.size(); ++l) c[j][i] = c[j][i] + a[l][i] * b[l][j];
  detail::orthogonalise(c);
  std::vector<double> sigma;
  for (const auto& column : c) sigma.push_back(double(sqrt(detail::inner(column, column))));
  std::sort(sigma.rbegin(), sigma.rend());
  sigma.resize(std::max(sigma.size(), k.rows()));
  return sigma;
}

void expect_enclosed(const ProductSpectrum& s, const std::vector<double>& known, const std::string& what,
                     double narrow) {
  ASSERT_LE(s.values.size(), known.size());
  for (std::size_t i = 0; i < s.values.size(); ++i) {
    // Jacobi's own error, 1e-28 of the largest, is nothing here.
    const double slack = 1e-27 * known[0];
    EXPECT_LE(s.lower[i], known[i] + slack) << what << " value " << i;
    EXPECT_GE(s.upper[i], known[i] - slack) << what << " value " << i;
    EXPECT_LE(s.upper[i] - s.lower[i], narrow * known[0]) << what << " value " << i;
    EXPECT_LE(std::fabs(s.values[i] - known[i]), 0.02 * narrow * known[0]) << what << " value " << i;
  }
}

TEST(ProductSpectrum, LiesInItsIntervals) {
  std::uint64_t seed = 1;
  for (const auto& [n, d] :
       std::vector<std::pair<std::size_t, std::size_t>>{{1, 3}, {2, 2}, {5, 9}, {8, 24}, {17, 40}})
    for (int kind = 0; kind < static_cast<int>(Kind::count_); ++kind)
      for (const bool centred : {false, true}) {
        const Stored k(hostile(static_cast<Kind>(kind), n, d, seed++), DType::bf16, kind % 2 == 0);
        const Stored q(hostile(kind % 3 == 0 ? Kind::plain : static_cast<Kind>(kind), n, d, seed++),
                       DType::fp32, false);
        std::vector<double> gain(d), column(n);
        for (std::size_t j = 0; j < d; ++j) gain[j] = 1 + uniform_at(seed, j);
        for (std::size_t i = 0; i < n; ++i) column[i] = uniform_at(seed + 1, i);
        const WideMatrix a{k.view, gain, centred, {}}, b{q.view, {}, centred, {}};
        const WideMatrix with_a{k.view, gain, centred, column}, with_b{q.view, {}, centred, column};
        const std::string what = "n " + std::to_string(n) + " kind " + std::to_string(kind);
        const auto spectrum = product_spectrum(thin_factor(a), thin_factor(b));
        // relative to the largest singular value, which cancellation makes smaller than the factors'
        const auto known = reference(a, b);
        if (known[0] < 1e-9) continue;
        expect_enclosed(spectrum, known, what, 1e-7);
        expect_enclosed(product_spectrum(thin_factor(with_a), thin_factor(with_b)), reference(with_a, with_b),
                        what + " with biases", 1e-7);
        expect_enclosed(product_spectrum(thin_factor_in_double_double(a), thin_factor(b)), known,
                        what + " in double-double", 1e-7);
      }
}

TEST(ProductSpectrum, OfHeadsOfUsualSizeAgreesWithTheVerifiedRange) {
  const std::size_t n = 40, d = 64;
  const Stored k(random_matrix(n, d, 5), DType::bf16, false), q(random_matrix(n, d, 6), DType::bf16, true);
  const WideMatrix a{k.view}, b{q.view};
  const auto s = product_spectrum(thin_factor(a), thin_factor(b));
  Matrix<Ball> w(n, d);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < d; ++j) w(i, j) = Ball(k.view.at(i, j));
  const auto range = singular_range<Ball>(w.view());
  const auto own = singular_values_of(thin_factor(a));
  EXPECT_LE(own.lower[0], upper_end(range.largest));
  EXPECT_GE(own.upper[0], lower_end(range.largest));
  EXPECT_LE(own.lower[n - 1], upper_end(range.smallest));
  EXPECT_GE(own.upper[n - 1], lower_end(range.smallest));
  EXPECT_LE(own.upper[0] - own.lower[0], 1e-10 * own.values[0]);
  EXPECT_EQ(s.values.size(), n);
  EXPECT_EQ(product_spectrum(thin_factor(a), thin_factor(b), 3).values.size(), 3u);
  EXPECT_EQ(product_spectrum(thin_factor(a), thin_factor(b), 3).values[2], s.values[2]);
}

TEST(ProductSpectrum, HugeAndTinyWeightsAreNoTrouble) {
  const std::size_t n = 6, d = 12;
  const Matrix<double> m = random_matrix(n, d, 9);
  const Stored plain(m, DType::fp64, false);
  const auto s = singular_values_of(thin_factor({plain.view}));
  const Bracket b = sizes_norm({plain.view}, {plain.view});
  for (const double scale : {0x1p-600, 0x1p-400, 0x1p-300, 0x1p-100, 0x1p100, 0x1p400}) {
    Matrix<double> other = m;
    for (double& x : other.values()) x *= scale;
    const Stored scaled(other, DType::fp64, false);
    const auto t = singular_values_of(thin_factor({scaled.view}));
    for (std::size_t i = 0; i < n; ++i) {
      // Where squares underflow nothing is known but that the values are small.
      if (scale > 0x1p-350) {
        EXPECT_EQ(s.values[i] * scale, t.values[i]) << scale;
      }
      EXPECT_LE(t.lower[i], s.upper[i] * scale) << scale;
      EXPECT_GE(t.upper[i], s.lower[i] * scale) << scale;
    }
    const Bracket c = sizes_norm({scaled.view}, {plain.view});
    EXPECT_LE(c.lower, b.upper * scale) << scale;
    EXPECT_GE(c.upper, b.lower * scale) << scale;
    EXPECT_LE(c.upper, c.lower * (1 + 1e-6)) << scale;
  }
}

TEST(ProductSpectrum, NotFiniteIsSaid) {
  Matrix<double> m = random_matrix(4, 9, 3);
  for (const double bad : {HUGE_VAL, std::nan("")}) {
    m(2, 5) = bad;
    for (const DType dtype : {DType::fp32, DType::bf16}) {
      const Stored w(m, dtype, false);
      const WideMatrix wide{w.view};
      EXPECT_FALSE(gram_of(wide).is_finite());
      const auto s = singular_values_of(thin_factor(wide));
      EXPECT_TRUE(std::isinf(s.upper[0]));
      EXPECT_TRUE(std::isinf(sizes_norm(wide, wide).upper));
    }
  }
}

TEST(ProductSpectrum, AZeroHeadHasZeros) {
  const Stored zero(Matrix<double>(4, 9), DType::bf16, false), w(random_matrix(4, 9, 3), DType::bf16, false);
  const auto s = product_spectrum(thin_factor({zero.view}), thin_factor({w.view}));
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(s.upper[i], 0);
  EXPECT_EQ(sizes_norm({zero.view}, {w.view}).upper, 0);
}

/// Between the enclosure of the d x d product's largest singular value.
TEST(SizesNorm, BracketsTheLargestSingularValue) {
  std::uint64_t seed = 100;
  for (const auto& [n, d] :
       std::vector<std::pair<std::size_t, std::size_t>>{{1, 1}, {3, 7}, {8, 16}, {16, 24}, {24, 40}})
    for (int kind = 0; kind < static_cast<int>(Kind::count_); ++kind)
      for (const bool transposed : {false, true}) {
        const Stored k(hostile(static_cast<Kind>(kind), n, d, seed++), DType::bf16, transposed);
        const Stored q(hostile(Kind::plain, n, d, seed++), kind % 2 ? DType::bf16 : DType::fp32, transposed);
        std::vector<double> gain(d), f(n);
        for (std::size_t j = 0; j < d; ++j) gain[j] = uniform_at(seed, j);
        for (std::size_t i = 0; i < n; ++i) f[i] = std::fabs(uniform_at(seed + 1, i));
        const WideMatrix a{k.view, gain}, b{q.view};
        Matrix<Ball> c(d, d);
        for (std::size_t i = 0; i < d; ++i)
          for (std::size_t j = 0; j < d; ++j)
            for (std::size_t l = 0; l < n; ++l)
              c(i, j) += Ball(std::fabs(a.weight.at(l, i))) * std::fabs(gain[i]) * f[l] *
                         std::fabs(b.weight.at(l, j));
        const Ball known = singular_range<Ball>(c.view()).largest;
        const Bracket s = sizes_norm(a, b, f, {1e-9, 100});
        EXPECT_LE(s.lower, upper_end(known)) << kind;
        EXPECT_GE(s.upper, lower_end(known)) << kind;
        EXPECT_LE(s.upper, s.lower * (1 + 2e-9)) << kind;
      }
}

TEST(ProductSpectrum, BitsDoNotDependOnTheInstructionSet) {
  const std::size_t n = 24, d = 200;
  const Stored k(random_matrix(n, d, 15), DType::bf16, false), q(random_matrix(n, d, 16), DType::bf16, true);
  std::vector<double> gain(d);
  for (std::size_t j = 0; j < d; ++j) gain[j] = uniform_at(3, j);
  const WideMatrix a{k.view, gain}, b{q.view, {}, true};
  std::vector<std::vector<double>> results;
  for (const Kernels* table : available_kernels()) {
    use_kernels(table);
    const auto s = product_spectrum(thin_factor(a), thin_factor(b));
    std::vector<double> all = s.values;
    all.insert(all.end(), s.lower.begin(), s.lower.end());
    all.insert(all.end(), s.upper.begin(), s.upper.end());
    const Bracket c = sizes_norm(a, b);
    all.insert(all.end(), {c.lower, c.upper});
    const Gram g = gram_of(a);
    all.insert(all.end(), g.sizes.begin(), g.sizes.end());
    results.push_back(all);
  }
  use_kernels(nullptr);
  for (const auto& r : results) EXPECT_EQ(r, results[0]);
}

}  // namespace
}  // namespace halfulp
