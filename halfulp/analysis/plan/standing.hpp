// A selection on its way: items come and go, its sums follow.
#pragma once

#include "halfulp/analysis/plan/selection.hpp"

namespace halfulp {

/// A selection with its sums, which follow as items come and go.
class Standing {
 public:
  explicit Standing(const SelectionProblem& problem)
      : problem_(&problem),
        selection_(problem.items.size()),
        raised_(problem.parts.size()),
        needed_(problem.charges.size()) {
    for (const auto& part : problem.parts) remainder_ += part[0];
  }
  Standing(const SelectionProblem& problem, const Selection& selection) : Standing(problem) {
    for (std::size_t i = 0; i < selection.size(); ++i)
      if (selection[i]) toggle(i);
  }

  bool has(std::size_t item) const { return selection_[item]; }
  const Selection& selection() const { return selection_; }
  double remainder() const { return remainder_; }
  double cost() const { return cost_; }

  /// Takes the item, or gives it back.
  void toggle(std::size_t item) {
    const bool takes = !selection_[item];
    selection_[item] = takes;
    for (const auto& move : problem_->items[item].moves) {
      auto& count = raised_[move.part];
      remainder_ -= value(move.part);
      count[move.level - 1] += takes ? 1 : -1;
      remainder_ += value(move.part);
    }
    for (const std::size_t charge : problem_->items[item].charges) {
      if (needed_[charge] == 0) cost_ += problem_->charges[charge];
      needed_[charge] += takes ? 1 : -1;
      if (needed_[charge] == 0) cost_ -= problem_->charges[charge];
    }
  }

  struct Change {
    double gain, cost;  // of the remainder, downwards; upwards
  };
  /// Of taking an item that is not taken.
  Change change(std::size_t item) {
    const double remainder = remainder_, cost = cost_;
    toggle(item);
    const Change change{remainder - remainder_, cost_ - cost};
    toggle(item);
    remainder_ = remainder;  // to the bit
    cost_ = cost;
    return change;
  }

 private:
  double value(std::size_t part) const {
    const auto& count = raised_[part];
    return problem_->parts[part][count[1] > 0 ? 2 : count[0] > 0 ? 1 : 0];
  }

  const SelectionProblem* problem_;
  Selection selection_;
  std::vector<std::array<int, 2>> raised_;
  std::vector<int> needed_;
  double remainder_ = 0, cost_ = 0;
};

}  // namespace halfulp
