#include "halfulp/layers/similarity_scores/similarity_scores.hpp"

#include "halfulp/layers/room_testing.hpp"

namespace halfulp {
namespace {

using namespace halfulp::testing;

constexpr std::size_t d = 10, n = 4;
constexpr std::uint64_t seed = 4;
constexpr ScoreScale scales[] = {ScoreScale::by_reciprocal, ScoreScale::by_stored_root,
                                 ScoreScale::by_exact_root, ScoreScale::by_rounded_root};

/// The scores that count (keys i <= t), query by query.
template <class A>
std::vector<Value<A>> scores(A& ar, const Matrix<double>& keys, const Matrix<double>& queries,
                             ScoreScale how) {
  using V = Value<A>;
  const Matrix<V> k = in(ar, keys), q = in(ar, queries);
  Matrix<V> s(k.columns(), q.columns());
  similarity_scores(ar, k.view(), q.view(), how, s.view());
  std::vector<V> seen;
  for (std::size_t t = 0; t < s.columns(); ++t)
    for (std::size_t i = 0; i <= t; ++i) seen.push_back(s(i, t));
  return seen;
}

/// The inner product errs by gamma(dot) |k|^T |q|; the scale rounds once with an exact root, else twice.
TEST(SimilarityScores, ErrorStaysWithinBound) {
  Inputs inputs(seed);
  for (const ScoreScale how : scales) {
    Within within;
    for (const Studied& studied : studied_arithmetics()) {
      for (const Kind kind : kinds) {
        for (int trial = 0; trial < 3; ++trial) {
          Simulated ar = studied.arithmetic();
          const auto k = inputs.tokens(ar, d, n, kind), q = inputs.tokens(ar, d, n, kind);
          const double g = gamma(studied.dot(d) + (how == ScoreScale::by_exact_root ? 1 : 2), studied.u());
          std::vector<double> bound;
          for (std::size_t t = 0; t < n; ++t) {
            for (std::size_t i = 0; i <= t; ++i) {
              double sizes = 0;
              for (std::size_t j = 0; j < d; ++j) sizes += std::fabs(k(j, i) * q(j, t));
              bound.push_back(g * sizes / std::sqrt(static_cast<double>(d)));
            }
          }
          DoubleDoubleArithmetic reference;
          within.expect(scores(ar, k, q, how), scores(reference, k, q, ScoreScale::by_exact_root), bound,
                        inputs.replay(studied, kind, trial));
        }
      }
    }
    within.expect_sharpness(0.2);
  }
}

TEST(SimilarityScores, RunningErrorContainsTheReference) {
  Inputs inputs(seed);
  Simulated fp64;
  for (const Kind kind : kinds) {
    const auto k = inputs.tokens(fp64, d, n, kind), q = inputs.tokens(fp64, d, n, kind);
    for (const ScoreScale how : scales)
      expect_references_agree([&](auto& ar) { return scores(ar, k, q, how); },
                              inputs.replay({"fp64", "recursive", {}}, kind, 0));
  }
}

TEST(SimilarityScores, ColumnsBelongToQueries) {
  Native ar;
  Matrix<double> k(2, 2), q(2, 2);
  k(0, 0) = 2, k(1, 1) = 4, q(0, 1) = 8, q(1, 1) = 16;  // k_0 = (2, 0), k_1 = (0, 4), q_0 = 0, q_1 = (8, 16)
  const auto s = scores(ar, k, q, ScoreScale::by_exact_root);
  EXPECT_EQ(s[0], 0);
  EXPECT_EQ(s[1], 16 / std::sqrt(2.0));
  EXPECT_EQ(s[2], 64 / std::sqrt(2.0));
}

TEST(SimilarityScores, RoundsAsOftenAsCounted) {
  Counting ar;
  const Matrix<double> k(3, 2, 1.0);
  scores(ar, k, k, ScoreScale::by_exact_root);
  EXPECT_EQ(ar.muls, 4 * 3);
  EXPECT_EQ(ar.adds, 4 * 3);
  EXPECT_EQ(ar.roots_of_d, 3);  // keys that a query sees
  EXPECT_EQ(ar.stores, 4 + 3);
}

}  // namespace
}  // namespace halfulp
