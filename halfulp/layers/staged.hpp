// The arithmetic of a site whose steps round differently.  A room asks for a step's arithmetic by name; where
// there is but one arithmetic, that is the answer.
#pragma once

#include <array>
#include <vector>

#include "halfulp/arith/arithmetic.hpp"
#include "halfulp/arith/simulated.hpp"
#include "halfulp/layers/site.hpp"

namespace halfulp {

class Staged {
 public:
  using Value = double;

  void set(Step step, Simulated arithmetic) {
    steps_[static_cast<std::size_t>(step)] = std::move(arithmetic);
  }
  Simulated& step(Step step) { return steps_[static_cast<std::size_t>(step)]; }
  void begin_entry(std::size_t row, std::size_t column) {
    for (Simulated& step : steps_) step.begin_entry(row, column);
  }
  void clear_events() {
    for (Simulated& step : steps_) step.clear_events();
  }
  void count_events_of(const Staged& other) {
    for (std::size_t i = 0; i < step_count; ++i) steps_[i].count(other.steps_[i].events());
  }
  Events events() const {
    Events all;
    for (const Simulated& step : steps_) all += step.events();
    return all;
  }

 private:
  std::array<Simulated, step_count> steps_;
};

/// The arithmetic of one step of a site.
template <class A>
A& step(A& ar, Step) {
  return ar;
}
inline Simulated& step(Staged& ar, Step which) { return ar.step(which); }

}  // namespace halfulp
