// halfulp inspect: what a checkpoint is, whether it can be run or only its attention be read, and what a
// profile of it would take.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>

#include "halfulp/analysis/cost.hpp"
#include "halfulp/base/error.hpp"
#include "halfulp/cli/verb.hpp"
#include "halfulp/linalg/matmul.hpp"
#include "halfulp/models/attention/attention_family.hpp"
#include "halfulp/models/config.hpp"
#include "halfulp/report/inspect_report.hpp"

namespace halfulp {
namespace {

std::string footer() {
  return "A checkpoint of a Llama, a GPT-2 or the paper's architecture can be run: profile, attribute, plan, "
         "certify. Of many\n"
         "others the attention can be read from the weights alone (halfulp spectra), and inspect says what "
         "was "
         "understood:\n"
         "  " +
         attention_families() +
         ",\n"
         "  and what resembles them by the names of its tensors.\n\n"
         "Examples:\n"
         "  halfulp inspect -m examples/gpt2-tinyshakespeare\n"
         "  halfulp inspect -m examples/gpt2-tinyshakespeare --json\n";
}

/// Multiplications a second of the reference's kernel, from one short product.
double measured_rate() {
  constexpr std::size_t m = 512, k = 512, n = 64;
  const Matrix<double> w(m, k, 0.5), x(k, n, 0.25);
  Matrix<double> y(m, n);
  Native ar;
  double best = 0;
  for (int trial = 0; trial < 3; ++trial) {
    const auto begun = std::chrono::steady_clock::now();
    matmul(ar, operand_of(w.view()), {}, x.view(), y.view());
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    best = std::max(best, static_cast<double>(m * k * n) / seconds);
  }
  return best;
}

CostEstimate estimate(const Architecture& a, std::size_t tokens) {
  constexpr double evaluations = 4;  // reference, recipe, local, inherited
  constexpr double check_budget =
      2e11;  // of the double-double run, in multiplications of the reference's kernel
  const double pass = pass_cost(a, tokens);
  const double largest =
      static_cast<double>(std::max(a.width * std::max(a.inner, a.vocabulary), a.width * a.width));
  return {tokens, 7 * sizeof(double) * activation_count(a, tokens) + sizeof(float) * largest / 8,
          (evaluations * pass + std::min(20 * pass, check_budget)) / measured_rate()};
}

/// Why a checkpoint cannot be run, by its config.json; empty when it can.
std::string why_not_run(const std::filesystem::path& folder) {
  try {
    (void)read_config(folder / "config.json");
  } catch (const input_error& e) {
    return e.what();
  }
  return "";
}

/// What can be run must load whole; of what cannot, its attention must be there.
Inspection inspect(const std::string& model, std::size_t tokens) {
  const LoadOptions any{.allow_nonfinite = true};
  Inspection found;
  found.why_not_run = why_not_run(model);
  if (!found.why_not_run.empty()) {
    found.attention = read_attention(model, any);
    return found;
  }
  found.checkpoint = load_checkpoint(model, any);
  const Architecture& architecture = found.checkpoint->architecture;
  found.estimate = estimate(architecture, std::min(tokens, architecture.positions));
  try {
    found.attention = read_attention(model, any);
  } catch (const input_error& e) {
    found.why_not_spectra = e.what();
  }
  return found;
}

void run(const std::string& model, bool json, std::size_t tokens, Console& console) {
  const auto document = inspect_document(inspect(model, tokens), console.command_line);
  if (json)
    console.out << document.dump(1) << '\n';
  else
    console.out << inspect_text(document);
}

}  // namespace

void add_inspect_verb(CLI::App& program, Console& console) {
  struct Options {
    std::string model;
    std::size_t tokens = 64;
    bool json = false;
  };
  const auto options = std::make_shared<Options>();
  CLI::App* verb = program.add_subcommand(
      "inspect", "Show a checkpoint's architecture, tensors and sites, and what a profile would take");
  verb->add_option("-m,--model", options->model,
                   "Folder with config.json and model.safetensors (or its shards)")
      ->required();
  verb->add_option("--tokens", options->tokens, "Tokens of the profile to estimate (default: 64)")
      ->check(CLI::PositiveNumber);
  verb->add_flag("--json", options->json, "Print a JSON document instead of text");
  verb->footer(footer());
  verb->callback([options, &console] { run(options->model, options->json, options->tokens, console); });
}

}  // namespace halfulp
