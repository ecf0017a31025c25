#include "halfulp/layers/layer_norm/condition.hpp"
#include "halfulp/layers/layer_norm/jacobian.hpp"
#include "halfulp/layers/layer_norm/rounding.hpp"
#include "halfulp/layers/room_laws_testing.hpp"

namespace halfulp {
namespace {

using namespace halfulp::testing;

struct Centring {
  template <class A>
  static std::vector<Value<A>> run(A& ar, const Arrays<Value<A>>& in) {
    std::vector<Value<A>> y(in[0].rows());
    centring(ar, in[0].column(0), Row<Value<A>>(y));
    return y;
  }
  static CentringJacobian<Ball> jacobian(const Arrays<Ball>& in) {
    return CentringJacobian<Ball>(in[0].column(0));
  }
  static std::vector<double> bound(const Arrays<Ball>& in, const RoundingModel& model, double rho) {
    std::vector<double> bounds;
    for (const Upper& error : centring_error(in[0].column(0), model, rho)) bounds.push_back(error.value());
    return bounds;
  }
  static FirstOrder<Ball> first_order(const Arrays<Ball>& in) {
    return centring_first_order(in[0].column(0));
  }
};

template <RootOfD root>
struct LayerNorm {
  template <class A>
  static std::vector<Value<A>> run(A& ar, const Arrays<Value<A>>& in) {
    std::vector<Value<A>> centred(in[0].rows()), y(in[0].rows());
    layer_norm_of_paper(ar, in[0].column(0), Row<Value<A>>(centred), Row<Value<A>>(y), root);
    return y;
  }
  static LayerNormJacobian<Ball> jacobian(const Arrays<Ball>& in) {
    return LayerNormJacobian<Ball>(in[0].column(0));
  }
  static std::vector<double> bound(const Arrays<Ball>& in, const RoundingModel& model, double rho) {
    BallArithmetic balls;
    const Upper relative = layer_norm_error(in[0].column(0), model, rho, root);
    std::vector<double> bounds;
    for (const Ball& y : run(balls, in)) bounds.push_back((relative * magnitude(y)).value());
    return bounds;
  }
  static FirstOrder<Ball> first_order(const Arrays<Ball>& in) {
    return layer_norm_first_order(in[0].column(0), root);
  }
};

template <RootOfD root>
struct LayerNormEntrywise : LayerNorm<root> {
  static std::vector<double> bound(const Arrays<Ball>& in, const RoundingModel& model, double rho) {
    std::vector<double> bounds;
    for (const Upper& error : layer_norm_entrywise_error(in[0].column(0), model, rho, root))
      bounds.push_back(error.value());
    return bounds;
  }
  static FirstOrder<Ball> first_order(const Arrays<Ball>& in) {
    return layer_norm_simplified(in[0].column(0));
  }
};

/// Every fourth token has entries next to the mean of the others; some shapes are constant tokens, which
/// nothing is said of.
Arrays<double> token(Draws& draws, double u, int trial) {
  const std::size_t sizes[] = {2, 3, 8, 17};
  const Shape shape = shapes[static_cast<std::size_t>(trial) % std::size(shapes)];
  Arrays<double> in{argument(draws, sizes[draws.below(4)], 1, shape, u)};
  const std::size_t d = in[0].rows();
  if (draws.below(4) == 0) {
    double sum = 0;
    for (std::size_t i = 1; i < d; ++i) sum += in[0](i, 0);
    in[0](0, 0) = sum / static_cast<double>(d - 1) * (1 + 2 * u * draws.normal());
  }
  return in;
}
bool is_constant(const Arrays<double>& in) {
  const std::vector<double>& x = in[0].values();
  return std::all_of(x.begin(), x.end(), [&](double entry) { return entry == x[0]; });
}

TEST(LayerNormTheory, JacobiansAreThoseOfTheRooms) {
  Draws draws(1);
  for (int trial = 0; trial < 90; ++trial) {
    const Arrays<double> in = token(draws, 0x1p-11, trial);
    expect_jacobian<Centring>(in, draws);
    if (in[0].rows() > 2 && !is_constant(in)) expect_jacobian<LayerNorm<RootOfD::exact>>(in, draws);
  }
}

/// Erratum E3: of two entries only the order matters.
TEST(LayerNormTheory, JacobianOfTwoEntriesIsZero) {
  const std::vector<Ball> x{1.0, 4.0}, v{1.0, -3.0};
  const LayerNormJacobian<Ball> j{Row<const Ball>(x)};
  for (const auto& product : {j.times(v), j.transposed_times(v), j.absolute_times(x)})
    for (const Ball& entry : product) EXPECT_TRUE(entry.is_exact() && entry.mid.hi == 0);
}

TEST(LayerNormTheory, BallsContainTheReference) {
  Draws draws(2);
  for (int trial = 0; trial < 90; ++trial) {
    const Arrays<double> in = token(draws, 0x1p-20, trial);
    expect_ball_contains<Centring>(in);
    if (!is_constant(in)) expect_ball_contains<LayerNorm<RootOfD::exact>>(in);
  }
}

void expect_overlap(const Ball& a, const Ball& b, const char* what) {
  EXPECT_EQ(mignitude(a - b), 0) << what << ": " << a.mid.hi << " +- " << a.rad << " and " << b.mid.hi
                                 << " +- " << b.rad;
}

/// Norms against those of the dense matrix, condition numbers against Lemma 3.3 with it.
template <class J>
void expect_norms(const J& j, Row<const Ball> y, double scale) {
  const Matrix<Ball> matrix = dense(j);
  expect_overlap(norm_22(j), operator_norm<Ball>(matrix, Exponent::two, Exponent::two), "2,2");
  expect_overlap(norm_1inf(j), operator_norm<Ball>(matrix, Exponent::one, Exponent::infinity), "1,inf");
  expect_overlap(norm_infinf(j), operator_norm<Ball>(matrix, Exponent::infinity, Exponent::infinity),
                 "inf,inf");
  EXPECT_LE(norm_1inf(j).rad, 1e-20 * scale);
  expect_overlap(kappa_22(j), norm_22(j) * norm_2(j.x()) / norm_2(y), "kappa 2,2");
  Ball largest, worst;
  for (std::size_t i = 0; i < y.size(); ++i) {
    Ball sum;
    for (std::size_t k = 0; k < y.size(); ++k) sum += abs(matrix(i, k)) * abs(j.x()[k]);
    largest = max(largest, sum);
    worst = max(worst, ratio(sum, y[i]));
  }
  expect_overlap(kappa_cinf(j), largest / norm_inf(y), "kappa c,inf");
  expect_overlap(kappa_cc(j), worst, "kappa c,c");
}

TEST(LayerNormTheory, NormsAndConditionNumbersAreThoseOfTheDenseMatrixAndBelowTheirBounds) {
  Draws draws(3);
  for (int trial = 0; trial < 180; ++trial) {
    const Arrays<double> in = token(draws, 0x1p-11, trial);
    if (is_constant(in)) continue;
    const Arrays<Ball> at = enclosed(in);
    BallArithmetic balls;
    const std::vector<Ball> c = Centring::run(balls, at), y = LayerNorm<RootOfD::exact>::run(balls, at);
    const LayerNormJacobian<Ball> j(at[0].column(0));
    expect_norms(j.centring(), c, 1);
    expect_norms(j, y, magnitude(j.scale()));
    EXPECT_LE(lower_end(norm_1inf(j)), upper_end(norm_1inf_bound(j)));
    EXPECT_LE(lower_end(norm_infinf(j)), upper_end(norm_infinf_bound(j)));
    EXPECT_LE(lower_end(kappa_cc(j.centring())), upper_end(kappa_cc_bound(j.centring())));
    EXPECT_LE(lower_end(kappa_cinf(j)), upper_end(kappa_cinf_bound(j)));
    EXPECT_LE(lower_end(kappa_cc(j)), upper_end(kappa_cc_bound1(j)));
    EXPECT_LE(lower_end(kappa_cc_bound1(j)), upper_end(kappa_cc_bound2(j)));
    if (HasFailure()) FAIL() << "trial " << trial << ", " << draws.replay();
  }
}

/// Erratum E3, and section 2 of the errata: x = (1, 2, 4) and the token below violate what is printed.
TEST(LayerNormTheory, KnowsTheErrata) {
  const std::vector<Ball> two{1.0, 4.0};
  const LayerNormJacobian<Ball> flat{Row<const Ball>(two)};
  EXPECT_EQ(norm_22(flat).mid.hi, 0);
  EXPECT_EQ(kappa_22(flat).mid.hi, 0);
  EXPECT_LE(magnitude(norm_infinf(flat)), 1e-28);
  const std::vector<Ball> three{1.0, 2.0, 4.0};
  const LayerNormJacobian<Ball> j{Row<const Ball>(three)};
  EXPECT_NEAR(kappa_cc(j).mid.hi, 7.714, 1e-3);
  EXPECT_NEAR(kappa_cc_bound2(j).mid.hi, 36, 1e-12);
  const std::vector<double> near_constant{100.5,  100.13, 100.13, 100.13, 100.13,
                                          100.13, 100.13, 99.573, 99.573, 99.573};
  const LayerNormJacobian<double> narrow{Row<const double>(near_constant)};
  EXPECT_NEAR(kappa_cinf(narrow), 414.27, 0.01);
  EXPECT_NEAR(kappa_cinf_bound(narrow), 645.62, 0.01);
}

TEST(LayerNormTheory, SaysNothingOfConstantTokens) {
  const RoundingModel model{0x1p-11, {}};
  for (const double entry : {0.0, 1.0, 0.1, -3e30}) {
    for (const std::size_t d : {1, 2, 7}) {
      const std::vector<Ball> x(d, entry);
      const Row<const Ball> token(x);
      const LayerNormJacobian<Ball> j(token);
      EXPECT_EQ(layer_norm_error(token, model, 0.0).value(), INFINITY);
      EXPECT_EQ(layer_norm_entrywise_error(token, model, 0.0)[0].value(), INFINITY);
      for (const Ball& norm : {norm_22(j), norm_1inf(j), norm_infinf(j)}) EXPECT_FALSE(norm.is_bounded());
      EXPECT_EQ(magnitude(layer_norm_first_order(token).u), entry == 0 ? d / 2.0 + 5 : INFINITY);
      EXPECT_FALSE(all_hold(layer_norm_hypotheses(token, 0x1p-11)));
    }
  }
}

/// Corollary 4.12: where its hypotheses hold at x, those of Lemma 4.11 hold at every xhat it admits.
TEST(LayerNormTheory, HypothesesOfPerturbedTokensFollow) {
  Draws draws(4);
  int held = 0;
  for (int trial = 0; trial < 300; ++trial) {
    const double u = 0x1p-11, alpha = 1 + 8 * draws.uniform();
    const Arrays<Ball> at = enclosed(token(draws, u, trial));
    const Row<const Ball> x = at[0].column(0);
    if (!all_hold(layer_norm_hypotheses(x, u, alpha))) continue;
    ++held;
    const double rho = lower_end(layer_norm_largest_rho(x, alpha));
    std::vector<Ball> moved;
    for (std::size_t i = 0; i < x.size(); ++i)
      moved.push_back(x[i] * Ball(1 + (draws.below(2) == 0 ? rho : -rho)));
    EXPECT_TRUE(all_hold(layer_norm_hypotheses(Row<const Ball>(moved), u))) << draws.replay();
  }
  EXPECT_GE(held, 50);
}

TEST(LayerNormTheory, RelativeBoundIsNotAboveThatThroughRmsNorm) {
  Draws draws(11);
  for (int trial = 0; trial < 100; ++trial) {
    const Arrays<Ball> at = enclosed(token(draws, 0x1p-11, trial));
    const Row<const Ball> x = at[0].column(0);
    const RoundingModel model{0x1p-11 * draws.uniform(), {}};
    const Upper rho = 0x1p-8 * draws.uniform();
    const CentringJacobian<Ball> j(x);
    if (mignitude(norm_inf(j.c())) == 0) continue;
    const std::vector<Upper> errors = centring_error(x, model, rho);
    Upper relative;
    for (std::size_t i = 0; i < x.size(); ++i) relative = max(relative, errors[i] / mignitude(j.c()[i]));
    EXPECT_LE(layer_norm_error(x, model, rho).value(),
              (1 + 1e-12) * rms_norm_error(model, x.size(), relative).value());
  }
}

/// At (1, -1, 1, -1, ...) no inequality of the proofs is slack: each count of Lemmas 4.10 and 4.11 is needed.
TEST(LayerNormTheory, BoundsOfAlternatingTokenTendToTheLemmas) {
  constexpr double u = 0x1p-40;
  for (const std::size_t d : {2, 4, 10}) {
    std::vector<Ball> x;
    for (std::size_t i = 0; i < d; ++i) x.push_back(i % 2 == 0 ? 1.0 : -1.0);
    const Row<const Ball> token(x);
    const RoundingModel model{u, {}};
    EXPECT_NEAR(centring_error(token, model, 0.0)[0].value() / u, centring_first_order(token).u.mid.hi, 1e-6);
    for (const RootOfD root : {RootOfD::exact, RootOfD::rounded})
      EXPECT_NEAR(layer_norm_error(token, model, 0.0, root).value() / u,
                  layer_norm_first_order(token, root).u.mid.hi, 1e-6);
  }
}

TEST(LayerNormTheory, CentringStaysWithinLemma410) {
  expect_bounds<Centring>({.row = "4.10 centring", .seed = 5, .trials = 36}, token);
}

TEST(LayerNormTheory, CentringOfPerturbedTokensStaysWithinItsBound) {
  expect_bounds<Centring>(
      {.row = "4.10 centring, perturbed", .seed = 6, .trials = 36, .perturbations = {1, 4, 16}}, token);
}

TEST(LayerNormTheory, ErrorStaysWithinLemma411) {
  expect_bounds<LayerNorm<RootOfD::exact>>({.row = "4.11 layer norm", .seed = 7, .trials = 36}, token);
}

TEST(LayerNormTheory, ErrorWithRoundedRootStaysWithinLemma411AndOneMore) {
  expect_bounds<LayerNorm<RootOfD::rounded>>(
      {.row = "4.11 layer norm, sqrt(d) rounded", .seed = 8, .trials = 36}, token);
}

TEST(LayerNormTheory, ErrorOfPerturbedTokensStaysWithinCorollary412) {
  expect_bounds<LayerNorm<RootOfD::exact>>(
      {.row = "4.12 layer norm, perturbed", .seed = 9, .trials = 36, .perturbations = {1, 4, 16}}, token);
}

TEST(LayerNormTheory, EntrywiseErrorStaysWithinItsBoundAndRemark413) {
  expect_bounds<LayerNormEntrywise<RootOfD::exact>>(
      {.row = "4.13 layer norm, entrywise", .seed = 10, .trials = 36, .perturbations = {0, 1, 4, 16}}, token);
}

}  // namespace
}  // namespace halfulp
