// Test vectors evaluated: does the program compute what an independent implementation says?
//
// Roundings and simulated algorithms must agree bit for bit.  A mathematical quantity is a ball (midpoint and
// radius of our own evaluation): the expected number must lie in it, widened by 10^-30 of the number for its
// own last digit, and the ball must be narrow: radius at most 10^-12 of the largest entry.  Quantities that
// lose digits at an input have wider balls there by themselves: no tolerance is guessed.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "halfulp/analysis/quantities/quantity.hpp"

namespace halfulp {

/// place: the entry that differs first, "[2][0]", ".rho"; nothing for a number.
struct Verdict {
  bool passed = true;
  std::string place, expected, got;
};

/// Throws input_error where the shape of `expected` is not that of the quantity, or an entry is no number.
Verdict compared(const QuantityValue& got, const VectorValue& expected);

struct QuantityCount {
  std::string name;
  std::size_t passed = 0, failed = 0, skipped = 0;
};

struct CheckFailure {
  std::string file, id, quantity;
  Verdict verdict;
};

/// An entry that could not be evaluated; problem: one line naming file, entry and field.
struct BrokenVector {
  std::string file, id, quantity, problem;
};

/// quantities: in alphabetical order.  failures, broken: all, in the order of the files; both are counted as
/// failed.
struct CheckResult {
  std::vector<QuantityCount> quantities;
  std::vector<CheckFailure> failures;
  std::vector<BrokenVector> broken;
  QuantityCount total{"total"};

  /// Evaluates every entry of a file; names that are no quantity are counted as skipped.  "expected_decimal"
  /// is compared with the quantity NAME.decimal.  Entries that are broken (a field missing, a wrong shape, no
  /// number) or beyond a quantity's limits do not keep the others from being evaluated.  Throws interrupted.
  void add(const VectorFile& file);
  bool compared_anything() const { return total.passed + failures.size() > 0; }
};

}  // namespace halfulp
