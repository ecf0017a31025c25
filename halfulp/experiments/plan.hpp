// What an experiment computes: trials of some setups in some arithmetics, from one seed.
#pragma once

#include <string>
#include <vector>

#include "halfulp/experiments/trial.hpp"

namespace halfulp {

struct Plan {
  std::vector<Setup> setups;  // every trial runs all of them, each with the trial's own random numbers
  std::vector<Arithmetics> arithmetics;
  std::uint64_t seed = 1;

  /// Errors that one trial gives, and where one of them stands.
  std::size_t cells() const;
  std::size_t cell_of(std::size_t setup, std::size_t arithmetic, std::size_t layer, Measure measure) const;
};

/// All that a trial's errors depend on, in one line: equal texts, equal results.
std::string text_of(const Plan& plan);

/// Throws usage_error naming the option where a setup makes no sense: a size of 0 or beyond 4096, a lambda,
/// deviation or diagonal factor that is not positive and finite, heads that do not divide d; resource_error
/// where the trials at work need more than `bytes` of memory.
void check(const Plan& plan, double bytes);

}  // namespace halfulp
