#include "halfulp/layers/linear/radius.hpp"

#include "halfulp/layers/block/radius.hpp"
#include "halfulp/layers/radius_testing.hpp"

namespace halfulp {
namespace {

using namespace halfulp::testing;

/// in: X, W, b.
struct Affine {
  template <class A>
  static std::vector<Value<A>> run(A& ar, const Arrays<Value<A>>& in) {
    Matrix<Value<A>> y(in[1].rows(), in[0].columns());
    affine(ar, in[1].view(), Row<const Value<A>>(in[2].values()), in[0].view(), y.view());
    return vec(y);
  }
  static WithRadii computed(Simulated& ar, const Arrays<double>& in, const Radii& e) {
    const Matrix<double> y = unvec(run(ar, in), in[1].rows());
    const Row<const double> bias(in[2].values());
    return {y, linear_radius(rounding_model_of(ar), in[1].view(), bias, in[0].view(), e.view(), y.view())};
  }
};

TEST(LinearRadius, ContainsTheExactResult) {
  expect_radii<Affine>({.row = "radius of linear", .seed = 1}, [](Draws& draws, double u, int trial) {
    const std::size_t k = 1 + draws.below(20), m = 1 + draws.below(4), n = 1 + draws.below(3);
    const Shape shape = shapes[static_cast<std::size_t>(trial) % std::size(shapes)];
    const Matrix<double> bias = trial % 2 == 0 ? draws.matrix(m, 1) : Matrix<double>();
    return Arrays<double>{argument(draws, k, n, shape, u), draws.matrix(m, k), bias};
  });
}

TEST(LinearRadius, SignedProductsAreBoundedFromAbove) {
  Draws draws(2);
  for (int trial = 0; trial < 50; ++trial) {
    const std::size_t k = 1 + draws.below(30);
    Matrix<double> a = draws.matrix(2, k);
    Matrix<double> b = draws.matrix(k, 2);
    // Nearly orthogonal: what is left is our own rounding.
    double sum = 0;
    for (std::size_t i = 0; i + 1 < k; ++i) sum += a(0, i) * b(i, 0);
    if (trial % 2 == 0) b(k - 1, 0) = -sum / a(0, k - 1);
    const Radii size = magnitude_of_product(
        2, k, 2, [&](std::size_t i, std::size_t j) { return a(i, j); },
        [&](std::size_t i, std::size_t j) { return b(i, j); });
    for (std::size_t i = 0; i < 2; ++i) {
      for (std::size_t j = 0; j < 2; ++j) {
        Ball exact;
        for (std::size_t l = 0; l < k; ++l) exact += Ball(a(i, l)) * Ball(b(l, j));
        EXPECT_LE(mignitude(exact), size(i, j).value());
        EXPECT_LE(size(i, j).value(), magnitude(exact) + 1e-12);
      }
    }
  }
}

}  // namespace
}  // namespace halfulp
