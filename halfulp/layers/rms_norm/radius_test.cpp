#include "halfulp/layers/rms_norm/radius.hpp"

#include "halfulp/layers/block/radius.hpp"
#include "halfulp/layers/radius_testing.hpp"

namespace halfulp {
namespace {

using namespace halfulp::testing;

template <RootOfD root, bool with_epsilon>
struct OfPaper {
  static constexpr double epsilon = with_epsilon ? 0x1p-10 : 0;
  template <class A>
  static std::vector<Value<A>> run(A& ar, const Arrays<Value<A>>& in) {
    std::vector<Value<A>> y(in[0].rows());
    rms_norm_of_paper(ar, in[0].column(0), epsilon, Row<Value<A>>(y), root);
    return y;
  }
  static WithRadii computed(Simulated& ar, const Arrays<double>& in, const Radii& e) {
    const auto radius =
        rms_norm_of_paper_radius(rounding_model_of(ar), in[0].column(0), e.column(0), epsilon, root);
    return {unvec(run(ar, in), in[0].rows()), unvec(radius, in[0].rows())};
  }
};

/// in[1]: the gain, exact.
struct OfFrameworks {
  static constexpr double epsilon = 1e-5;
  template <class A>
  static std::vector<Value<A>> run(A& ar, const Arrays<Value<A>>& in) {
    std::vector<Value<A>> y(in[0].rows());
    rms_norm(ar, in[0].column(0), {}, epsilon, Row<Value<A>>(y));
    for (std::size_t i = 0; i < y.size(); ++i) y[i] = ar.mul(y[i], in[1](i, 0));
    return y;
  }
  static WithRadii computed(Simulated& ar, const Arrays<double>& in, const Radii& e) {
    const std::vector<double> gain = in[1].values();
    const auto radius = rms_norm_radius(rounding_model_of(ar), in[0].column(0), e.column(0), gain, epsilon);
    return {unvec(run(ar, in), in[0].rows()), unvec(radius, in[0].rows())};
  }
};

Arrays<double> token(Draws& draws, double u, int trial) {
  const std::size_t sizes[] = {1, 2, 3, 8, 17};
  const Shape shape = shapes[static_cast<std::size_t>(trial) % std::size(shapes)];
  const std::size_t d = sizes[draws.below(5)];
  return {argument(draws, d, 1, shape, u), draws.matrix(d, 1)};
}

TEST(RmsNormRadius, ContainsTheExactResult) {
  expect_radii<OfPaper<RootOfD::exact, false>>({.row = "radius of RMS norm", .seed = 1, .trials = 27}, token);
}

TEST(RmsNormRadius, ContainsTheExactResultWithEpsilonAndRoundedRoot) {
  expect_radii<OfPaper<RootOfD::rounded, true>>(
      {.row = "radius of RMS norm, eps, sqrt(d) rounded", .seed = 2, .trials = 18}, token);
}

TEST(RmsNormRadius, ContainsTheExactResultOfFrameworks) {
  expect_radii<OfFrameworks>({.row = "radius of RMS norm, framework", .seed = 3, .trials = 18}, token);
}

/// The closed form of docs/theory.md, 6, without gain and eps, in binary64.
std::vector<double> closed_form(const std::vector<double>& x, const std::vector<double>& e) {
  const auto d = static_cast<double>(x.size());
  double squares = 0, along = 0, size = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    squares += x[i] * x[i];
    along += std::fabs(x[i]) * e[i];
    size += e[i] * e[i];
  }
  const double r = std::sqrt(squares / d), norm = std::sqrt(size / d);
  const double w = std::fmin(norm, (2 * along + size) / (d * (r + std::fmax(r - norm, 0.0))));
  std::vector<double> bound;
  for (std::size_t i = 0; i < x.size(); ++i)
    bound.push_back(r > w ? (e[i] + std::fabs(x[i]) * w / r) / (r - w) : HUGE_VAL);
  return bound;
}

TEST(RmsNormRadius, IsTheRangeAndNoWiderThanTheClosedForm) {
  Draws draws(4);
  double closest = 0;
  for (int trial = 0; trial < 300; ++trial) {
    const std::size_t d = 1 + draws.below(9);
    const double spread = std::exp2(-1 - 12 * draws.uniform());
    std::vector<double> x(d), e(d);
    for (std::size_t i = 0; i < d; ++i) x[i] = draws.normal(), e[i] = spread * draws.uniform();
    const std::vector<Ball> at(x.begin(), x.end());
    const std::vector<Upper> radii(e.begin(), e.end());
    const NormedBox box = rms_normed_box(at, radii, Ball(0.0));
    const std::vector<double> closed = closed_form(x, e);
    for (std::size_t i = 0; i < d; ++i) EXPECT_LE(box.radius[i].value(), closed[i] * (1 + 1e-10) + 1e-13);
    for (std::size_t i = 0; i < d; ++i) {
      // The corner that the supremum is attained at, or the infimum.
      for (const double sign : {1.0, -1.0}) {
        double squares = 0;
        const double end = x[i] + sign * e[i];
        for (std::size_t j = 0; j < d; ++j) {
          const double towards = end * sign > 0 ? -1 : 1;
          const double other = j == i ? end : std::fmax(0.0, std::fabs(x[j]) + towards * e[j]);
          squares += other * other;
        }
        const double moved = std::sqrt(static_cast<double>(d) / squares) * end;
        const double ratio = (sign * (moved - box.y[i].mid.hi) - 1e-13) / box.radius[i].value();
        EXPECT_LE(ratio, 1 + 1e-10);
        closest = std::fmax(closest, ratio);
      }
    }
  }
  EXPECT_GT(closest, 0.999);
}

TEST(RmsNormRadius, MakesNoStatementOnlyWhereTheTokenMayBeZero) {
  const std::vector<Ball> x = {1.0, -0.5, 0.0};
  const auto radius_of = [&](double e) {
    return rms_normed_box(x, std::vector<Upper>(3, e), Ball(0.0)).radius[0].value();
  };
  EXPECT_EQ(radius_of(0), 0);
  EXPECT_LE(radius_of(0.999), 2 * std::sqrt(3.0) + 1e-9);
  EXPECT_EQ(radius_of(1), HUGE_VAL);
  EXPECT_LE(rms_normed_box(x, std::vector<Upper>(3, HUGE_VAL), Ball(0x1p-20)).radius[0].value(), 4);
}

}  // namespace
}  // namespace halfulp
