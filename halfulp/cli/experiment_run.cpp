#include "halfulp/cli/experiment_run.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "halfulp/base/error.hpp"
#include "halfulp/base/processes.hpp"
#include "halfulp/report/checkpoint_file.hpp"

namespace halfulp {
namespace {

Outcome begun(const ExperimentRun& run) {
  std::error_code ignored;
  if (run.checkpoint.empty() || !std::filesystem::exists(run.checkpoint, ignored))
    return Outcome(run.figure.plan);
  ExperimentCheckpoint kept = read_checkpoint(run.checkpoint);
  if (kept.outcome.plan() != text_of(run.figure.plan))
    throw input_error(
        fmt::format("{}: a checkpoint of other options ({}: {}); give another file, or those options",
                    run.checkpoint.string(), kept.name, document_of(kept.options).dump()));
  return std::move(kept.outcome);
}

void keep(const ExperimentRun& run, const Outcome& outcome) {
  if (!run.checkpoint.empty()) write_checkpoint(run.checkpoint, {run.figure.name, run.options, outcome});
}

Outcome made_alone(const ExperimentRun& run, const Progress& progress) {
  Outcome outcome = begun(run);
  const auto between = [&] { keep(run, outcome); };
  try {
    run_plan(run.figure.plan, run.wanted, outcome, progress,
             run.checkpoint.empty() ? std::function<void()>() : between);
  } catch (const interrupted&) {
    keep(run, outcome);
    throw;
  }
  keep(run, outcome);
  return outcome;
}

/// Slices of what is missing, one to a process, round after round; number 0 gathers.
Outcome made_together(const ExperimentRun& run, const Progress& progress) {
  const bool first = process() == 0;
  Outcome outcome = first ? begun(run) : Outcome(run.figure.plan);
  std::vector<std::uint64_t> gaps;
  for (const TrialRange& gap : outcome.missing(run.wanted)) gaps.insert(gaps.end(), {gap.first, gap.last});
  gaps = from_first(gaps);
  std::uint64_t left = 0;
  for (std::size_t g = 0; g < gaps.size(); g += 2) left += gaps[g + 1] - gaps[g];
  constexpr std::uint64_t rounds = 12;
  const std::uint64_t share = left / (rounds * processes()) / trials_at_once * trials_at_once;
  const std::uint64_t slice = std::clamp<std::uint64_t>(share, trials_at_once, 64 * trials_at_once);
  std::vector<TrialRange> slices;
  for (std::size_t g = 0; g < gaps.size(); g += 2)
    for (std::uint64_t at = gaps[g]; at < gaps[g + 1]; at += slice)
      slices.push_back({at, std::min(at + slice, gaps[g + 1])});
  for (std::size_t round = 0; round < slices.size(); round += processes()) {
    Outcome part(run.figure.plan);
    if (round + process() < slices.size()) run_plan(run.figure.plan, slices[round + process()], part, {});
    std::vector<std::uint64_t> words;
    part.append_to(words);
    for (const std::vector<std::uint64_t>& from : gathered(words)) {
      std::span<const std::uint64_t> rest = from;
      outcome.merge(Outcome::read(rest));
    }
    if (!first) continue;
    keep(run, outcome);
    if (progress)
      progress(static_cast<double>(outcome.trials()), static_cast<double>(run.wanted.last - run.wanted.first),
               "trials");
  }
  return outcome;
}

}  // namespace

Outcome made(const ExperimentRun& run, const Progress& progress) {
  return processes() > 1 ? made_together(run, progress) : made_alone(run, progress);
}

}  // namespace halfulp
