#include "halfulp/layers/linear/rounding.hpp"

#include "halfulp/layers/room_laws_testing.hpp"
#include "halfulp/linalg/product.hpp"

namespace halfulp {
namespace {

using namespace halfulp::testing;

std::vector<double> values(const std::vector<Upper>& bounds) {
  std::vector<double> all;
  for (const Upper& bound : bounds) all.push_back(bound.value());
  return all;
}

/// in: x [d, 1], A [D, d], b [D, 1].
struct Affine {
  template <class A>
  static std::vector<Value<A>> run(A& ar, const Arrays<Value<A>>& in) {
    Matrix<Value<A>> y(in[1].rows(), 1);
    affine(ar, in[1].view(), in[2].column(0), in[0].view(), y.view());
    return y.values();
  }
  static AffineJacobian<Ball> jacobian(const Arrays<Ball>& in) {
    return {in[1].view(), in[2].column(0), in[0].column(0)};
  }
  static std::vector<double> bound(const Arrays<Ball>& in, const RoundingModel& model, double rho) {
    return values(affine_error(in[1].view(), in[2].column(0), in[0].column(0), model, rho));
  }
};

/// The sharper bound of errors entry by entry.
struct AffineWithErrors : Affine {
  static std::vector<double> bound(const Arrays<Ball>& in, const RoundingModel& model, double rho) {
    std::vector<Upper> errors;
    for (const Ball& x : in[0].values()) errors.push_back(Upper(rho) * magnitude(x));
    const auto sharp =
        affine_error(in[1].view(), in[2].column(0), in[0].column(0), model, errors, in[0].rows());
    const std::vector<double> lemma = Affine::bound(in, model, rho);
    for (std::size_t i = 0; i < lemma.size(); ++i)
      EXPECT_LE(sharp[i].value(), lemma[i] * (1 + 0x1p-40)) << "Lemma 4.3.3 splits |A x + b|";
    return values(sharp);
  }
};

struct Product {
  template <class A>
  static std::vector<Value<A>> run(A& ar, const Arrays<Value<A>>& in) {
    Matrix<Value<A>> y(in[1].rows(), 1);
    product(ar, in[1].view(), in[0].view(), y.view());
    return y.values();
  }
  static std::vector<double> bound(const Arrays<Ball>& in, const RoundingModel& model, double rho) {
    return values(product_error(in[1].view(), in[0].column(0), model, rho));
  }
};

/// in: x [d, 1].
struct Sum {
  template <class A>
  static std::vector<Value<A>> run(A& ar, const Arrays<Value<A>>& in) {
    return {sum(ar, in[0].column(0))};
  }
  static std::vector<double> bound(const Arrays<Ball>& in, const RoundingModel& model, double rho) {
    return {sum_error(in[0].column(0), model, rho).value()};
  }
};

struct CompensatedSum {
  template <class A>
  static std::vector<Value<A>> run(A& ar, const Arrays<Value<A>>& in) {
    return {compensated_sum(ar, in[0].column(0))};
  }
  static std::vector<double> bound(const Arrays<Ball>& in, const RoundingModel& model, double) {
    return {compensated_sum_error(in[0].column(0), model).value()};
  }
};

Arrays<double> map(Draws& draws, double u, int trial) {
  const std::size_t sizes[] = {1, 2, 3, 8, 17};
  const std::size_t d = sizes[draws.below(5)], outputs = 1 + draws.below(5);
  const Shape shape = shapes[static_cast<std::size_t>(trial) % std::size(shapes)];
  Arrays<double> in{argument(draws, d, 1, shape, u), argument(draws, outputs, d, shapes[draws.below(5)], u)};
  in.push_back(draws.matrix(outputs, 1));
  if (trial % 4 == 3)  // A x + b nearly cancels
    for (std::size_t i = 0; i < outputs; ++i) {
      in[2](i, 0) = 0;
      for (std::size_t j = 0; j < d; ++j) in[2](i, 0) -= in[1](i, j) * in[0](j, 0);
    }
  return in;
}

Arrays<double> terms(Draws& draws, double u, int trial) {
  const std::size_t sizes[] = {0, 1, 2, 5, 40, 300};
  const Shape shape = shapes[static_cast<std::size_t>(trial) % std::size(shapes)];
  return {argument(draws, sizes[draws.below(6)], 1, shape, u)};
}

TEST(LinearTheory, JacobianIsThatOfTheRoom) {
  Draws draws(1);
  for (int trial = 0; trial < 40; ++trial) expect_jacobian<Affine>(map(draws, 0x1p-11, trial), draws);
}

TEST(LinearTheory, BallsContainTheReference) {
  Draws draws(2);
  for (int trial = 0; trial < 40; ++trial) expect_ball_contains<Affine>(map(draws, 0x1p-20, trial));
}

TEST(LinearTheory, ErrorOfSumsStaysWithinLemma43InEveryOrder) {
  expect_bounds<Sum>({.row = "4.3 sum", .seed = 3, .trials = 36}, terms);
  expect_bounds<Sum>({.row = "4.3 sum, perturbed", .seed = 4, .trials = 18, .perturbations = {1, 16}}, terms);
}

TEST(LinearTheory, ErrorOfCompensatedSumsStaysWithinItsConstant) {
  expect_bounds<CompensatedSum>({.row = "4.5 compensated sum", .seed = 5, .trials = 54}, terms);
}

TEST(LinearTheory, CompensatedConstantIsThreeUnitsAndDoesNotGrow) {
  const double u = 0x1p-24;
  EXPECT_LE(compensated_constant(1000, u).value(), 3.001 * u);
  EXPECT_GE(compensated_constant(2, u).value(), 3 * u);
  EXPECT_EQ(compensated_constant(1, u).value(), 0);
  EXPECT_TRUE(std::isinf(compensated_constant(100, 0x1p-4).value())) << "n u^2 is not small";
  EXPECT_LT(compensated_constant(4, u).value(), gamma_above(4, u).value());
}

TEST(LinearTheory, ErrorOfProductsStaysWithinLemma43) {
  expect_bounds<Product>({.row = "4.3 matrix-vector product", .seed = 6, .trials = 36}, map);
  expect_bounds<Product>(
      {.row = "4.3 matrix-vector product, perturbed", .seed = 7, .trials = 18, .perturbations = {1, 16}},
      map);
}

TEST(LinearTheory, ErrorOfAffineMapsStaysWithinLemma43) {
  expect_bounds<Affine>({.row = "4.3 affine map", .seed = 8, .trials = 36}, map);
  expect_bounds<Affine>(
      {.row = "4.3 affine map, perturbed", .seed = 9, .trials = 18, .perturbations = {1, 16}}, map);
  expect_bounds<AffineWithErrors>(
      {.row = "4.3 affine map, entrywise errors", .seed = 10, .trials = 18, .perturbations = {0, 4}}, map);
}

TEST(LinearTheory, NormwiseConditionNumbersAreReachedInNoDirectionButBounded) {
  // kappa_pq is the largest relative change of the result over all directions: none exceeds it, corners and
  // axes reach the p = 1 and (inf, inf) ones.
  Draws draws(11);
  const Exponent exponents[] = {Exponent::one, Exponent::two, Exponent::infinity};
  for (int trial = 0; trial < 30; ++trial) {
    const Matrix<double> a = draws.matrix(3, 4), b = draws.matrix(3, 1), x = draws.matrix(4, 1);
    const AffineJacobian<double> j(a.view(), b.column(0), x.column(0));
    const std::vector<double> v = draws.matrix(4, 1).values(), moved = j.times(Row<const double>(v));
    for (const auto& [p, q] : {std::pair{exponents[0], exponents[0]},
                               {exponents[1], exponents[1]},
                               {exponents[2], exponents[2]},
                               {exponents[0], exponents[2]},
                               {exponents[2], exponents[0]}}) {
      const double change = norm(Row<const double>(moved), q) / norm(j.value(), q);
      EXPECT_LE(change, kappa_pq(j, p, q) * norm(Row<const double>(v), p) / norm(j.x(), p) * (1 + 1e-12));
    }
    double largest_column = 0;
    for (std::size_t k = 0; k < 4; ++k) largest_column = std::fmax(largest_column, norm_1(a.column(k)));
    EXPECT_NEAR(kappa_pq(j, Exponent::one, Exponent::one), largest_column * norm_1(j.x()) / norm_1(j.value()),
                1e-12 * largest_column * 100);
  }
}

TEST(LinearTheory, CornersOfConditionNumbersFollowTheConventions) {
  const Matrix<double> a(2, 2, 1.0), zero(2, 2, 0.0);
  const std::vector<double> x{1, 1}, cancels{-2, -2}, half{-2, 1}, none{0, 0};
  const auto at = [&](const Matrix<double>& m, const std::vector<double>& b) {
    return AffineJacobian<double>(m.view(), Row<const double>(b), Row<const double>(x));
  };
  EXPECT_TRUE(std::isinf(kappa_22(at(a, cancels)))) << "A x + b = 0";
  EXPECT_TRUE(std::isinf(kappa_cc(at(a, half)))) << "not generic";
  EXPECT_EQ(kappa_cinf(at(a, half)), 2.0 / 3.0);
  EXPECT_EQ(kappa_22(at(zero, none)), 0) << "0/0";
}

/// Stochastic rounding of t bits errs by less than 2u and is unbiased given the past (up to 2^-24): for it
/// the probabilistic gamma is a theorem (Connolly, Higham, Mary 2021), for a product of k roundings with k
/// factors. The allowance is four standard deviations above the promise: a false alarm in 10^4 runs were the
/// promise sharp, and the draws are fixed.
TEST(LinearTheory, StochasticRoundingExceedsTheProbabilisticGammaNoMoreOftenThanPromised) {
  constexpr int trials = 1000;
  constexpr std::size_t n = 64;
  const double u = 0x1p-10;
  const RoundingRule rule = rounding_rule("bin11:stochastic");
  Draws draws(12);
  for (const double lambda : {1.5, 2.0, 3.0}) {
    const double promised = 2 * exp(-lambda * lambda * (1 - u) * (1 - u) / 2);
    const Upper product_bound = gamma_probabilistic(n, u, lambda),
                sum_bound = gamma_probabilistic(n - 1, u, 3);
    EXPECT_LT(product_bound.value(), 0.5 * gamma_above(n, u).value()) << "worth its risk";
    int products = 0, sums = 0;
    for (int trial = 0; trial < trials; ++trial) {
      Simulated ar({rule, rule, rule}, {}, RandomStream(static_cast<std::uint64_t>(trial)));
      const std::vector<double> x = draws.matrix(n, 1).values();
      double rounded = 1, magnitudes = 0;
      Ball exact = 1.0, total = 0.0;
      for (const double factor : x) {
        rounded = ar.mul(rounded, 1 + factor / 32);
        exact = exact * Ball(1 + factor / 32);
        total = total + Ball(factor);
        magnitudes += std::fabs(factor);
      }
      products += mignitude(Ball(rounded) / exact - Ball(1.0)) > product_bound.value();
      // A sum asks n such products, of n - 1 factors at most, to behave.
      sums += mignitude(Ball(sum(ar, Row<const double>(x))) - total) > sum_bound.value() * magnitudes;
    }
    const double expected = trials * promised;
    EXPECT_LE(products, expected + 4 * std::sqrt(expected)) << "lambda " << lambda;
    EXPECT_EQ(sums, 0) << "of " << trials;
  }
}

/// What makes it a model for round-to-nearest: roundings that all err the same way.
TEST(LinearTheory, RoundingToNearestMayExceedTheProbabilisticGammaButNotTheOther) {
  constexpr std::size_t n = 257;
  std::vector<double> x(n, 0x1p-9);
  x[0] = 1;
  Simulated ar(rounding_rule("bin8"));
  const double got = sum(ar, Row<const double>(x)), exact = 1 + 256 * 0x1p-9;
  EXPECT_EQ(got, 1) << "no term is ever seen";
  EXPECT_GT(exact - got, gamma_probabilistic(n - 1, 0x1p-8, 3).value() * exact);
  EXPECT_LE(exact - got, gamma_above(n - 1, 0x1p-8).value());
}

}  // namespace
}  // namespace halfulp
