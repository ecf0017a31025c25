// Results of `halfulp spectra`: the document, its text and table, and heat maps of it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "halfulp/analysis/spectra/comparison.hpp"
#include "halfulp/report/heat_map.hpp"

namespace halfulp {

/// Models, what was found, and where it comes from; other: null without --compare.
struct SpectraResult {
  const AttentionModel& model;
  const ModelSpectra& spectra;
  std::string model_hash;
  const AttentionModel* other = nullptr;
  std::string other_hash;
  std::vector<HeadChange> changes;
  std::string command_line;
  double seconds = 0;
};

/// halfulp.spectra/1.  Null stands for what is infinite, or is not there.
nlohmann::ordered_json spectra_document(const SpectraResult& result);

std::string spectra_text(const nlohmann::ordered_json& document);
/// A row for each head.
std::string spectra_csv(const nlohmann::ordered_json& document);
/// sigma_max and the effective condition number of W_k^T W_q, layer by head; what changed, where two models
/// are compared.
HeatMaps spectra_heat_maps(const nlohmann::ordered_json& document);

}  // namespace halfulp
