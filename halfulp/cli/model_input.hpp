// The model and the tokens that a verb is asked about: the options that say which, and what they give.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "halfulp/models/checkpoint.hpp"
#include "halfulp/models/token_text.hpp"
#include "halfulp/report/model_document.hpp"

namespace halfulp {

struct ModelOptions {
  std::string folder, ids;
  std::optional<std::size_t> tokens;
  std::size_t threads = 0;
  std::uint64_t seed = 0;
  bool allow_nonfinite = false;

  /// "-m DIR --ids FILE", for a command to try next.
  std::string words() const;
};

/// -m, --ids, --tokens, -t, --seed, --allow-nonfinite.
void add_model_options(CLI::App& verb, ModelOptions& options);

/// A loaded checkpoint and its checked token ids: those of a file, the model's own tokens.json, or random.
class ModelInput {
 public:
  /// Sets the threads, too.  Throws what reading either throws, usage_error for no tokens.
  explicit ModelInput(const ModelOptions& options);

  const Architecture& architecture() const { return checkpoint_.architecture; }
  const TransformerWeights& weights() const { return checkpoint_.weights; }
  const std::vector<std::uint32_t>& tokens() const { return tokens_; }
  /// Throws resource_error where so many sets of activations, in binary64, do not fit.  options: those that
  /// would make it less.
  void check_memory(double sets, const std::string& options = "--tokens") const;
  ModelOrigin origin(const std::string& command_line, double seconds) const;
  /// What the tokens of the vocabulary say, where the model's folder tells.
  TokenText token_text() const;
  /// What the reader should know of the tokens; empty or with an empty line before it.
  std::string remarks() const;

 private:
  ModelOptions options_;
  Checkpoint checkpoint_;
  std::vector<std::uint32_t> tokens_;
  std::string source_;  // of the tokens
};

}  // namespace halfulp
