#include "halfulp/cli/model_input.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "halfulp/analysis/cost.hpp"
#include "halfulp/base/error.hpp"
#include "halfulp/base/parallel.hpp"
#include "halfulp/base/random.hpp"
#include "halfulp/cli/files.hpp"
#include "halfulp/cli/memory.hpp"
#include "halfulp/cli/verb.hpp"
#include "halfulp/models/token_ids.hpp"
#include "halfulp/report/table.hpp"

namespace halfulp {
namespace {

std::vector<std::uint32_t> random_tokens(const ModelOptions& options, const Architecture& architecture) {
  if (options.tokens && *options.tokens > architecture.positions)
    throw usage_error(
        fmt::format("--tokens {}: the model has {} positions", *options.tokens, architecture.positions));
  std::vector<std::uint32_t> tokens;
  const std::size_t count = std::min<std::size_t>(options.tokens.value_or(64), architecture.positions);
  const Philox4x32 stream{options.seed, 0x746f6b656e73};
  for (std::size_t i = 0; i < count; ++i)
    tokens.push_back(static_cast<std::uint32_t>(stream.block(i)[0] % architecture.vocabulary));
  return tokens;
}

/// Before anything is read.
const ModelOptions& checked(const ModelOptions& options) {
  if (options.tokens == std::size_t{0}) throw usage_error("--tokens 0: at least one token");
  set_threads(options.threads);
  return options;
}

}  // namespace

std::string ModelOptions::words() const { return "-m " + folder + (ids.empty() ? "" : " --ids " + ids); }

void add_model_options(CLI::App& verb, ModelOptions& options) {
  verb.add_option("-m,--model", options.folder,
                  "Folder with config.json and model.safetensors (or its shards)")
      ->required();
  verb.add_option("--ids", options.ids,
                  "Token ids: JSON, NPY or text (default: tokens.json of the model, or random)");
  verb.add_option("--tokens", options.tokens, "Use the first N ids")->check(check_count);
  verb.add_option("-t,--threads", options.threads,
                  "Threads (default: all processors); results do not depend on it")
      ->check(CLI::Range(0, 4096));
  verb.add_option("--seed", options.seed, "Seed of everything random (default: 0)")->check(check_count);
  verb.add_flag("--allow-nonfinite", options.allow_nonfinite, "Accept NaN and infinity in weights");
}

ModelInput::ModelInput(const ModelOptions& options)
    : options_(checked(options)),
      checkpoint_(load_checkpoint(options.folder, LoadOptions{options.allow_nonfinite})) {
  const std::filesystem::path path = token_file(options.ids, options.folder);
  source_ = path.empty() ? "random" : path.string();
  tokens_ = path.empty() ? random_tokens(options, architecture()) : first_token_ids(path, options.tokens);
  if (!path.empty()) check_token_ids(tokens_, architecture(), path);
}

void ModelInput::check_memory(double sets, const std::string& options) const {
  const double needed = sets * sizeof(double) * activation_count(architecture(), tokens_.size());
  const double there = physical_memory();
  if (needed > 0.9 * there)
    throw resource_error(
        fmt::format("{} tokens need about {} for activations, the machine has {}: use fewer with {}",
                    tokens_.size(), in_bytes(needed), in_bytes(there), options));
}

ModelOrigin ModelInput::origin(const std::string& command_line, double seconds) const {
  return {command_line,  options_.folder, model_hash(checkpoint_), source_, token_hash(tokens_),
          options_.seed, seconds};
}

TokenText ModelInput::token_text() const {
  return read_token_text(options_.folder, architecture().vocabulary);
}

std::string ModelInput::remarks() const {
  return source_ == "random" ? "\nThe tokens are random: give real ones with --ids FILE.\n" : "";
}

}  // namespace halfulp
