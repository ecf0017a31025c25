#include "halfulp/analysis/output_metrics.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "halfulp/analysis/error_statistics.hpp"
#include "halfulp/arith/elementary/elementary.hpp"

namespace halfulp {
namespace {

/// log sum_v exp(z_v), the maximum taken out.
double log_sum_exp(Row<const double> z) {
  double m = z[0];
  for (std::size_t v = 1; v < z.size(); ++v) m = std::max(m, z[v]);
  double sum = 0;
  for (std::size_t v = 0; v < z.size(); ++v) sum += halfulp::exp(z[v] - m);
  return m + halfulp::log(sum);
}

/// exp(x) - 1 - x without cancellation.
double second_order(double x) {
  if (std::fabs(x) > 0.0625) return halfulp::exp(x) - 1 - x;
  double tail = 0;  // x^2/2 (1 + x/3 (1 + x/4 (...))), the first term left out below 2^-60
  for (double k = 12; k >= 3; --k) tail = x / k * (1 + tail);
  return x * x / 2 * (1 + tail);
}

double log1p(double s) {
  return s > 1e-4 ? halfulp::log(1 + s) : s * (1 - s * (0.5 - s * (1.0 / 3 - s / 4)));
}

/// KL(p || phat) for log phat = log p + delta - c:  with m = sum p delta,  log sum_v p_v exp(delta_v - m)
/// = log1p(sum_v p_v (exp(x_v) - 1 - x_v)),  x = delta - m: second order in delta, and computed as such.
double divergence(Row<const double> z, Row<const double> zhat, double norm) {
  double mean = 0;
  for (std::size_t v = 0; v < z.size(); ++v) mean += halfulp::exp(z[v] - norm) * (zhat[v] - z[v]);
  double sum = 0;
  for (std::size_t v = 0; v < z.size(); ++v)
    sum += halfulp::exp(z[v] - norm) * second_order(zhat[v] - z[v] - mean);
  return log1p(sum);
}

std::size_t argmax(Row<const double> z) {
  std::size_t best = 0;
  for (std::size_t v = 1; v < z.size(); ++v)
    if (z[v] > z[best]) best = v;
  return best;
}

}  // namespace

OutputMetrics output_metrics(MatrixView<const double> reference, MatrixView<const double> recipe,
                             std::span<const std::uint32_t> tokens) {
  OutputMetrics metrics;
  const std::size_t n = tokens.size(), vocabulary = reference.rows();
  std::vector<double> kld(n);
  double squares = 0, reference_squares = 0, loss_reference = 0, loss_recipe = 0;
  for (std::size_t t = 0; t < n; ++t) {
    const Row<const double> z = reference.column(t), zhat = recipe.column(t);
    const double norm = log_sum_exp(z), norm_hat = log_sum_exp(zhat);
    kld[t] = divergence(z, zhat, norm);
    for (std::size_t v = 0; v < vocabulary; ++v) {
      const double difference = zhat[v] - z[v];
      squares += difference * difference;
      reference_squares += z[v] * z[v];
      metrics.logit_difference.max = std::max(metrics.logit_difference.max, std::fabs(difference));
    }
    metrics.top1_flips += argmax(z) != argmax(zhat);
    if (t + 1 < n) {
      loss_reference += norm - z[tokens[t + 1]];
      loss_recipe += norm_hat - zhat[tokens[t + 1]];
    }
  }
  const double count = static_cast<double>(n);
  for (const double k : kld) metrics.kld.mean += k / count;
  double spread = 0;
  for (const double k : kld) spread += (k - metrics.kld.mean) * (k - metrics.kld.mean);
  metrics.kld.se = n > 1 ? std::sqrt(spread / (count - 1) / count) : 0;
  metrics.kld.p90 = quantile(kld, 0.9);
  metrics.kld.p99 = quantile(kld, 0.99);
  metrics.kld.max = *std::max_element(kld.begin(), kld.end());
  metrics.logit_difference.rms = std::sqrt(squares / (count * static_cast<double>(vocabulary)));
  metrics.reference_logit_rms = std::sqrt(reference_squares / (count * static_cast<double>(vocabulary)));
  if (n > 1) {
    metrics.cross_entropy.reference = loss_reference / (count - 1);
    metrics.cross_entropy.recipe = loss_recipe / (count - 1);
  }
  return metrics;
}

}  // namespace halfulp
