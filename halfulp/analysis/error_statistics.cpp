#include "halfulp/analysis/error_statistics.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace halfulp {
namespace {

template <class T>
double quantile_of(std::vector<T>& values, double q) {
  if (values.empty()) return 0;
  const double place = q * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(below);
  std::nth_element(values.begin(), at, values.end());
  const double low = *at;
  if (below + 1 == values.size()) return low;
  const double share = place - static_cast<double>(below);
  if (share == 0) return low;
  const double high = *std::min_element(at + 1, values.end());
  return low == high ? low : low + share * (high - low);
}

ErrorHistogram histogram_of(const std::vector<float>& errors) {
  constexpr int below = 149;  // 2^-149 is the smallest
  std::array<std::uint64_t, below + 128> octaves{};
  ErrorHistogram h;
  for (const float e : errors)
    if (e == 0)
      h.zeros += 1;
    else
      octaves[static_cast<std::size_t>(std::ilogb(e) + below)] += 1;
  const auto is_there = [](std::uint64_t count) { return count > 0; };
  const auto first = std::find_if(octaves.begin(), octaves.end(), is_there);
  const auto last = std::find_if(octaves.rbegin(), octaves.rend(), is_there).base();
  if (first == octaves.end()) return h;
  h.first = static_cast<int>(first - octaves.begin()) - below;
  h.counts.assign(first, last);
  return h;
}

}  // namespace

double quantile(std::vector<float>& values, double q) { return quantile_of(values, q); }
double quantile(std::vector<double>& values, double q) { return quantile_of(values, q); }

void ErrorCollector::add(double y, double error) {
  const double magnitude = std::fabs(error);
  squares_ += y * y;
  error_squares_ += error * error;
  const double relative = magnitude == 0 ? 0 : magnitude / std::fabs(y);
  if (!std::isfinite(relative)) {
    infinite_ += 1;
    return;
  }
  sum_ += relative;
  max_ = std::max(max_, relative);
  constexpr double most = std::numeric_limits<float>::max();
  relative_.push_back(static_cast<float>(std::min(relative, most)));
}

ErrorStatistics ErrorCollector::finish() {
  ErrorStatistics statistics;
  Componentwise& c = statistics.componentwise;
  c.infinite = infinite_;
  c.max = max_;
  if (!relative_.empty()) c.mean = sum_ / static_cast<double>(relative_.size());
  c.p05 = quantile(relative_, 0.05);
  c.median = quantile(relative_, 0.5);
  c.p95 = quantile(relative_, 0.95);
  c.histogram = histogram_of(relative_);
  statistics.normwise = error_squares_ == 0 ? 0 : std::sqrt(error_squares_ / squares_);
  *this = ErrorCollector();
  return statistics;
}

}  // namespace halfulp
