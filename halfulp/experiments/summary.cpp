#include "halfulp/experiments/summary.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "halfulp/arith/elementary/elementary.hpp"

namespace halfulp {
namespace {

using Buckets = std::span<const Sample::Bucket>;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double z = 1.959963984540054;  // P(|Z| <= z) = 0.95, Z normal

/// visit(value, times) from the largest value on, `most` values in all.
template <class Visit>
void visit_largest(Buckets buckets, std::uint64_t most, Visit visit) {
  for (std::size_t i = buckets.size(); i-- > 0 && most > 0;) {
    const std::uint64_t times = std::min(most, buckets[i].count);
    visit(buckets[i].value, static_cast<double>(times));
    most -= times;
  }
}

void set_mean(const Sample& sample, Summary& summary) {
  const auto n = static_cast<double>(sample.count());
  summary.mean = sample.sum() / n;
  if (sample.count() < 2) return;
  if (std::isinf(sample.sum_of_squares())) {
    summary.mean_se = infinity;
  } else if (sample.smallest() == sample.largest()) {
    summary.mean_se = 0;
  } else {
    const double spread = sample.sum_of_squares() - n * summary.mean * summary.mean;
    summary.mean_se = std::sqrt(std::max(spread, 0.0) / (n - 1) / n);
  }
}

void set_geomean(const Sample& sample, Buckets buckets, Summary& summary) {
  if (sample.zeros() > 0 || sample.infinite() > 0) {
    if (sample.infinite() == 0) summary.geomean = 0;
    if (sample.zeros() == 0) summary.geomean = infinity;
    return;
  }
  // Mean and sum of squared deviations, updated value by value: no cancellation (West, Commun. ACM 22, 1979).
  double n = 0, mean = 0, squares = 0;
  for (const auto& [value, count] : buckets) {
    const auto times = static_cast<double>(count);
    const double deviation = halfulp::log(value) - mean;
    n += times;
    mean += deviation * (times / n);
    squares += times * deviation * deviation * ((n - times) / n);
  }
  summary.geomean = halfulp::exp(mean);
  if (sample.count() < 2) return;
  const double half_width = student_t(sample.count() - 1) * std::sqrt(squares / (n - 1) / n);
  summary.geomean_ci = {halfulp::exp(mean - half_width), halfulp::exp(mean + half_width)};
}

void set_tail(const Sample& sample, Buckets buckets, Summary& summary) {
  const std::uint64_t n = sample.count();
  if (n < 50) return;
  const std::uint64_t k = std::clamp<std::uint64_t>(n / 50, 10, 1000);
  const double threshold = sample.order_statistic(n - k);
  if (sample.infinite() > 0) {
    summary.tail_index = summary.tail_index_se = 0;
  } else if (threshold > 0) {
    const double at_threshold = halfulp::log(threshold);
    double logs = 0;
    visit_largest(buckets, k,
                  [&](double value, double times) { logs += times * (halfulp::log(value) - at_threshold); });
    summary.tail_index = static_cast<double>(k) / logs;
    summary.tail_index_se = summary.tail_index / std::sqrt(static_cast<double>(k));
  }
}

void set_top_share(const Sample& sample, Buckets buckets, Summary& summary) {
  const double sum = sample.sum();
  if (sum == 0) return;
  if (std::isinf(sum)) {
    summary.top_share = 1;
    return;
  }
  const std::uint64_t few = std::max<std::uint64_t>(sample.count() / 1000, 1);
  double top = few == 1 ? sample.largest() : 0;
  if (few > 1) visit_largest(buckets, few, [&](double value, double times) { top += times * value; });
  summary.top_share = std::min(top / sum, 1.0);
}

}  // namespace

Summary summarise(const Sample& sample) {
  Summary summary;
  const std::uint64_t n = sample.count();
  summary.count = n;
  summary.infinite = sample.infinite();
  summary.nan = sample.nan();
  if (n == 0) return summary;
  const std::vector<Sample::Bucket> buckets = sample.buckets();

  set_mean(sample, summary);
  summary.median = sample.quantile(0.5);
  const std::uint64_t low = median_rank(n);
  summary.median_ci = {low == 0 ? 0 : sample.order_statistic(low),
                       low == 0 ? infinity : sample.order_statistic(n + 1 - low)};
  summary.p05 = sample.quantile(0.05);
  summary.p25 = sample.quantile(0.25);
  summary.p75 = sample.quantile(0.75);
  summary.p95 = sample.quantile(0.95);
  set_geomean(sample, buckets, summary);
  summary.largest = sample.largest();
  set_tail(sample, buckets, summary);
  set_top_share(sample, buckets, summary);
  summary.carried_by_few =
      summary.top_share > std::max(0.1, 10 / static_cast<double>(n)) || summary.tail_index < 1;
  return summary;
}

std::uint64_t median_rank(std::uint64_t n) {
  const auto size = static_cast<double>(n);
  if (n > 1000) return static_cast<std::uint64_t>((size + 1 - z * std::sqrt(size)) / 2);
  double term = std::ldexp(1.0, -static_cast<int>(n)), below = term;  // P(B = l), P(B < l + 1)
  std::uint64_t l = 0;
  while (below <= 0.025 && l < n) {
    term *= (size - static_cast<double>(l)) / static_cast<double>(l + 1);
    below += term;
    ++l;
  }
  return l;
}

double student_t(std::uint64_t degrees) {
  constexpr double table[] = {infinity, 12.706204736432095, 4.302652729911275, 3.182446305284263,
                              2.776445105197799};
  if (degrees < std::size(table)) return table[degrees];
  constexpr double z2 = z * z;
  constexpr double g1 = (z2 + 1) * z / 4;
  constexpr double g2 = ((5 * z2 + 16) * z2 + 3) * z / 96;
  constexpr double g3 = (((3 * z2 + 19) * z2 + 17) * z2 - 15) * z / 384;
  constexpr double g4 = ((((79 * z2 + 776) * z2 + 1482) * z2 - 1920) * z2 - 945) * z / 92160;
  const double r = 1 / static_cast<double>(degrees);
  return z + r * (g1 + r * (g2 + r * (g3 + r * g4)));
}

}  // namespace halfulp
