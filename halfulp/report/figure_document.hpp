// An experiment's outcome: a document (schema halfulp.figure/1), its table and its text.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "halfulp/experiments/figure.hpp"

namespace halfulp {

/// One entry of "series" for each series of the figure and arithmetic of its plan, in this order.  Rates of
/// growth are in decades per layer where x is the layer, powers where the axis is logarithmic, absent
/// elsewhere.  Infinities and NaN are null.  Runs the reference's own check (reference_error) on two trials
/// of the plan's first setup.
nlohmann::ordered_json figure_document(const Figure& figure, const FigureOptions& options,
                                       const Outcome& outcome, double seconds,
                                       const std::string& command_line);

/// One line for each series, measure and x; empty where the document has null.
std::string figure_csv(const nlohmann::ordered_json& document);

/// First, middle and last point of each series, growth, and what cannot be trusted; lines of at most 120
/// characters.
std::string figure_text(const nlohmann::ordered_json& document);

/// What was changed of the paper's experiment, where it takes one value: "d 8, norm rms"; "" where nothing
/// was.
std::string changes_in(const nlohmann::ordered_json& document);

/// Whether its series differ in the reading of "blocks".
bool has_both_readings(const nlohmann::ordered_json& document);

/// What all its series share: "every operation rounded, identical blocks"; no blocks where there are
/// both readings, or single layers only.
std::string shared_setting(const nlohmann::ordered_json& document);

}  // namespace halfulp
