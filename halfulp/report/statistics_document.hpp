// What documents say of the errors of many trials.
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "halfulp/experiments/summary.hpp"
#include "halfulp/experiments/trial.hpp"

namespace halfulp {

/// Measures and their keys in documents.
inline constexpr Measure measures[measure_count] = {Measure::componentwise, Measure::normwise};
inline constexpr const char* measure_names[measure_count] = {"componentwise", "normwise"};

/// {low, high}, null where not finite.
nlohmann::ordered_json interval(const Interval& interval);

/// What summarise says of each sample, and the share of its values below the mean: each quantity an array
/// over the samples.
nlohmann::ordered_json statistics_of(const std::vector<Sample>& samples);

}  // namespace halfulp
