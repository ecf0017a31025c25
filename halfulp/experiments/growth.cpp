#include "halfulp/experiments/growth.hpp"

#include <cmath>
#include <string>

#include "halfulp/arith/elementary/elementary.hpp"
#include "halfulp/base/error.hpp"

namespace halfulp {
namespace {

constexpr double log_10 = 2.302585092994046;

/// NaN where the logarithm is no number to fit a line to.
double log10(double x) { return x > 0 && !std::isinf(x) ? halfulp::log(x) / log_10 : no_value; }

/// sum (x_i - mean x) (y_i - mean y) / sum (x_i - mean x)^2;  0/0 = NaN where all x are equal.
double slope(std::span<const double> x, std::span<const double> y) {
  const auto n = static_cast<double>(x.size());
  double x_mean = 0, y_mean = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    x_mean += x[i] / n;
    y_mean += y[i] / n;
  }
  double products = 0, squares = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    products += (x[i] - x_mean) * (y[i] - y_mean);
    squares += (x[i] - x_mean) * (x[i] - x_mean);
  }
  return squares > 0 ? products / squares : no_value;
}

/// The line through log10(values) at the abscissas x.
Growth fit(std::span<const double> x, std::span<const GroupedValue> values) {
  constexpr std::size_t groups = GroupedSample::count;
  std::vector<double> y;
  for (const GroupedValue& value : values) y.push_back(log10(value.all));
  Growth growth;
  growth.rate = slope(x, y);

  std::array<double, groups> slopes;
  double mean = 0;
  for (std::size_t g = 0; g < groups; ++g) {
    for (std::size_t i = 0; i < values.size(); ++i) y[i] = log10(values[i].groups[g]);
    slopes[g] = slope(x, y);
    mean += slopes[g] / groups;
  }
  double squares = 0;
  for (const double s : slopes) squares += (s - mean) * (s - mean);
  const double half_width = student_t(groups - 1) * std::sqrt(squares / (groups - 1) / groups);
  growth.interval = {growth.rate - half_width, growth.rate + half_width};
  return growth;
}

/// Halves first, so that a value is moved log2(groups) times, not once for every group after its own.
Sample merged(std::span<const Sample> groups) {
  if (groups.size() == 1) return groups.front();
  Sample half = merged(groups.first(groups.size() / 2));
  half.merge(merged(groups.subspan(groups.size() / 2)));
  return half;
}

void check_range(const char* who, std::size_t first, std::size_t last, std::size_t size) {
  if (first < last && last < size) return;
  throw shape_error(std::string(who) + ": from " + std::to_string(first) + " to " + std::to_string(last) +
                    " of " + std::to_string(size) + " points");
}

}  // namespace

void GroupedSample::merge(const GroupedSample& other) {
  for (std::size_t g = 0; g < count; ++g) groups_[g].merge(other.groups_[g]);
}

Sample GroupedSample::total() const { return merged(groups_); }

void GroupedSample::append_to(std::vector<std::uint64_t>& words) const {
  for (const Sample& group : groups_) group.append_to(words);
}

GroupedSample GroupedSample::read(std::span<const std::uint64_t>& words) {
  GroupedSample sample;
  for (Sample& group : sample.groups_) group = Sample::read(words);
  return sample;
}

double value_of(Statistic statistic, const Sample& sample) {
  if (statistic == Statistic::median) return sample.quantile(0.5);
  return sample.sum() / static_cast<double>(sample.count());
}

GroupedValue value_of(Statistic statistic, const GroupedSample& sample, const Sample& total) {
  GroupedValue value{value_of(statistic, total), {}};
  for (std::size_t g = 0; g < GroupedSample::count; ++g)
    value.groups[g] = value_of(statistic, sample.groups()[g]);
  return value;
}

Growth fit_growth(std::span<const GroupedValue> by_layer, std::size_t first, std::size_t last) {
  check_range("fit_growth", first, last, by_layer.size());
  std::vector<double> layers;
  for (std::size_t l = first; l <= last; ++l) layers.push_back(static_cast<double>(l));
  return fit(layers, by_layer.subspan(first, layers.size()));
}

Growth fit_power(std::span<const double> x, std::span<const GroupedValue> by_x, std::size_t first,
                 std::size_t last) {
  if (x.size() != by_x.size())
    throw shape_error("fit_power: " + std::to_string(x.size()) + " abscissas for " +
                      std::to_string(by_x.size()) + " values");
  check_range("fit_power", first, last, x.size());
  std::vector<double> logs;
  for (std::size_t i = first; i <= last; ++i) logs.push_back(log10(x[i]));
  return fit(logs, by_x.subspan(first, logs.size()));
}

std::vector<double> local_slopes(std::span<const double> x, std::span<const double> y) {
  if (x.size() != y.size())
    throw shape_error("local_slopes: " + std::to_string(x.size()) + " abscissas for " +
                      std::to_string(y.size()) + " ordinates");
  std::vector<double> slopes;
  for (std::size_t i = 0; i + 1 < x.size(); ++i) {
    const double run = log10(x[i + 1]) - log10(x[i]), rise = log10(y[i + 1]) - log10(y[i]);
    slopes.push_back(run == 0 ? no_value : rise / run);
  }
  return slopes;
}

}  // namespace halfulp
