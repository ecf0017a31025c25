#include "halfulp/layers/self_attention/self_attention.hpp"

#include "halfulp/layers/self_attention/attention_testing.hpp"

namespace halfulp {
namespace {

using namespace halfulp::testing;

constexpr std::uint64_t seed = 8;
constexpr std::size_t d = 6, n = 5;

std::vector<AttentionForm> forms() {
  std::vector<AttentionForm> all;
  for (const ValueOrder order : {ValueOrder::mix_first, ValueOrder::project_first})
    for (const Shift shift : {Shift::none, Shift::by_maximum})
      for (const RootOfD root : {RootOfD::exact, RootOfD::rounded}) all.push_back({order, shift, root});
  return all;
}

TEST(SelfAttention, ErrorStaysWithinRepairedLemma421) {
  for (const AttentionForm form : forms()) {
    Inputs inputs(seed);
    Within within;
    for (const Studied& studied : studied_arithmetics()) {
      for (const Kind kind : kinds) {
        for (int trial = 0; trial < 4; ++trial) {
          Simulated ar = studied.arithmetic();
          const Head head = random_head(inputs, ar, d, n, kind);
          DoubleDoubleArithmetic reference;
          within.expect(attended(ar, head, form), attended(reference, head, form),
                        attention_bound(studied, head, form), inputs.replay(studied, kind, trial));
        }
      }
    }
    within.expect_sharpness(0.1);
  }
}

TEST(SelfAttention, RunningErrorContainsTheReference) {
  Inputs inputs(seed);
  Simulated fp64;
  for (const Kind kind : kinds) {
    const Head head = random_head(inputs, fp64, d, n, kind);
    for (const AttentionForm form : forms())
      expect_references_agree([&](auto& ar) { return attended(ar, head, form); },
                              inputs.replay({"fp64", "recursive", {}}, kind, 0));
  }
}

TEST(SelfAttention, AllFormsAgreeInDoubleDouble) {
  Inputs inputs(seed);
  Simulated fp64;
  DoubleDoubleArithmetic ar;
  const Head head = random_head(inputs, fp64, d, n, Kind::gaussian);
  const auto first = attended(ar, head, forms().front());
  for (const AttentionForm form : forms()) {
    const auto y = attended(ar, head, form);
    for (std::size_t i = 0; i < y.size(); ++i) EXPECT_LE(std::fabs((y[i] - first[i]).hi), 1e-29) << i;
  }
}

/// Eq. (5) as it stands, query by query.
TEST(SelfAttention, IsThePaperFormulaInDoubleDouble) {
  Inputs inputs(seed);
  Simulated fp64;
  DoubleDoubleArithmetic ar;
  const Head head = random_head(inputs, fp64, d, n, Kind::gaussian);
  const auto times = [&](const Matrix<double>& w, std::size_t t) {
    std::vector<DoubleDouble> y(d);
    for (std::size_t i = 0; i < d; ++i)
      for (std::size_t j = 0; j < d; ++j) y[i] = y[i] + DoubleDouble{w(i, j)} * head.x(j, t);
    return y;
  };
  const auto got = attended(ar, head, {});
  for (std::size_t t = 0; t < n; ++t) {
    const auto q = times(head.wq, t);
    std::vector<DoubleDouble> y(d);
    DoubleDouble total;
    for (std::size_t i = 0; i <= t; ++i) {
      const auto k = times(head.wk, i), v = times(head.wv, i);
      DoubleDouble s;
      for (std::size_t j = 0; j < d; ++j) s = s + k[j] * q[j];
      const DoubleDouble e = exp(s / sqrt(DoubleDouble{static_cast<double>(d)}));
      total = total + e;
      for (std::size_t j = 0; j < d; ++j) y[j] = y[j] + e * v[j];
    }
    for (std::size_t j = 0; j < d; ++j) EXPECT_LE(std::fabs((got[j * n + t] - y[j] / total).hi), 1e-29) << t;
  }
}

TEST(SelfAttention, TheFirstTokenSeesOnlyItself) {
  Inputs inputs(seed);
  Simulated fp64;
  DoubleDoubleArithmetic ar;
  const Head head = random_head(inputs, fp64, d, n, Kind::gaussian);
  const auto y = attended(ar, head, {});
  for (std::size_t i = 0; i < d; ++i) {
    DoubleDouble v;
    for (std::size_t j = 0; j < d; ++j) v = v + DoubleDouble{head.wv(i, j)} * head.x(j, 0);
    EXPECT_LE(std::fabs((y[i * n] - v).hi), 1e-30);
  }
}

TEST(SelfAttention, LaterTokensDoNotChangeEarlierOutputs) {
  Inputs inputs(seed);
  for (const Studied& studied : studied_arithmetics()) {
    for (const AttentionForm form : forms()) {
      Simulated ar = studied.arithmetic();
      Head head = random_head(inputs, ar, d, n, Kind::gaussian);
      const auto before = attended(ar, head, form);
      for (std::size_t i = 0; i < d; ++i) head.x(i, n - 1) = ar.load(5 * inputs.gaussian());
      const auto after = attended(ar, head, form);
      for (std::size_t i = 0; i < d; ++i)
        for (std::size_t t = 0; t + 1 < n; ++t)
          ASSERT_EQ(before[i * n + t], after[i * n + t])
              << studied.name() << ", entry " << i << ", token " << t;
    }
  }
}

/// k^T q is unchanged, operation by operation, when component j of all keys is scaled by 2^m and that of all
/// queries by 2^-m: powers of two commute with rounding when exponents are unbounded.
TEST(SelfAttention, PowerOfTwoScalingsOfKeysAndQueriesLeaveEveryBit) {
  Inputs inputs(seed);
  for (const Studied& studied : studied_arithmetics()) {
    if (studied.format == "bf16") continue;
    for (const AttentionForm form : forms()) {
      Simulated ar = studied.arithmetic();
      Head head = random_head(inputs, ar, d, n, Kind::gaussian);
      const auto plain = attended(ar, head, form);
      for (std::size_t i = 0; i < d; ++i) {
        const double scale = std::exp2(20.0 * static_cast<double>(i) - 50);
        for (std::size_t j = 0; j < d; ++j) {
          head.wk(i, j) *= scale;
          head.wq(i, j) /= scale;
        }
      }
      ASSERT_EQ(plain, attended(ar, head, form)) << studied.name();
    }
  }
}

TEST(SelfAttention, RoundsAsOftenAsCounted) {
  Counting ar;
  const Head head{Matrix<double>(3, 3, 0.5), Matrix<double>(3, 3, 0.5), Matrix<double>(3, 3, 0.5),
                  Matrix<double>(3, 2, 1.0)};
  attended(ar, head, {ValueOrder::mix_first, Shift::none, RootOfD::exact});
  const int projections = 2 * 2 * 9, scores = 2 * 2 * 3, mixed = 3 * 2 * 2, values = 2 * 9;
  EXPECT_EQ(ar.muls, projections + scores + mixed + values);
  EXPECT_EQ(ar.adds, projections + scores + mixed + values + (1 + 2));  // and the normalisers
  EXPECT_EQ(ar.functions, 1 + 2);
  EXPECT_EQ(ar.roots_of_d, 3);
  EXPECT_EQ(ar.divs, 3);
}

}  // namespace
}  // namespace halfulp
