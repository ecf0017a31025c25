// What is kept of the errors of many trials: a sample of values in [0, inf], its size independent of how many
// there are.  Relative errors have heavy tails (an entry of the reference may be near 0, and then no mean
// exists), so quantiles are kept beside the moments.
//
// A sample is a commutative monoid: merge has the empty sample for its neutral element and is exact, so the
// same values give equal samples, bit for bit, in any order and in any parts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "halfulp/experiments/exact_sum.hpp"

namespace halfulp {

/// Moments are exact sums.  Quantiles come from a histogram on the grid of binary64 numbers with 10 fraction
/// bits: 1024 buckets an octave, of which only those are stored that hold a value, in 8 bytes each.  A value
/// read back is the middle of its bucket, within relative 2^-11 of the value (below 2^-1022, within 2^-1033).
/// Holds fewer than 2^43 values.
class Sample {
 public:
  /// Equal values as the histogram sees them.
  struct Bucket {
    double value;  // the middle, or the sample's smallest or largest value where that is nearer
    std::uint64_t count;
  };

  /// value in [0, inf] or NaN; std::domain_error where it is negative.
  void add(double value);
  /// Adds all that other has seen; resource_error from 2^43 values on.
  void merge(const Sample& other);

  /// Values that are not NaN.  NaN takes part in nothing but nan().
  std::uint64_t count() const { return count_; }
  std::uint64_t zeros() const { return zeros_; }
  std::uint64_t infinite() const { return infinite_; }
  std::uint64_t nan() const { return nan_; }

  /// Extreme values, exact; NaN where count() = 0.
  double smallest() const { return order_statistic(1); }
  double largest() const { return order_statistic(count_); }

  /// sum_i x_i, correctly rounded.
  double sum() const;
  /// sum_i round(x_i^2), correctly rounded, the squares rounded to binary64; infinite where one overflows
  /// (x_i >= 2^512).  Squares of values below 2^-511 lose digits, of those below 2^-538 everything.
  double sum_of_squares() const;

  /// The rank-th smallest value, 1 <= rank <= count(): exact where it is 0, infinite, the smallest or the
  /// largest positive finite one, else its bucket's value.  NaN for other ranks.
  double order_statistic(std::uint64_t rank) const;
  /// Order statistic ceil(p count()), at least the first;  0 <= p <= 1.  NaN where count() = 0.
  double quantile(double p) const;

  /// Positive finite values in ascending order.
  std::vector<Bucket> buckets() const;
  /// Counts of the bins 10^e_i <= x < 10^e_(i+1), for ascending log10_edges e (one more than bins), x the
  /// bucket's value.  Zeros, infinities and what lies outside are in no bin.
  std::vector<std::uint64_t> histogram(std::span<const double> log10_edges) const;

  /// The sample as 64-bit words, the same on every machine.
  void append_to(std::vector<std::uint64_t>& words) const;
  /// Takes what append_to wrote off the front of words; input_error for what no sample can have written.
  static Sample read(std::span<const std::uint64_t>& words);

  friend bool operator==(const Sample&, const Sample&) = default;

 private:
  // A bucket is one word, key 2^43 + count.  The key is the number's bits less the last 42 of the fraction.
  static constexpr int count_bits = 43, dropped_bits = 42;
  static constexpr std::uint64_t count_mask = (std::uint64_t{1} << count_bits) - 1;
  static std::uint64_t key_of(std::uint64_t bucket) { return bucket >> count_bits; }
  static std::uint64_t count_of(std::uint64_t bucket) { return bucket & count_mask; }

  std::uint64_t positive() const { return count_ - zeros_ - infinite_; }
  double value_of(std::uint64_t bucket) const;
  void check() const;  // input_error where the parts contradict each other

  std::uint64_t count_ = 0, zeros_ = 0, infinite_ = 0, nan_ = 0;
  double smallest_ = std::numeric_limits<double>::infinity(), largest_ = 0;  // of the positive finite values
  ExactSum sum_, squares_;
  std::vector<std::uint64_t> buckets_;  // ascending
};

}  // namespace halfulp
