#include "halfulp/models/config_keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "halfulp/base/error.hpp"
#include "halfulp/models/message.hpp"

namespace halfulp {

using nlohmann::json;

ConfigKeys::ConfigKeys(const json& object, std::string where, std::string prefix)
    : object_(object), where_(std::move(where)), prefix_(std::move(prefix)) {}

ConfigKeys ConfigKeys::nested(const std::string& key, const json& object) const {
  return {object, where_, prefix_ + key + "."};
}

void ConfigKeys::fail(const std::string& key, const std::string& what) const {
  throw input_error(fmt::format("{}: key {}: {}", where_, in_quotes(prefix_ + key), what));
}

const json* ConfigKeys::find(Names names) {
  const json* found = nullptr;
  const char* first = nullptr;
  for (const char* const name : names) {
    asked_.insert(name);
    const auto it = object_.find(name);
    if (it == object_.end() || it->is_null()) continue;
    if (found != nullptr && *found != *it)
      fail(name, fmt::format("{} disagrees with '{}', {}", show(*it), first, show(*found)));
    found = &*it;
    first = name;
  }
  return found;
}

std::string ConfigKeys::spelling(Names names) const {
  for (const char* const name : names)
    if (const auto it = object_.find(name); it != object_.end() && !it->is_null()) return name;
  return *names.begin();
}

const json& ConfigKeys::require(Names names) {
  const json* const value = find(names);
  if (value == nullptr) fail(*names.begin(), "is missing");
  return *value;
}

std::size_t ConfigKeys::size(Names names, std::size_t largest) {
  const json& value = require(names);
  if (!value.is_number_unsigned() || value.get<std::size_t>() < 1 || value.get<std::size_t>() > largest)
    fail(spelling(names), fmt::format("{} is not a whole number from 1 to {}", show(value), largest));
  return value.get<std::size_t>();
}

std::size_t ConfigKeys::size_or(Names names, std::size_t otherwise, std::size_t largest) {
  return find(names) == nullptr ? otherwise : size(names, largest);
}

double ConfigKeys::number(Names names, double low, double high) {
  const json& value = require(names);
  const double x = value.is_number() ? value.get<double>() : std::nan("");
  if (!(low <= x && x <= high))
    fail(spelling(names), fmt::format("{} is not a number from {} to {}", show(value), low, high));
  return x;
}

double ConfigKeys::number_or(Names names, double otherwise, double low, double high) {
  return find(names) == nullptr ? otherwise : number(names, low, high);
}

bool ConfigKeys::flag_or(Names names, bool otherwise) {
  const json* const value = find(names);
  if (value == nullptr) return otherwise;
  if (!value->is_boolean()) fail(spelling(names), show(*value) + " is not true or false");
  return value->get<bool>();
}

std::string ConfigKeys::text(Names names) {
  const json& value = require(names);
  if (!value.is_string()) fail(spelling(names), show(value) + " is not a string");
  return value.get<std::string>();
}

std::string ConfigKeys::text_or(Names names, const std::string& otherwise) {
  return find(names) == nullptr ? otherwise : text(names);
}

std::vector<std::string> ConfigKeys::unasked() const {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object_.items())
    if (!asked_.contains(key)) keys.push_back(key);
  return keys;
}

std::string show(const json& value) {
  if (value.is_object()) return value.empty() ? "{}" : "{...}";
  if (value.is_array() && value.size() > 8) return "[...]";
  return printable(value.dump(), 80);
}

namespace {

// Keys that cannot change the logits of a forward pass on given token ids.
constexpr auto harmless = std::to_array<std::string_view>({
    "_attn_implementation",
    "_attn_implementation_autoset",
    "_flash_attn_2_enabled",
    "_name_or_path",
    "_commit_hash",
    "add_bos_token",
    "attention_dropout",
    "attn_implementation",
    "attn_pdrop",
    "auto_map",
    "bad_words_ids",
    "begin_suppress_tokens",
    "bos_token_id",
    "chunk_size_feed_forward",
    "decoder_start_token_id",
    "diversity_penalty",
    "do_sample",
    "dtype",
    "early_stopping",
    "embd_pdrop",
    "encoder_no_repeat_ngram_size",
    "eos_token_id",
    "exponential_decay_length_penalty",
    "finetuning_task",
    "forced_bos_token_id",
    "forced_eos_token_id",
    "gradient_checkpointing",
    "hidden_dropout",
    "id2label",
    "initializer_range",
    "is_decoder",
    "keys_to_ignore_at_inference",
    "label2id",
    "length_penalty",
    "max_length",
    "max_window_layers",
    "min_length",
    "model_type",
    "n_ctx",
    "no_repeat_ngram_size",
    "num_beam_groups",
    "num_beams",
    "num_labels",
    "_num_labels",
    "num_return_sequences",
    "output_attentions",
    "output_hidden_states",
    "output_past",
    "output_scores",
    "pad_token_id",
    "prefix",
    "pretraining_tp",
    "problem_type",
    "remove_invalid_values",
    "repetition_penalty",
    "resid_pdrop",
    "return_dict",
    "return_dict_in_generate",
    "sep_token_id",
    "summary_activation",
    "summary_first_dropout",
    "summary_proj_to_labels",
    "summary_type",
    "summary_use_proj",
    "suppress_tokens",
    "task_specific_params",
    "temperature",
    "tf_legacy_loss",
    "tie_encoder_decoder",
    "tokenizer_class",
    "top_k",
    "top_p",
    "torch_dtype",
    "torchscript",
    "transformers_version",
    "typical_p",
    "unk_token_id",
    "use_bfloat16",
    "use_cache",
});

// Fragments of names under which architectures hide what they compute.
constexpr auto suspicious = std::to_array<std::string_view>({
    "activation", "adapter",  "alibi",   "attention", "attn",   "audio",   "bias",        "block",
    "cap",        "compress", "conv",    "cross",     "embed",  "encoder", "expert",      "factor",
    "hidden",     "layer",    "lora",    "mlp",       "moe",    "multipl", "norm",        "parallel",
    "position",   "prune",    "quant",   "residual",  "rope",   "rotary",  "router",      "scal",
    "shar",       "sink",     "softmax", "vision",    "window", "head",    "text_config",
});

bool is_harmless(const std::string& key) {
  return std::find(harmless.begin(), harmless.end(), key) != harmless.end() ||
         key.find("dropout") != std::string::npos || key.find("pdrop") != std::string::npos;
}

/// A leading underscore marks the library's own bookkeeping.
bool is_suspicious(const std::string& key) {
  return !key.starts_with('_') &&
         std::any_of(suspicious.begin(), suspicious.end(),
                     [&](std::string_view part) { return key.find(part) != std::string::npos; });
}

/// null, false, 0, 1 and empty containers say "off" or "as usual".
bool is_neutral(const json& value) {
  if (value.is_null() || value == false || value == "") return true;
  if (value.is_number()) return value == 0 || value == 1;
  return (value.is_object() || value.is_array()) && value.empty();
}

}  // namespace

std::vector<std::string> refuse_unasked(const ConfigKeys& keys) {
  std::vector<std::string> unknown;
  for (const std::string& key : keys.unasked()) {
    if (is_harmless(key)) continue;
    const json& value = keys.object().at(key);
    if (is_suspicious(key) && !is_neutral(value))
      keys.fail(key, fmt::format("{} is not supported (it may change what the model computes)", show(value)));
    unknown.push_back(key);
  }
  return unknown;
}

}  // namespace halfulp
