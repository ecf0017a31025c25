// What is known of an experiment: which trials were made, and the samples of their errors.  A commutative
// monoid: outcomes of different trials merge exactly, in any order, whoever made them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "halfulp/base/progress.hpp"
#include "halfulp/experiments/growth.hpp"
#include "halfulp/experiments/plan.hpp"

namespace halfulp {

/// Trials first .. last - 1.
struct TrialRange {
  std::uint64_t first = 0, last = 0;
  bool operator==(const TrialRange&) const = default;
};

class Outcome {
 public:
  Outcome() = default;
  explicit Outcome(const Plan& plan) : plan_(text_of(plan)), cells_(plan.cells()) {}

  /// text_of(plan).
  const std::string& plan() const { return plan_; }
  /// Ascending, apart from each other.
  const std::vector<TrialRange>& done() const { return done_; }
  std::uint64_t trials() const;
  const GroupedSample& at(std::size_t cell) const { return cells_[cell]; }
  bool has(std::uint64_t trial) const;
  /// Of `wanted`, what is not done.
  std::vector<TrialRange> missing(TrialRange wanted) const;

  /// Adds trials that were made: errors[(trial - range.first) * cells + cell].
  void add(TrialRange range, const double* errors);
  /// Throws input_error where the plans differ or a trial stands in both.
  void merge(const Outcome& other);

  void append_to(std::vector<std::uint64_t>& words) const;
  /// Takes what append_to wrote off the front of words; input_error for anything else.
  static Outcome read(std::span<const std::uint64_t>& words);

  friend bool operator==(const Outcome&, const Outcome&) = default;

 private:
  void mark(TrialRange range);

  std::string plan_;
  std::vector<TrialRange> done_;
  std::vector<GroupedSample> cells_;
};

/// Makes the trials `wanted` that `outcome` lacks, on threads() threads.  between() is called every second or
/// so, when the outcome is whole.
void run_plan(const Plan& plan, TrialRange wanted, Outcome& outcome, const Progress& progress,
              const std::function<void()>& between = {});

}  // namespace halfulp
