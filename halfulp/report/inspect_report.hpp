// What a checkpoint is, before anything is measured: a document (schema halfulp.inspect/1) and its text.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "halfulp/models/checkpoint.hpp"

namespace halfulp {

/// What a profile of n tokens would take: estimates from sizes, and a rate measured on this machine.
struct CostEstimate {
  std::size_t tokens = 0;
  double memory_bytes = 0;  // activations and one matrix in working form, beside the mapped file
  double seconds = 0;       // fp64 reference, local and inherited errors, the reference's check
};

nlohmann::ordered_json inspect_document(const Checkpoint& checkpoint, const CostEstimate& estimate,
                                        const std::string& command_line);
std::string inspect_text(const nlohmann::ordered_json& document);

}  // namespace halfulp
