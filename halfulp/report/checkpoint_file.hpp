// An experiment on its way, as a file: what was asked, and the outcome of the trials made so far.
#pragma once

#include <filesystem>

#include "halfulp/report/figure_options.hpp"

namespace halfulp {

struct ExperimentCheckpoint {
  std::string name;  // of figure_named()
  FigureOptions options;
  Outcome outcome;
};

/// A line that says what it is, the options as JSON, the outcome's words (little-endian), and a hash (XXH3)
/// of all that; written whole or not at all.
void write_checkpoint(const std::filesystem::path& path, const ExperimentCheckpoint& checkpoint);
/// Throws input_error naming the file where it is cut off, damaged, of another kind, or of another version.
ExperimentCheckpoint read_checkpoint(const std::filesystem::path& path);

}  // namespace halfulp
