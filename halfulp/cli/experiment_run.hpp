// The trials of an experiment: from a checkpoint or from nothing, on one process or many.
#pragma once

#include <filesystem>

#include "halfulp/base/progress.hpp"
#include "halfulp/report/figure_options.hpp"

namespace halfulp {

struct ExperimentRun {
  const Figure& figure;
  const FigureOptions& options;
  TrialRange wanted;
  std::filesystem::path checkpoint;  // empty: none; else read where it exists, written as trials are made
};

/// The outcome of at least the trials wanted (a checkpoint may hold more), the same whatever the number of
/// processes and threads.  With several processes only number 0 has it; empty elsewhere.  Throws input_error
/// where the checkpoint is broken or of another experiment: it is left as it is then.
Outcome made(const ExperimentRun& run, const Progress& progress);

}  // namespace halfulp
