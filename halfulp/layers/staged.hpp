// The arithmetic of a site whose steps round differently.  A room asks for a step's arithmetic by name; where
// there is but one arithmetic, that is the answer.
#pragma once

#include <array>
#include <vector>

#include "halfulp/arith/arithmetic.hpp"
#include "halfulp/arith/simulated_running_error.hpp"
#include "halfulp/layers/site.hpp"

namespace halfulp {

/// One arithmetic for each step of a site.
template <class A>
class StagedOf {
 public:
  using Value = typename A::Value;

  void set(Step step, A arithmetic) { steps_[static_cast<std::size_t>(step)] = std::move(arithmetic); }
  A& step(Step step) { return steps_[static_cast<std::size_t>(step)]; }
  void begin_entry(std::size_t row, std::size_t column) {
    for (A& step : steps_) step.begin_entry(row, column);
  }
  void clear_events() {
    for (A& step : steps_) step.clear_events();
  }
  void count_events_of(const StagedOf& other) {
    for (std::size_t i = 0; i < step_count; ++i) steps_[i].count(other.steps_[i].events());
  }
  Events events() const {
    Events all;
    for (const A& step : steps_) all += step.events();
    return all;
  }

 private:
  std::array<A, step_count> steps_;
};

/// The arithmetic of a site in a recipe.
using Staged = StagedOf<Simulated>;
/// The same with running errors.
using StagedRunningError = StagedOf<SimulatedRunningError>;

/// The same values and events, with bounds on their errors.
inline StagedRunningError with_running_errors(Staged staged, Runs runs = Runs::this_one) {
  StagedRunningError bounded;
  for (std::size_t i = 0; i < step_count; ++i) {
    const Step step = static_cast<Step>(i);
    bounded.set(step, SimulatedRunningError(staged.step(step), runs));
  }
  return bounded;
}

/// The arithmetic of one step of a site.
template <class A>
A& step(A& ar, Step) {
  return ar;
}
template <class A>
A& step(StagedOf<A>& ar, Step which) {
  return ar.step(which);
}

}  // namespace halfulp
