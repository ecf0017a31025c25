// How far a computed tensor is from its reference: relative errors entry by entry and in norm.
#pragma once

#include <cstdint>
#include <vector>

namespace halfulp {

/// How many errors are 0 (or below 2^-149), and how many lie in [2^k, 2^(k+1)), k = first, first + 1, ...
struct ErrorHistogram {
  std::uint64_t zeros = 0;
  int first = 0;
  std::vector<std::uint64_t> counts;
};

/// Componentwise relative errors |yhat - y| / |y|, with 0/0 = 0; entries with x/0 or a result that is not
/// finite are counted in `infinite` and take part in nothing else.
struct Componentwise {
  double max = 0, mean = 0, median = 0, p05 = 0, p95 = 0;
  std::uint64_t infinite = 0;
  ErrorHistogram histogram;
};

struct ErrorStatistics {
  Componentwise componentwise;
  /// ||Yhat - Y||_F / ||Y||_F over all tokens; infinite or NaN where Yhat is not finite.
  double normwise = 0;
};

/// Collects errors and references of one site; every entry once, in any number of tensors.
class ErrorCollector {
 public:
  explicit ErrorCollector(std::size_t expected = 0) { relative_.reserve(expected); }
  /// An entry with reference y and error yhat - y.
  void add(double y, double error);
  /// Leaves the collector empty.
  ErrorStatistics finish();

 private:
  std::vector<float> relative_;  // 24 bits are plenty for percentiles
  double sum_ = 0, squares_ = 0, error_squares_ = 0, max_ = 0;
  std::uint64_t infinite_ = 0;
};

/// The q-quantile of values, linear between order statistics (reorders them); 0 when empty.
double quantile(std::vector<float>& values, double q);
double quantile(std::vector<double>& values, double q);
/// Of an even number of values the mean of the middle two; infinite where one of these is.
inline double median(std::vector<double> values) { return quantile(values, 0.5); }

}  // namespace halfulp
