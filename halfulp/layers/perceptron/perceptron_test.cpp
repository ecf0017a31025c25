#include "halfulp/layers/perceptron/perceptron.hpp"

#include "halfulp/layers/room_testing.hpp"

namespace halfulp {
namespace {

using namespace halfulp::testing;

constexpr std::uint64_t seed = 6;

struct Weights {
  Matrix<double> a1, a2;
  std::vector<double> b1, b2;
};

template <class A>
std::vector<Value<A>> perceptron_of(A& ar, const Weights& w, const Matrix<double>& xs) {
  using V = Value<A>;
  const Matrix<V> a1 = in(ar, w.a1), a2 = in(ar, w.a2), x = in(ar, xs);
  const std::vector<V> b1 = in(ar, w.b1), b2 = in(ar, w.b2);
  Matrix<V> y(a2.rows(), x.columns());
  perceptron(ar, a1.view(), Row<const V>(b1), a2.view(), Row<const V>(b2), x.view(), y.view());
  return y.values();
}

Weights random_weights(Inputs& inputs, Simulated& ar, std::size_t d, std::size_t inner) {
  return {inputs.matrix(ar, inner, d, 0.5), inputs.matrix(ar, d, inner, 0.5),
          inputs.row(ar, inner, Kind::gaussian), inputs.row(ar, d, Kind::gaussian)};
}

/// Lemmas 4.3 and 4.14: each affine map errs by gamma(dot + 1) (|A| |x| + |b|); relu is exact and does not
/// enlarge errors, so those of the first reach the second through |A_2|.
TEST(Perceptron, ErrorStaysWithinBound) {
  constexpr std::size_t d = 7, inner = 12;
  Inputs inputs(seed);
  Within within;
  for (const Studied& studied : studied_arithmetics()) {
    for (const Kind kind : kinds) {
      for (int trial = 0; trial < 8; ++trial) {
        Simulated ar = studied.arithmetic();
        const Weights w = random_weights(inputs, ar, d, inner);
        const Matrix<double> x = inputs.tokens(ar, d, 1, kind);
        const double g1 = gamma(studied.dot(d) + 1, studied.u()),
                     g2 = gamma(studied.dot(inner) + 1, studied.u());
        std::vector<double> hidden = w.b1, error = absolute_product(w.a1, x.values()), most;
        for (std::size_t i = 0; i < inner; ++i) {
          for (std::size_t j = 0; j < d; ++j) hidden[i] += w.a1(i, j) * x(j, 0);
          error[i] = g1 * (error[i] + std::fabs(w.b1[i]));
          most.push_back(std::fmax(hidden[i], 0) + error[i]);
        }
        std::vector<double> bound = absolute_product(w.a2, error);
        const std::vector<double> sizes = absolute_product(w.a2, most);
        for (std::size_t i = 0; i < d; ++i) bound[i] += g2 * (sizes[i] + std::fabs(w.b2[i]));
        DoubleDoubleArithmetic reference;
        within.expect(perceptron_of(ar, w, x), perceptron_of(reference, w, x), bound,
                      inputs.replay(studied, kind, trial));
      }
    }
  }
  within.expect_sharpness(0.15);
}

TEST(Perceptron, RunningErrorContainsTheReference) {
  Inputs inputs(seed);
  Simulated fp64;
  for (const Kind kind : kinds) {
    const Weights w = random_weights(inputs, fp64, 6, 9);
    const auto x = inputs.tokens(fp64, 6, 3, kind);
    expect_references_agree([&](auto& ar) { return perceptron_of(ar, w, x); },
                            inputs.replay({"fp64", "recursive", {}}, kind, 0));
  }
}

TEST(Perceptron, IsThePaperFormulaOnWholeNumbers) {
  Weights w{Matrix<double>(2, 1), Matrix<double>(1, 2), {1, -5}, {10}};
  w.a1(0, 0) = 2, w.a1(1, 0) = 3, w.a2(0, 0) = 7, w.a2(0, 1) = 11;
  Native ar;
  EXPECT_EQ(perceptron_of(ar, w, Matrix<double>(1, 1, 1.0))[0], 7 * 3 + 10);           // 3 - 5 is cut off
  EXPECT_EQ(perceptron_of(ar, w, Matrix<double>(1, 1, 2.0))[0], 7 * 5 + 11 * 1 + 10);  // neither is
}

TEST(Perceptron, RoundsAsOftenAsCounted) {
  Counting ar;
  const Weights w{Matrix<double>(4, 3, 1.0), Matrix<double>(3, 4, 1.0), std::vector<double>(4, 1.0),
                  std::vector<double>(3, 1.0)};
  perceptron_of(ar, w, Matrix<double>(3, 2, 1.0));
  EXPECT_EQ(ar.muls, 2 * (12 + 12));
  EXPECT_EQ(ar.adds, 2 * (12 + 4 + 12 + 3));
}

template <class A>
std::vector<Value<A>> activated(A& ar, Activation which, const std::vector<double>& xs) {
  std::vector<Value<A>> y;
  for (const double x : xs) y.push_back(activate(ar, which, ar.exactly(x)));
  return y;
}

/// 1 + f(x) with f = erf or tanh computed to gamma(k) relatively: gamma(k) |f| absolutely; then 1 + f, x/2
/// and the product round once each.  f is odd, increasing and concave for x > 0, so |x f'/f| <= 1 and the
/// relative error of its argument is not enlarged.  Arguments: x c with a rounded c: 2 roundings;
/// sqrt(2/pi)(x + c x^3): 7.
double gelu_bound(double x, double f, double k, double u) {
  const double error = gamma(k, u) * std::fabs(f);
  return std::fabs(x) / 2 * (error + gamma(3, u) * (std::fabs(1 + f) + error));
}

TEST(Activation, ErrorStaysWithinBound) {
  Inputs inputs(seed);
  constexpr double c = 0.79788456080286535588;
  for (const Activation which :
       {Activation::relu, Activation::silu, Activation::gelu_erf, Activation::gelu_tanh}) {
    Within within;
    for (const Studied& studied : studied_arithmetics()) {
      Simulated ar = studied.arithmetic();
      const double u = studied.u();
      std::vector<double> x = inputs.row(ar, 200, Kind::gaussian);
      for (const double wide : inputs.row(ar, 200, Kind::gaussian)) x.push_back(4 * wide);
      for (const double entry : {0.0, -0.0, 0x1p-40, -0x1p-40, 20.0, -20.0}) x.push_back(entry);
      DoubleDoubleArithmetic reference;
      const auto exact = activated(reference, which, x);
      std::vector<double> bound;
      for (std::size_t i = 0; i < x.size(); ++i) {
        const double y = std::fabs(exact[i].hi), cubic = c * (x[i] + 0.044715 * x[i] * x[i] * x[i]);
        if (which == Activation::relu) bound.push_back(0x1p-1000);
        if (which == Activation::silu) bound.push_back(gamma(3, u) * y);  // exp, 1 +, quotient: all positive
        if (which == Activation::gelu_erf)
          bound.push_back(gelu_bound(x[i], halfulp::erf(x[i] * 0.70710678118654752440), 3, u));
        if (which == Activation::gelu_tanh) bound.push_back(gelu_bound(x[i], halfulp::tanh(cubic), 8, u));
      }
      within.expect(activated(ar, which, x), exact, bound,
                    inputs.replay(studied, Kind::gaussian, static_cast<int>(which)));
    }
    within.expect_sharpness(which == Activation::relu ? 0 : 0.25);
  }
}

TEST(Activation, RunningErrorContainsTheReference) {
  Inputs inputs(seed);
  Simulated fp64;
  for (const Kind kind : kinds) {
    std::vector<double> x = inputs.row(fp64, 50, kind);
    for (double& entry : x) entry = std::fmin(std::fmax(entry, -600.0), 600.0);
    for (const Activation which :
         {Activation::relu, Activation::silu, Activation::gelu_erf, Activation::gelu_tanh})
      expect_references_agree([&](auto& ar) { return activated(ar, which, x); },
                              inputs.replay({"fp64", "recursive", {}}, kind, static_cast<int>(which)));
  }
}

/// Computed to 40 digits elsewhere; the constants of the rooms are binary64 numbers.
TEST(Activation, HasItsTextbookValues) {
  DoubleDoubleArithmetic ar;
  const auto at = [&](Activation which, double x) { return activated(ar, which, {x})[0].hi; };
  EXPECT_NEAR(at(Activation::silu, 1), 0.73105857863000488, 2e-16);
  EXPECT_NEAR(at(Activation::silu, -2), -0.23840584404423511, 2e-16);
  EXPECT_NEAR(at(Activation::gelu_erf, 1), 0.84134474606854295, 2e-16);
  EXPECT_NEAR(at(Activation::gelu_erf, -2), -0.045500263896358414, 2e-16);
  EXPECT_NEAR(at(Activation::gelu_tanh, 1), 0.8411919906082767, 2e-16);
  EXPECT_NEAR(at(Activation::gelu_tanh, -2), -0.045402305912224981, 2e-16);
}

TEST(Activation, EachHasItsLimits) {
  Native ar;
  for (const Activation which :
       {Activation::relu, Activation::silu, Activation::gelu_erf, Activation::gelu_tanh}) {
    const auto y = activated(ar, which, {0, 40, -40});
    EXPECT_EQ(y[0], 0);
    EXPECT_EQ(y[1], 40);
    EXPECT_NEAR(y[2], 0, 1e-15);
  }
}

TEST(Activation, RoundsAsOftenAsCounted) {
  Counting silu_ar, erf_ar, tanh_ar;
  activated(silu_ar, Activation::silu, {1.0});
  EXPECT_EQ(silu_ar.adds + silu_ar.muls + silu_ar.divs + silu_ar.functions, 3);
  EXPECT_EQ(silu_ar.stores, 1);
  activated(erf_ar, Activation::gelu_erf, {1.0});
  EXPECT_EQ(erf_ar.adds + erf_ar.muls + erf_ar.divs + erf_ar.functions, 5);
  EXPECT_EQ(erf_ar.stores, 1);
  activated(tanh_ar, Activation::gelu_tanh, {1.0});
  EXPECT_EQ(tanh_ar.adds + tanh_ar.muls + tanh_ar.divs + tanh_ar.functions, 9);
  EXPECT_EQ(tanh_ar.stores, 9);  // every operation, as GPT-2 writes it
}

}  // namespace
}  // namespace halfulp
