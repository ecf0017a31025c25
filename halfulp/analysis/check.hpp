// Test vectors evaluated: does the program compute what an independent implementation says?
//
// A quantity is checked by one function, looked up by name.  Rounding and simulated arithmetic are compared
// bit for bit; values of layers with 34 digits, within the error that double-double makes (check_layers.cpp).
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "halfulp/models/vectors.hpp"

namespace halfulp {

/// place: the entry of a vector or matrix that differs most (or first), "[2][0]"; nothing for a number.
struct Verdict {
  bool passed = true;
  std::string place, expected, got;
};

/// How one quantity is checked.  judge throws input_error when the vector itself is broken.
struct QuantityCheck {
  std::string_view name;
  Verdict (*judge)(const TestVector& vector);
};

std::span<const QuantityCheck> rounding_checks();   // round.*, op.*
std::span<const QuantityCheck> layer_checks();      // rms_norm, attention, block_Q, ...
std::span<const QuantityCheck> simulated_checks();  // sim.*

/// How `quantity` is checked; null when this version does not know it.
const QuantityCheck* check_of(std::string_view quantity);

struct QuantityCount {
  std::string name;
  std::size_t passed = 0, failed = 0, skipped = 0;
};

struct CheckFailure {
  std::string file, id, quantity;
  Verdict verdict;
};

/// quantities: in alphabetical order.  failures: all, in the order of the files.
struct CheckResult {
  std::vector<QuantityCount> quantities;
  std::vector<CheckFailure> failures;
  QuantityCount total{"total"};

  /// Evaluates every entry of a file; quantities without a check are counted as skipped.
  /// Throws input_error for entries that are broken (a field missing, a wrong shape, no number), interrupted.
  void add(const VectorFile& file);
};

}  // namespace halfulp
