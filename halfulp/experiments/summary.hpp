// What is said about a sample, with how far it can be trusted.  All logarithms and roots are of our own kind
// (arith/elementary), so equal samples have equal summaries, bit for bit, on every machine.
#pragma once

#include <cstdint>
#include <limits>

#include "halfulp/experiments/sample.hpp"

namespace halfulp {

inline constexpr double no_value = std::numeric_limits<double>::quiet_NaN();

/// A 95 % confidence interval; NaN where the data say nothing.
struct Interval {
  double low = no_value, high = no_value;
};

/// All quantiles and what derives from them carry the histogram's relative 2^-11; the largest value is exact.
/// NaN where a quantity is not defined (an empty sample, a spread of one value).
struct Summary {
  /// Values, zeros and infinities among them; infinities (mean, mean_se, geomean and largest are infinite
  /// then, quantiles need not be); NaNs, which are in nothing else.
  std::uint64_t count = 0, infinite = 0, nan = 0;

  /// sum_i x_i / n,  and its standard error  s / sqrt(n),  s^2 = (sum_i x_i^2 - n mean^2) / (n - 1).  The
  /// difference cancels: s^2 has an absolute error of about 2^-51 mean^2.  Means nothing where
  /// carried_by_few.
  double mean = no_value, mean_se = no_value;

  /// Order statistic ceil(n / 2), between order statistics l and n + 1 - l,  l = median_rank(n).
  double median = no_value;
  Interval median_ci;
  double p05 = no_value, p25 = no_value, p75 = no_value, p95 = no_value;

  /// exp(m),  m the mean of log x_i, and  exp(m +- t s / sqrt(n)),  s the standard deviation of log x_i and t
  /// of student_t(n - 1).  One zero makes the geometric mean 0, one infinity infinite, both NaN; the interval
  /// is NaN then.
  double geomean = no_value;
  Interval geomean_ci;

  double largest = no_value;

  /// Hill's estimator of alpha in  P(X > x) ~ x^-alpha  and its standard error alpha / sqrt(k):
  ///   1 / alpha = (1/k) sum_{i<=k} log(X_i / X_(k+1)),   X_1 >= X_2 >= ... the largest values,
  /// k = n/50, but 10 <= k <= 1000.  Moments of order alpha and above do not exist: no mean if alpha <= 1, no
  /// standard error of it if alpha <= 2.  The histogram adds at most 2^-10 to 1/alpha.  0 where one of the k
  /// is infinite, infinite where all are equal to X_(k+1), NaN where n < 50 or X_(k+1) = 0.
  /// Source: Hill, A simple general approach to inference about the tail of a distribution, Ann. Statist. 3
  /// (1975).
  double tail_index = no_value, tail_index_se = no_value;

  /// Share of the largest 0.1 % of the values (at least of one value) in the sum of all; 1 where that is
  /// infinite, NaN where it is 0.
  double top_share = no_value;

  /// The mean is an account of a few trials, not of the distribution:  top_share > max(1/10, 10/n)  or
  /// tail_index < 1.  One value in a thousand carries 0.8 % of the sum of exponentials, 14 % of log-normal
  /// values with sigma = 2, 1000^(1/alpha - 1) of a Pareto tail, that is 3 % at alpha = 2 and a tenth at
  /// alpha = 3/2.  In a sample of less than a hundred one value always has a large share; 10/n asks that it
  /// be ten times the mean.
  bool carried_by_few = false;
};

Summary summarise(const Sample& sample);

/// The largest l with  P(B < l) <= 0.025,  B binomial(n, 1/2):  order statistics l and n + 1 - l hold the
/// median of a continuous distribution between them with probability at least 0.95.  0 where n < 6 (take 0
/// and infinity for the interval then).  Exact for n <= 1000; above, the normal approximation with continuity
/// correction, l = floor((n + 1 - z sqrt(n)) / 2).
/// Source: David and Nagaraja, Order Statistics (2003), section 7.1.
std::uint64_t median_rank(std::uint64_t n);

/// The t with  P(|T| <= t) = 0.95  for Student's T with that many degrees of freedom (at least 1): a table
/// below 5, else the expansion around the normal quantile, within relative 1.2e-4 (5/degrees)^5.
/// Source: Abramowitz and Stegun, Handbook of Mathematical Functions (1964), 26.7.5.
double student_t(std::uint64_t degrees);

}  // namespace halfulp
