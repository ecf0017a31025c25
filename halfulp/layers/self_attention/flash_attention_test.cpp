#include "halfulp/layers/self_attention/flash_attention.hpp"

#include "halfulp/layers/self_attention/attention_testing.hpp"

namespace halfulp {
namespace {

using namespace halfulp::testing;

constexpr std::uint64_t seed = 9;
constexpr std::size_t d = 5, n = 11;

/// One query on its keys and values.
struct Query {
  std::vector<double> q;
  Matrix<double> keys, values;
};

template <class A>
std::vector<Value<A>> fused(A& ar, const Query& query, std::size_t block,
                            ScoreScale how = ScoreScale::by_exact_root) {
  using V = Value<A>;
  const auto q = in(ar, query.q);
  const Matrix<V> k = in(ar, query.keys), v = in(ar, query.values);
  std::vector<V> y(q.size());
  flash_attention(ar, Row<const V>(q), k.view(), v.view(), k.columns(), block, how, Row<V>(y));
  return y;
}

/// Scores stored, softmax, mean of the values: the definition.
template <class A>
std::vector<Value<A>> plain(A& ar, const Query& query) {
  using V = Value<A>;
  const auto q = in(ar, query.q);
  const Matrix<V> k = in(ar, query.keys), v = in(ar, query.values);
  std::vector<V> s, e(k.columns()), p(k.columns()), y;
  for (std::size_t i = 0; i < k.columns(); ++i)
    s.push_back(ar.div_root(dot(ar, k.column(i), Row<const V>(q)), static_cast<double>(q.size())));
  softmax(ar, Row<const V>(s), Shift::by_maximum, Row<V>(e), Row<V>(p));
  for (std::size_t j = 0; j < v.rows(); ++j) y.push_back(dot(ar, v.row(j), Row<const V>(p)));
  return y;
}

Query random_query(Inputs& inputs, Simulated& ar, Kind kind) {
  Query query{inputs.row(ar, d, Kind::gaussian), inputs.tokens(ar, d, n, Kind::gaussian),
              inputs.tokens(ar, d, n, kind)};
  if (kind == Kind::one_outlier)  // the maximum rises with every block
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < d; ++j) query.keys(j, i) = ar.load(query.q[j] * static_cast<double>(i));
  return query;
}

/// A term of block b has the factor exp(s_i - m_b) exp(m_b - m_b+1) ...; the exponents' subtractions err by u
/// times themselves, which add up to D_i = m - s_i, whatever the blocks (to which the errors eta of the
/// scores come). Roundings: exp, product, additions in the block, + o; for each later block exp, product,
/// sum: 3.  The normaliser has no product with values; the quotient rounds.  So
///   |y_hat - y| <= (e^(2 eta + 2 u (max D + 2 eta)) (1 - u)^-K - 1) sum psi_i |v_i|,
///   K = 2 (additions(block) + 2 + 3 (blocks - 1)) + 2.
std::vector<double> flash_bound(const Studied& studied, const Query& query, std::size_t block) {
  const double u = studied.u(), root = std::sqrt(static_cast<double>(d));
  std::vector<double> s(n, 0.0), bound(d, 0.0);
  double eta = 0, total = 0;
  for (std::size_t i = 0; i < n; ++i) {
    double sizes = 0;
    for (std::size_t j = 0; j < d; ++j) {
      s[i] += query.keys(j, i) * query.q[j] / root;
      sizes += std::fabs(query.keys(j, i) * query.q[j]) / root;
    }
    eta = std::fmax(eta, gamma(studied.dot(d) + 1, u) * sizes);
  }
  const auto [least, most] = std::minmax_element(s.begin(), s.end());
  const double blocks = static_cast<double>((n + block - 1) / block);
  const double count = 2 * (studied.additions(std::min(block, n)) + 2 + 3 * (blocks - 1)) + 2;
  const double growth = std::expm1(2 * eta + 2 * u * (*most - *least + 2 * eta) - count * std::log1p(-u));
  for (std::size_t i = 0; i < n; ++i) total += std::exp(s[i] - *most);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < d; ++j)
      bound[j] += growth * std::fabs(query.values(j, i)) * std::exp(s[i] - *most) / total;
  return bound;
}

TEST(FlashAttention, ErrorStaysWithinBound) {
  Inputs inputs(seed);
  Within within;
  for (const Studied& studied : studied_arithmetics()) {
    for (const Kind kind : kinds) {
      for (const std::size_t block : {1u, 2u, 4u, 11u, 64u}) {
        Simulated ar = studied.arithmetic();
        const Query query = random_query(inputs, ar, kind);
        DoubleDoubleArithmetic reference;
        within.expect(fused(ar, query, block), plain(reference, query), flash_bound(studied, query, block),
                      inputs.replay(studied, kind, static_cast<int>(block)));
      }
    }
  }
  within.expect_sharpness(0.05);
}

TEST(FlashAttention, IsAttentionInDoubleDoubleForEveryBlockSize) {
  Inputs inputs(seed);
  Simulated fp64;
  DoubleDoubleArithmetic ar;
  for (const Kind kind : kinds) {
    const Query query = random_query(inputs, fp64, kind);
    const auto y = plain(ar, query);
    double largest = 0;
    for (const double v : query.values.values()) largest = std::fmax(largest, std::fabs(v));
    for (std::size_t block = 1; block <= n + 1; ++block) {
      const auto z = fused(ar, query, block);
      for (std::size_t j = 0; j < d; ++j)
        EXPECT_LE(std::fabs((y[j] - z[j]).hi), 1e-28 * largest)
            << inputs.replay({"double-double", "recursive", {}}, kind, static_cast<int>(block)) << ", entry "
            << j;
    }
  }
}

TEST(FlashAttention, ScoresThatFallByThousandsDoNotOverflow) {
  Native ar;
  Query query{{1}, Matrix<double>(1, 3), Matrix<double>(1, 3)};
  for (std::size_t i = 0; i < 3; ++i) {
    query.keys(0, i) = -2000.0 * static_cast<double>(i);
    query.values(0, i) = 7 + static_cast<double>(i);
  }
  EXPECT_EQ(fused(ar, query, 1)[0], 7);
  std::swap(query.keys(0, 0), query.keys(0, 2));
  EXPECT_EQ(fused(ar, query, 1)[0], 9);
}

TEST(FlashAttention, RunningErrorContainsTheReference) {
  Inputs inputs(seed);
  Simulated fp64;
  for (const Kind kind : kinds) {
    const Query query = random_query(inputs, fp64, kind);
    for (const std::size_t block : {1u, 3u, 16u})
      expect_references_agree([&](auto& ar) { return fused(ar, query, block); },
                              inputs.replay({"fp64", "recursive", {}}, kind, static_cast<int>(block)));
  }
}

TEST(FlashAttention, RoundsAsOftenAsCounted) {
  Counting ar;
  const Query query{std::vector<double>(3, 1.0), Matrix<double>(3, 4, 0.5), Matrix<double>(3, 4, 2.0)};
  fused(ar, query, 2);
  const int scores = 4 * 3, mixed = 3 * 4;
  EXPECT_EQ(ar.muls, scores + mixed + 1 + 3);                  // the second block fades l and o
  EXPECT_EQ(ar.adds, scores + mixed + 2 * 3 + 4 + 4 + 1 + 1);  // o, shift, sum, fade, l
  EXPECT_EQ(ar.functions, 4 + 1);
  EXPECT_EQ(ar.roots_of_d, 4);
  EXPECT_EQ(ar.divs, 3);
  EXPECT_EQ(ar.stores, 4 + 3);
}

}  // namespace
}  // namespace halfulp
