// The result of an experiment as a document (schema halfulp.experiment/1), and what is made of the document:
// a table of numbers, a picture, text.  All experiments have the same keys; what one does not have is empty.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "halfulp/experiments/curves.hpp"
#include "halfulp/experiments/figure.hpp"
#include "halfulp/report/plot.hpp"

namespace halfulp {

/// What every document says of itself.
struct ExperimentHead {
  std::string name, title, command_line;
  std::uint64_t seed = 1, trials = 0;
  nlohmann::ordered_json options = nlohmann::ordered_json::object();
};

/// {"schema", "provenance", "experiment", "title", "seed", "trials", "options", "holds": null,
///  "curves": [], "series": [], "gains": []}.
nlohmann::ordered_json experiment_document(const ExperimentHead& head);
/// Fills "curves" and "holds": whether every rigorous bound did in every trial.
void add_curves(nlohmann::ordered_json& document, const BoundedCurves& curves);
/// Fills "series": one for each series of the figure and arithmetic.
void add_series(nlohmann::ordered_json& document, const Figure& figure, const Outcome& outcome);
/// Of attention-precision: fills "series", with what each arithmetic promotes, and "gains": for each series
/// and promoted set how many times smaller the mean and the median became.
void add_promotions(nlohmann::ordered_json& document, const Figure& figure, const Outcome& outcome);

/// One line for each point: of curves, else of series.
std::string experiment_csv(const nlohmann::ordered_json& document);
/// over: "layer" or "lambda" (attention-precision), anything else is the only axis there is.
Plot experiment_plot(const nlohmann::ordered_json& document, const std::string& over = "");
std::string experiment_text(const nlohmann::ordered_json& document);

}  // namespace halfulp
