#include "halfulp/analysis/output_metrics.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "halfulp/analysis/error_statistics.hpp"
#include "halfulp/arith/double_double_arithmetic.hpp"
#include "halfulp/base/random.hpp"

namespace halfulp {
namespace {

/// KL divergence of one token by its definition, in double-double.
double divergence_by_definition(Row<const double> z, Row<const double> zhat) {
  DoubleDouble sum{}, sum_hat{}, kl{};
  for (std::size_t v = 0; v < z.size(); ++v) {
    sum = sum + exp(DoubleDouble{z[v]});
    sum_hat = sum_hat + exp(DoubleDouble{zhat[v]});
  }
  for (std::size_t v = 0; v < z.size(); ++v) {
    const DoubleDouble p = exp(DoubleDouble{z[v]}) / sum;
    kl = kl + p * (log(p) - log(exp(DoubleDouble{zhat[v]}) / sum_hat));
  }
  return kl.hi;
}

TEST(OutputMetrics, DivergenceAgreesWithItsDefinitionFromRoundingNoiseToLargeErrors) {
  const Philox4x32 random{1, 2};
  for (const double scale : {1e-9, 1e-6, 1e-3, 0.1, 1.0, 10.0}) {
    Matrix<double> z(50, 3), zhat(50, 3);
    for (std::size_t v = 0; v < 50; ++v)
      for (std::size_t t = 0; t < 3; ++t) {
        const auto bits = random.block(v * 3 + t);
        z(v, t) = 8 * uniform(bits[0], bits[1]) - 4;
        zhat(v, t) = z(v, t) + scale * (uniform(bits[2], bits[3]) - 0.5);
      }
    const std::vector<std::uint32_t> tokens = {1, 2, 3};
    const OutputMetrics metrics = output_metrics(z, zhat, tokens);
    double mean = 0, max = 0;
    for (std::size_t t = 0; t < 3; ++t) {
      const double kl = divergence_by_definition(z.view().column(t), zhat.view().column(t));
      mean += kl / 3;
      max = std::max(max, kl);
    }
    // differences of logits are known to 2^-53 |z| <= 2^-51, which is 2^-51 / scale of them, and KL is
    // quadratic
    const double tolerance = 1e-12 + 8 * 0x1p-51 / scale;
    EXPECT_NEAR(metrics.kld.mean, mean, tolerance * mean) << "scale " << scale;
    EXPECT_NEAR(metrics.kld.max, max, tolerance * max) << "scale " << scale;
  }
}

TEST(OutputMetrics, CountsFlipsDifferencesAndLoss) {
  Matrix<double> z(2, 3), zhat(2, 3);
  z.values() = {1, 0, 2, 0, 1, 0};         // token 0: first wins, token 1: second, token 2: first
  zhat.values() = {1, 0.5, 2, 0, 0, 0.5};  // token 1 flips
  const OutputMetrics m = output_metrics(z, zhat, std::vector<std::uint32_t>{0, 1, 0});
  EXPECT_EQ(m.top1_flips, 1u);
  EXPECT_EQ(m.logit_difference.max, 1.0);
  EXPECT_NEAR(m.logit_difference.rms, std::sqrt((0.25 + 1 + 0.25) / 6), 1e-15);
  // -log softmax of ids 1 and 0 at tokens 0 and 1:  log(1 + e) for both
  EXPECT_NEAR(*m.cross_entropy.reference, 1.3132616875182228, 1e-15);
  EXPECT_EQ(output_metrics(z.view().columns_part(0, 1), zhat.view().columns_part(0, 1),
                           std::vector<std::uint32_t>{0})
                .cross_entropy.reference,
            std::nullopt);
}

TEST(ErrorStatistics, FollowsTheConventionsForZeros) {
  ErrorCollector collector;
  collector.add(0, 0);   // 0/0 = 0
  collector.add(0, 1);   // x/0 is counted apart
  collector.add(2, 1);   // 1/2
  collector.add(-4, 1);  // 1/4
  collector.add(1, INFINITY);
  const ErrorStatistics s = collector.finish();
  EXPECT_EQ(s.componentwise.infinite, 2u);
  EXPECT_EQ(s.componentwise.max, 0.5);
  EXPECT_EQ(s.componentwise.mean, 0.25);
  EXPECT_EQ(s.componentwise.median, 0.25);
  EXPECT_TRUE(std::isinf(s.normwise));
}

TEST(ErrorStatistics, CountsErrorsByPowersOfTwo) {
  ErrorCollector collector;
  collector.add(1, 0);
  collector.add(0, 1);  // infinite: not counted
  for (const double e : {0.25, 0.3, 0.499, 0.5, 1.0, 8.0, 15.9}) collector.add(1, e);
  const ErrorHistogram h = collector.finish().componentwise.histogram;
  EXPECT_EQ(h.zeros, 1u);
  EXPECT_EQ(h.first, -2);
  EXPECT_EQ(h.counts, (std::vector<std::uint64_t>{3, 1, 1, 0, 0, 2}));
  collector.add(1e-300, 1);
  EXPECT_EQ(collector.finish().componentwise.histogram.first, 127) << "beyond binary32";
  collector.add(3, 0);
  const ErrorHistogram exact = collector.finish().componentwise.histogram;
  EXPECT_EQ(exact.zeros, 1u);
  EXPECT_TRUE(exact.counts.empty());
}

TEST(ErrorStatistics, QuantilesInterpolateBetweenOrderStatistics) {
  std::vector<double> values = {4, 1, 3, 2, 5};
  EXPECT_EQ(quantile(values, 0), 1);
  EXPECT_EQ(quantile(values, 0.5), 3);
  EXPECT_EQ(quantile(values, 1), 5);
  EXPECT_DOUBLE_EQ(quantile(values, 0.9), 4.6);
}

}  // namespace
}  // namespace halfulp
