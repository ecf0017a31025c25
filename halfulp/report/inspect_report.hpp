// What a checkpoint is, before anything is measured: a document (schema halfulp.inspect/1) and its text.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "halfulp/models/attention/attention_model.hpp"
#include "halfulp/models/checkpoint.hpp"

namespace halfulp {

/// What a profile of n tokens would take: estimates from sizes, and a rate measured on this machine.
struct CostEstimate {
  std::size_t tokens = 0;
  double memory_bytes = 0;  // activations and one matrix in working form, beside the mapped file
  double seconds = 0;       // fp64 reference, local and inherited errors, the reference's check
};

/// A checkpoint that can be run (profile, attribute, plan, certify), one of which spectra can read the
/// attention, or both; for what cannot be done, the line that says why.
struct Inspection {
  std::optional<Checkpoint> checkpoint;
  std::optional<CostEstimate> estimate;  // when there is a checkpoint
  std::string why_not_run;
  std::optional<AttentionModel> attention;
  std::string why_not_spectra;
};

/// Throws shape_error when neither can be done.
nlohmann::ordered_json inspect_document(const Inspection& inspection, const std::string& command_line);
std::string inspect_text(const nlohmann::ordered_json& document);

}  // namespace halfulp
