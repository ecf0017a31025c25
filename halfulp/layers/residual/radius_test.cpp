#include "halfulp/layers/residual/radius.hpp"

#include "halfulp/layers/block/radius.hpp"
#include "halfulp/layers/radius_testing.hpp"

namespace halfulp {
namespace {

using namespace halfulp::testing;

/// in: the first half of the columns is X, the second F.
struct Room {
  template <class A>
  static std::vector<Value<A>> run(A& ar, const Arrays<Value<A>>& in) {
    const std::size_t n = in[0].columns() / 2;
    Matrix<Value<A>> z(in[0].rows(), n);
    residual(ar, in[0].view().columns_part(0, n), in[0].view().columns_part(n, n), z.view());
    return vec(z);
  }
  static WithRadii computed(Simulated& ar, const Arrays<double>& in, const Radii& e) {
    const std::size_t n = in[0].columns() / 2;
    const Matrix<double> z = unvec(run(ar, in), in[0].rows());
    Radii e_x(z.rows(), n), e_f(z.rows(), n);
    for (std::size_t i = 0; i < z.rows(); ++i)
      for (std::size_t t = 0; t < n; ++t) e_x(i, t) = e(i, t), e_f(i, t) = e(i, t + n);
    return {z, residual_radius(rounding_model_of(ar), e_x, e_f, z.view())};
  }
};

TEST(ResidualRadius, ContainsTheExactResult) {
  expect_radii<Room>({.row = "radius of residual", .seed = 1}, [](Draws& draws, double u, int trial) {
    Matrix<double> x = argument(draws, 5, 4, shapes[static_cast<std::size_t>(trial) % std::size(shapes)], u);
    // F nearly -X: the sums cancel.
    for (std::size_t i = 0; trial % 3 == 0 && i < 5; ++i)
      for (std::size_t t = 0; t < 2; ++t) x(i, t + 2) = -x(i, t) * (1 + 3 * u);
    return Arrays<double>{x};
  });
}

}  // namespace
}  // namespace halfulp
