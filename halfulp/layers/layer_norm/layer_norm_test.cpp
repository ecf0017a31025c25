#include "halfulp/layers/layer_norm/layer_norm.hpp"

#include "halfulp/layers/room_testing.hpp"

namespace halfulp {
namespace {

using namespace halfulp::testing;

constexpr std::size_t d = 11;
constexpr std::uint64_t seed = 2;

template <class A>
std::vector<Value<A>> normed(A& ar, const std::vector<double>& xs, const Matrix<double>& gain,
                             const Matrix<double>& bias, double epsilon) {
  const auto x = in(ar, xs);
  std::vector<Value<A>> centred(xs.size()), y(xs.size());
  layer_norm(ar, Row<const Value<A>>(x), operand_of(gain.view()), operand_of(bias.view()), epsilon,
             Row<Value<A>>(centred), Row<Value<A>>(y));
  return y;
}

template <class A>
std::vector<Value<A>> normed_of_paper(A& ar, const std::vector<double>& xs, RootOfD root = RootOfD::exact) {
  const auto x = in(ar, xs);
  std::vector<Value<A>> centred(xs.size()), y(xs.size());
  layer_norm_of_paper(ar, Row<const Value<A>>(x), Row<Value<A>>(centred), Row<Value<A>>(y), root);
  return y;
}

template <class A>
std::vector<Value<A>> centred_of(A& ar, const std::vector<double>& xs) {
  const auto x = in(ar, xs);
  std::vector<Value<A>> y(xs.size());
  centring(ar, Row<const Value<A>>(x), Row<Value<A>>(y));
  return y;
}

/// c(x) and a bound on its error, Lemma 4.10 in gamma form:
///   |mu_hat - mu| <= gamma(additions + 1) mean |x|,  |c_hat - c| <= u |c| + (1 + u) |mu_hat - mu|.
struct Centred {
  std::vector<double> c, error;
  Centred(const Studied& studied, const std::vector<double>& x) {
    DoubleDoubleArithmetic reference;
    double mean_size = 0;
    for (const double entry : x) mean_size += std::fabs(entry) / static_cast<double>(x.size());
    const double mu = gamma(studied.additions(x.size()) + 1, studied.u()) * mean_size;
    for (const DoubleDouble& entry : centred_of(reference, x)) {
      c.push_back(entry.hi);
      error.push_back(studied.u() * std::fabs(entry.hi) + (1 + studied.u()) * mu);
    }
  }
  /// Where the mean of c_hat^2 with `count` roundings of its own, plus epsilon, lies.
  std::pair<double, double> mean_square(double count, double u, double epsilon) const {
    double low = 0, high = 0;
    for (std::size_t i = 0; i < c.size(); ++i) {
      const double least = std::fmax(std::fabs(c[i]) - error[i], 0), most = std::fabs(c[i]) + error[i];
      low += least * least / static_cast<double>(c.size());
      high += most * most / static_cast<double>(c.size());
    }
    const double g = gamma(count, u);
    return {low / (1 + g) + epsilon * (1 - u), high * (1 + g) + epsilon * (1 + u)};
  }
};

TEST(LayerNorm, CentringStaysWithinLemma410) {
  Inputs inputs(seed);
  Within within;
  for (const Studied& studied : studied_arithmetics()) {
    for (const Kind kind : kinds) {
      for (int trial = 0; trial < 8; ++trial) {
        Simulated ar = studied.arithmetic();
        const auto x = inputs.row(ar, d, kind);
        DoubleDoubleArithmetic reference;
        within.expect(centred_of(ar, x), centred_of(reference, x), Centred(studied, x).error,
                      inputs.replay(studied, kind, trial));
      }
    }
  }
  within.expect_sharpness(0.3);
}

/// With c_hat within e of c and r_hat in [r_low, r_high] (three more roundings: + eps, root, reciprocal):
/// |c_hat r_hat - c r| <= |c| max(r_high - r, r - r_low) + e r_high; then one rounding each for the product,
/// the gain and the bias.
TEST(LayerNorm, ErrorOfFrameworkOrderStaysWithinBound) {
  Inputs inputs(seed);
  Within within;
  for (const Studied& studied : studied_arithmetics()) {
    for (const Kind kind : kinds) {
      for (int trial = 0; trial < 8; ++trial) {
        Simulated ar = studied.arithmetic();
        const auto x = inputs.row(ar, d, kind);
        const auto gain = inputs.matrix(ar, 1, d, 1), bias = inputs.matrix(ar, 1, d, 1);
        const double epsilon = trial % 2 == 0 ? 0 : 1e-5, u = studied.u();
        DoubleDoubleArithmetic reference;
        const Centred centred(studied, x);
        const auto [low, high] = centred.mean_square(studied.dot(d) + 1, u, epsilon);
        double mean_square = epsilon;
        for (const double c : centred.c) mean_square += c * c / static_cast<double>(d);
        const double r = 1 / std::sqrt(mean_square);
        const double r_low = 1 / std::sqrt(high * (1 + u)) * std::pow(1 + u, -1) * (1 - u);
        const double r_high = 1 / std::sqrt(low * (1 - u)) * std::pow(1 - u, -1) * (1 + u);
        std::vector<double> bound;
        for (std::size_t i = 0; i < d; ++i) {
          const double c = std::fabs(centred.c[i]), g = std::fabs(gain(0, i));
          double e = c * std::fmax(r_high - r, r - r_low) + centred.error[i] * r_high;
          e += u * (c * r + e);
          e = g * e + u * g * (c * r + e);
          const double y = std::fabs(gain(0, i) * centred.c[i] * r + bias(0, i));
          e += u * (y + e);
          bound.push_back(low > 0 ? e : HUGE_VAL);
        }
        within.expect(normed(ar, x, gain, bias, epsilon), normed(reference, x, gain, bias, epsilon), bound,
                      inputs.replay(studied, kind, trial));
      }
    }
  }
  within.expect_sharpness(0.2);
}

/// Lemma 4.11 with the error of the centring carried through the norm.
TEST(LayerNorm, ErrorOfPapersOrderStaysWithinBound) {
  Inputs inputs(seed);
  for (const RootOfD root : {RootOfD::exact, RootOfD::rounded}) {
    Within within;
    for (const Studied& studied : studied_arithmetics()) {
      for (const Kind kind : kinds) {
        for (int trial = 0; trial < 8; ++trial) {
          Simulated ar = studied.arithmetic();
          const auto x = inputs.row(ar, d, kind);
          const double u = studied.u();
          DoubleDoubleArithmetic reference;
          const Centred centred(studied, x);
          const auto [low, high] = centred.mean_square(studied.dot(d), u, 0);
          double mean_square = 0;
          for (const double c : centred.c) mean_square += c * c / static_cast<double>(d);
          const double r = 1 / std::sqrt(mean_square), r_low = 1 / std::sqrt(high),
                       r_high = 1 / std::sqrt(low);
          // sqrt(d) c, its quotient and the root itself round; sqrt(d) too when it is not exact
          const double g = gamma(3 + (root == RootOfD::rounded), u);
          std::vector<double> bound;
          for (std::size_t i = 0; i < d; ++i) {
            const double c = std::fabs(centred.c[i]);
            const double e = c * std::fmax(r_high - r, r - r_low) + centred.error[i] * r_high;
            bound.push_back(low > 0 ? e + g * (c * r + e) : HUGE_VAL);
          }
          within.expect(normed_of_paper(ar, x, root), normed_of_paper(reference, x), bound,
                        inputs.replay(studied, kind, trial));
        }
      }
    }
    within.expect_sharpness(0.15);
  }
}

TEST(LayerNorm, RunningErrorContainsTheReference) {
  Inputs inputs(seed);
  Simulated fp64;
  for (const Kind kind : kinds) {
    const auto x = inputs.row(fp64, d, kind);
    const auto gain = inputs.matrix(fp64, 1, d, 1), bias = inputs.matrix(fp64, 1, d, 1);
    const std::string replay = inputs.replay({"fp64", "recursive", {}}, kind, 0);
    expect_references_agree([&](auto& ar) { return normed(ar, x, gain, bias, 1e-6); }, replay);
    expect_references_agree([&](auto& ar) { return normed_of_paper(ar, x); }, replay);
  }
}

TEST(LayerNorm, BothOrdersAgreeInDoubleDoubleAndIgnoreAShift) {
  DoubleDoubleArithmetic ar;
  const std::vector<double> x = {1, -3, 0.5, 7, 2}, shifted = {65, 61, 64.5, 71, 66};
  const Matrix<double> ones(1, 5, 1.0), zeros(1, 5, 0.0);
  const auto frameworks = normed(ar, x, ones, zeros, 0), papers = normed_of_paper(ar, x);
  const auto moved = normed_of_paper(ar, shifted);
  for (std::size_t i = 0; i < x.size(); ++i) {
    EXPECT_LE(std::fabs((frameworks[i] - papers[i]).hi), 1e-29);
    EXPECT_LE(std::fabs((moved[i] - papers[i]).hi), 1e-28);
  }
}

TEST(LayerNorm, RoundsAsOftenAsCounted) {
  const std::vector<double> x = {1, 2, 3, 4, 5};
  Counting ar;
  normed(ar, x, Matrix<double>(1, 5, 2.0), Matrix<double>(1, 5, 1.0), 1e-5);
  EXPECT_EQ(ar.adds, 5 + 5 + 5 + 1 + 5 + 5);  // sum, centring twice, squares, eps, bias
  EXPECT_EQ(ar.muls, 5 + 5 + 5);              // squares, times r, gain
  EXPECT_EQ(ar.divs, 3);                      // mean, variance, reciprocal
  EXPECT_EQ(ar.sqrts, 1);
  EXPECT_EQ(ar.stores, 5 + 2 * 5);  // mu, variance, with eps, its root, r; normalised, result
  EXPECT_EQ(ar.loads, 3 * 5);       // the statistics, the entries, the gain's operand
}

TEST(LayerNorm, ConstantTokenWithoutEpsilonIsNotANumber) {
  Native ar;
  EXPECT_TRUE(std::isnan(normed_of_paper(ar, {3, 3, 3})[0]));
  const Matrix<double> ones(1, 3, 1.0), zeros(1, 3, 0.0);
  EXPECT_EQ(normed(ar, {3, 3, 3}, ones, zeros, 1e-5)[0], 0);
}

}  // namespace
}  // namespace halfulp
