// Products with derivatives against their definition, entry by entry.
//
// Values have the bits of the definition.  A slope is a sum of at most 2 r products of two factors each,
// summed in another order here and there: both lose at most gamma(2 r + 1) times the sum of moduli.
#include "halfulp/linalg/dual_product.hpp"

#include <gtest/gtest.h>

#include "halfulp/arith/rounding_model.hpp"
#include "halfulp/base/random.hpp"

namespace halfulp {
namespace {

constexpr std::size_t k = 3;
using A = DualAlong<k>;
using Numbers = Matrix<NumberAlong<k>>;

struct Source {
  std::uint64_t seed, draw = 0;
  double operator()() { return Philox4x32{seed, 0}.block(draw++)[0] * 0x1p-31 - 1; }
  Numbers matrix(std::size_t rows, std::size_t columns) {
    Numbers m(rows, columns);
    for (NumberAlong<k>& entry : m.values()) {
      entry.x = (*this)();
      for (double& slope : entry.dx.along) slope = (*this)();
    }
    return m;
  }
};

/// Factors are at most 1, so the moduli of a slope's 2 r products sum to at most 2 r.
void expect_equal(const Numbers& got, const Numbers& expected, std::size_t r) {
  const double most = 2 * static_cast<double>(r), tolerance = 2 * gamma(most + 1, 0x1p-53) * most;
  for (std::size_t i = 0; i < got.values().size(); ++i) {
    EXPECT_EQ(got.values()[i].x, expected.values()[i].x);
    for (std::size_t p = 0; p < k; ++p)
      EXPECT_NEAR(got.values()[i].dx.along[p], expected.values()[i].dx.along[p], tolerance);
  }
}

TEST(DualProduct, OfComputedMatricesIsItsDefinition) {
  Source draws{3};
  A ar;
  for (const auto& [m, r, n] : {std::array<std::size_t, 3>{1, 1, 1}, {5, 9, 4}, {17, 40, 33}}) {
    const Numbers a = draws.matrix(m, r), at = draws.matrix(r, m), x = draws.matrix(r, n);
    Numbers y(m, n), expected(m, n);
    product(ar, a.view(), x.view(), y.view());
    product<A>(ar, a.view(), x.view(), expected.view());
    expect_equal(y, expected, r);
    product_of_columns(ar, at.view(), x.view(), y.view());
    product_of_columns<A>(ar, at.view(), x.view(), expected.view());
    expect_equal(y, expected, r);
  }
}

TEST(DualProduct, OfWeightsIsItsDefinition) {
  Source draws{4};
  A ar;
  for (const bool with_bias : {true, false})
    for (const bool by_columns : {true, false}) {
      Matrix<double> w(by_columns ? 12 : 7, by_columns ? 7 : 12), b(1, 7);
      for (double& entry : w.values()) entry = draws();
      for (double& entry : b.values()) entry = draws();
      const Operand left = operand_of(w.view(), by_columns),
                    bias = with_bias ? operand_of(b.view()) : Operand{};
      const Numbers x = draws.matrix(12, 19);
      Numbers y(7, 19), expected(7, 19);
      matmul(ar, left, bias, x.view(), y.view());
      matmul_naive(ar, left, bias, x.view(), expected.view());
      expect_equal(y, expected, 12);
    }
}

}  // namespace
}  // namespace halfulp
