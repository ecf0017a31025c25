// The trials of a plan, shared among threads: a task is trials_at_once trials of one setup.
#include <algorithm>
#include <chrono>

#include "halfulp/base/parallel.hpp"
#include "halfulp/experiments/outcome.hpp"

namespace halfulp {
namespace {

using Clock = std::chrono::steady_clock;

/// Trials first .. first + trials_at_once - 1 of every setup, errors as Outcome::add takes them.
void run_group(const Plan& plan, std::uint64_t first, std::size_t setup, std::vector<double>& errors) {
  const std::size_t cells = plan.cells(), from = plan.cell_of(setup, 0, 0, Measure::componentwise);
  const std::size_t count = plan.cell_of(setup + 1, 0, 0, Measure::componentwise) - from;
  std::vector<double> of_setup(trials_at_once * count);
  run_trials(plan.setups[setup], plan.arithmetics, plan.seed, first, of_setup.data());
  for (std::size_t t = 0; t < trials_at_once; ++t)
    std::copy_n(of_setup.data() + t * count, count, errors.data() + t * cells + from);
}

}  // namespace

void run_plan(const Plan& plan, TrialRange wanted, Outcome& outcome, const Progress& progress,
              const std::function<void()>& between) {
  const std::size_t cells = plan.cells(), setups = plan.setups.size();
  const double whole = static_cast<double>(wanted.last - wanted.first);
  // Enough tasks that threads end together, few enough that their errors fit in a few megabytes.
  const std::size_t at_once = std::clamp<std::size_t>(
      std::min(32 * threads() / setups, (std::size_t{1} << 22) / (cells * trials_at_once)), 1, 64);
  std::vector<std::vector<double>> errors(at_once, std::vector<double>(trials_at_once * cells));
  auto last_call = Clock::now();
  for (const TrialRange& gap : outcome.missing(wanted)) {
    for (std::uint64_t first = gap.first; first < gap.last; first += at_once * trials_at_once) {
      const std::uint64_t left = gap.last - first;
      const std::size_t groups = std::min<std::uint64_t>(at_once, (left - 1) / trials_at_once + 1);
      parallel_for(groups * setups, 1, [&](std::size_t task, std::size_t) {
        run_group(plan, first + task / setups * trials_at_once, task % setups, errors[task / setups]);
      });
      for (std::size_t g = 0; g < groups; ++g) {
        const std::uint64_t begin = first + g * trials_at_once;
        outcome.add({begin, std::min(begin + trials_at_once, gap.last)}, errors[g].data());
      }
      if (progress) progress(static_cast<double>(outcome.trials()), whole, "trials");
      if (between && Clock::now() - last_call > std::chrono::seconds(1)) {
        between();
        last_call = Clock::now();
      }
    }
  }
}

}  // namespace halfulp
