// How fast errors grow:  slopes of  log10(statistic)  against the layer, or against log10 of a parameter.
// Trials fall into 16 groups by their index; a slope's interval comes from its spread among the groups,
// because the layers of one trial are not independent and residuals of the fit say nothing about that.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "halfulp/experiments/sample.hpp"
#include "halfulp/experiments/summary.hpp"

namespace halfulp {

/// The errors of all trials in one place, trial t in group t mod 16.  A commutative monoid like Sample.
class GroupedSample {
 public:
  static constexpr std::size_t count = 16;

  void add(std::uint64_t trial, double value) { groups_[trial % count].add(value); }
  void merge(const GroupedSample& other);
  /// All groups in one sample.
  Sample total() const;
  std::span<const Sample, count> groups() const { return groups_; }

  /// The 16 samples one after the other, as Sample writes and reads them.
  void append_to(std::vector<std::uint64_t>& words) const;
  static GroupedSample read(std::span<const std::uint64_t>& words);

  friend bool operator==(const GroupedSample&, const GroupedSample&) = default;

 private:
  std::array<Sample, count> groups_;
};

enum class Statistic { mean, median };

/// The mean (infinite with one infinity in the sample) or the median; NaN of an empty sample.
double value_of(Statistic statistic, const Sample& sample);

/// A statistic of all trials, and of each group alone.
struct GroupedValue {
  double all = no_value;
  std::array<double, GroupedSample::count> groups{};
};
/// total = sample.total(), which the caller merges once for all that is asked of it.
GroupedValue value_of(Statistic statistic, const GroupedSample& sample, const Sample& total);

/// A least-squares slope from all trials, and  rate +- t s / sqrt(16),  s the standard deviation of the 16
/// groups' own slopes, t = 2.131 of Student's distribution with 15 degrees of freedom, for 95 % confidence.
/// Where trials are heavy-tailed, slopes of means are neither normal nor unbiased, and the interval promises
/// less: see Summary::carried_by_few.
/// The rate is NaN where a statistic of all trials is 0, infinite or NaN; the interval also where a group's
/// is.
struct Growth {
  double rate = no_value;
  Interval interval;
};

/// Decades per layer:  log10(statistic of layer l) = rate l + c  by least squares over first <= l <= last, l
/// counting from 0.  shape_error unless first < last < by_layer.size().
Growth fit_growth(std::span<const GroupedValue> by_layer, std::size_t first, std::size_t last);

/// The power:  log10(statistic at x_i) = rate log10(x_i) + c  by least squares over first <= i <= last.
/// x positive and finite, not all equal (else NaN); shape_error unless first < last < x.size() = by_x.size().
Growth fit_power(std::span<const double> x, std::span<const GroupedValue> by_x, std::size_t first,
                 std::size_t last);

/// Powers between neighbours:  log(y_(i+1) / y_i) / log(x_(i+1) / x_i),  one less than points; it belongs to
/// sqrt(x_i x_(i+1)).  NaN where a value is 0, negative, infinite or NaN, or x_i = x_(i+1).  shape_error
/// unless x and y are equally long.
std::vector<double> local_slopes(std::span<const double> x, std::span<const double> y);

}  // namespace halfulp
