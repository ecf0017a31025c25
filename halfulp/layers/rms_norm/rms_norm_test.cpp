#include "halfulp/layers/rms_norm/rms_norm.hpp"

#include "halfulp/layers/room_testing.hpp"

namespace halfulp {
namespace {

using namespace halfulp::testing;

constexpr std::size_t d = 11;
constexpr std::uint64_t seed = 1;

/// The framework's order with a gain.
template <class A>
std::vector<Value<A>> normed(A& ar, const std::vector<double>& xs, const Matrix<double>& gain,
                             double epsilon) {
  const auto x = in(ar, xs);
  std::vector<Value<A>> y(xs.size());
  rms_norm(ar, Row<const Value<A>>(x), operand_of(gain.view()), epsilon, Row<Value<A>>(y));
  return y;
}

template <class A>
std::vector<Value<A>> normed_of_paper(A& ar, const std::vector<double>& xs, RootOfD root) {
  const auto x = in(ar, xs);
  std::vector<Value<A>> y(xs.size());
  rms_norm_of_paper(ar, Row<const Value<A>>(x), 0.0, Row<Value<A>>(y), root);
  return y;
}

std::vector<double> relative(const std::vector<DoubleDouble>& y, double coefficient) {
  std::vector<double> bound;
  for (const DoubleDouble& entry : y) bound.push_back(coefficient * std::fabs(entry.hi));
  return bound;
}

/// Squares are positive, so their mean has theta of dot(d) + 1 roundings, with eps (rounded itself) one more;
/// the root halves them and rounds, the reciprocal, x r and the gain round once each.
TEST(RmsNorm, ErrorOfFrameworkOrderStaysWithinBound) {
  Inputs inputs(seed);
  Within within;
  for (const Studied& studied : studied_arithmetics()) {
    for (const Kind kind : kinds) {
      for (int trial = 0; trial < 8; ++trial) {
        Simulated ar = studied.arithmetic();
        const auto x = inputs.row(ar, d, kind);
        const auto gain = inputs.matrix(ar, 1, d, 1);
        const double epsilon = trial % 2 == 0 ? 0 : 1e-5;
        DoubleDoubleArithmetic reference;
        const auto exact = normed(reference, x, gain, epsilon);
        const double squares = studied.dot(d) + 2;
        const auto bound = relative(exact, gamma(squares / 2 + 4, studied.u()));
        within.expect(normed(ar, x, gain, epsilon), exact, bound, inputs.replay(studied, kind, trial));
      }
    }
  }
  within.expect_sharpness(0.3);
}

/// Lemma 4.6: d/2 + 3 roundings; one more where sqrt(d) is rounded (erratum E6).
TEST(RmsNorm, ErrorOfPapersOrderStaysWithinLemma46) {
  Inputs inputs(seed);
  for (const RootOfD root : {RootOfD::exact, RootOfD::rounded}) {
    Within within;
    for (const Studied& studied : studied_arithmetics()) {
      for (const Kind kind : kinds) {
        for (int trial = 0; trial < 8; ++trial) {
          Simulated ar = studied.arithmetic();
          const auto x = inputs.row(ar, d, kind);
          DoubleDoubleArithmetic reference;
          const auto exact = normed_of_paper(reference, x, root);
          const double count = studied.dot(d) / 2 + 3 + (root == RootOfD::rounded);
          within.expect(normed_of_paper(ar, x, root), exact, relative(exact, gamma(count, studied.u())),
                        inputs.replay(studied, kind, trial));
        }
      }
    }
    within.expect_sharpness(0.3);
  }
}

TEST(RmsNorm, RunningErrorContainsTheReference) {
  Inputs inputs(seed);
  Simulated fp64;
  for (const Kind kind : kinds) {
    const auto x = inputs.row(fp64, d, kind);
    const auto gain = inputs.matrix(fp64, 1, d, 1);
    const std::string replay = inputs.replay({"fp64", "recursive", {}}, kind, 0);
    expect_references_agree([&](auto& ar) { return normed(ar, x, gain, 1e-6); }, replay);
    expect_references_agree([&](auto& ar) { return normed_of_paper(ar, x, RootOfD::exact); }, replay);
  }
}

TEST(RmsNorm, BothOrdersAgreeInDoubleDoubleAndHaveMeanSquareOne) {
  Inputs inputs(seed);
  Simulated fp64;
  DoubleDoubleArithmetic ar;
  for (const Kind kind : kinds) {
    const auto x = inputs.row(fp64, d, kind);
    const auto frameworks = normed(ar, x, Matrix<double>(1, d, 1.0), 0);
    const auto papers = normed_of_paper(ar, x, RootOfD::exact);
    DoubleDouble squares;
    for (std::size_t i = 0; i < d; ++i) {
      EXPECT_LE(std::fabs((frameworks[i] - papers[i]).hi), 1e-29 * std::fabs(papers[i].hi));
      squares = squares + papers[i] * papers[i];
    }
    EXPECT_LE(std::fabs((squares - static_cast<double>(d)).hi), 1e-28);
  }
}

TEST(RmsNorm, RoundsAsOftenAsCounted) {
  const std::vector<double> x(d, 1.5);
  Counting ar;
  normed(ar, x, Matrix<double>(1, d, 2.0), 1e-5);
  EXPECT_EQ(ar.muls, 3 * 11);  // squares, x r, gain
  EXPECT_EQ(ar.adds, 11 + 1);  // the sum, eps
  EXPECT_EQ(ar.divs, 2);
  EXPECT_EQ(ar.sqrts, 1);
  EXPECT_EQ(ar.stores, 1 + 2 * 11);  // r, x r, gain
  EXPECT_EQ(ar.loads, 4 * 11);       // squares take two
  Counting papers;
  normed_of_paper(papers, x, RootOfD::exact);
  EXPECT_EQ(papers.muls, 11);            // squares
  EXPECT_EQ(papers.roots_of_d, 1 + 11);  // the rounded root (not used here), x sqrt(d)
  EXPECT_EQ(papers.divs, 11);
  EXPECT_EQ(papers.sqrts, 1);
  EXPECT_EQ(papers.stores, 11);
  Counting rounded;
  normed_of_paper(rounded, x, RootOfD::rounded);
  EXPECT_EQ(rounded.muls, 11 + 11);
  EXPECT_EQ(rounded.roots_of_d, 1);
}

TEST(RmsNorm, ZeroTokenWithoutEpsilonIsNotANumber) {
  Native ar;
  EXPECT_TRUE(std::isnan(normed(ar, {0, 0}, Matrix<double>(1, 2, 1.0), 0)[0]));
  EXPECT_EQ(normed(ar, {0, 0}, Matrix<double>(1, 2, 1.0), 1e-5)[0], 0);
  EXPECT_TRUE(std::isnan(normed_of_paper(ar, {0, 0}, RootOfD::exact)[1]));
}

}  // namespace
}  // namespace halfulp
