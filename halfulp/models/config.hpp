// config.json says what a checkpoint computes.  Understood: Hugging Face's LlamaForCausalLM and
// GPT2LMHeadModel, and the paper's own architecture ("model_type": "paper").  A key that asks for anything we
// do not do is refused.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "halfulp/layers/architecture.hpp"

namespace halfulp {

struct ModelConfig {
  Architecture architecture;
  std::string dtype;                      // as the file says it ("bfloat16"), or empty; the tensors decide
  std::vector<std::string> unknown_keys;  // that nothing suggests to be of consequence
};

/// "LlamaForCausalLM, GPT2LMHeadModel, and model_type 'paper'": for messages.
std::string supported_architectures();

/// The configuration in the text of a config.json; `where` opens every message.
/// Throws input_error naming the key: missing, ill-typed, absurd, contradictory, or asking for what is not
/// supported.
ModelConfig parse_config(std::string_view text, const std::string& where);

ModelConfig read_config(const std::filesystem::path& path);

}  // namespace halfulp
