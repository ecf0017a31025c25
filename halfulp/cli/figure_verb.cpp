// halfulp figure: the paper's numerical experiments, at full scale or changed.
#include <fmt/format.h>

#include <memory>
#include <optional>

#include "halfulp/base/error.hpp"
#include "halfulp/base/parallel.hpp"
#include "halfulp/base/processes.hpp"
#include "halfulp/cli/comma_list.hpp"
#include "halfulp/cli/experiment_output.hpp"
#include "halfulp/cli/experiment_run.hpp"
#include "halfulp/cli/memory.hpp"
#include "halfulp/cli/progress_bar.hpp"
#include "halfulp/report/figure_document.hpp"
#include "halfulp/report/output_file.hpp"

namespace halfulp {
namespace {

constexpr const char* footer =
    "Random transformers run in low precision and, for reference, in binary64; errors relative to the "
    "reference,\n"
    "largest entry (componentwise) and Frobenius norm (normwise), over many trials:\n"
    "  1  after each of 40 layers, d = n = D = 20\n"
    "  2  after 10, 15, 20 layers, against lambda, which multiplies W_k^T W_q\n"
    "  3  one self-attention, against the norm of its input\n"
    "  4  after each of 40 layers, d = n = D = 10, layer norm a) before, b) after the attention\n"
    "\"Identical blocks\" is read both ways: the same weights in every layer, or fresh ones (--blocks).\n"
    "Defaults are the paper's: dec4, dec6, dec8 digits, every operation rounded, 5000 trials (1, 2) or "
    "1000.\n"
    "The result depends on options and seed alone, not on threads or processes (mpirun -np N halfulp figure "
    "..; "
    "-t for each).\n"
    "A run that ended goes on from its --checkpoint; checkpoints of separate jobs (--from) are put together "
    "by\n"
    "`halfulp merge`.\n"
    "\n"
    "Examples:\n"
    "  halfulp figure 1 --trials 64 --arithmetic bin11,bin8\n"
    "  halfulp figure 2 --trials 32 --arithmetic bin11 --lambda 0.25,0.5,1,2 --layers 2,4 --json\n"
    "  halfulp figure 3 --trials 64 --arithmetic dec4 -o figure3.svg -o figure3.csv\n"
    "  halfulp figure 4 --trials 64 --arithmetic bin11 --layers 8 --blocks identical\n";

struct Options {
  int number = 0;
  FigureOptions figure;
  std::string norm, granularity, blocks;
  std::optional<std::uint64_t> trials;
  std::uint64_t from = 0;
  std::size_t threads = 0;
  std::vector<std::string> outputs;
  std::string checkpoint;
  bool json = false;
};

FigureOptions figure_options(const Options& options) {
  FigureOptions figure = options.figure;
  if (!options.norm.empty()) figure.norm = norm_order_named(options.norm);
  if (!options.granularity.empty()) figure.granularity = granularity_named(options.granularity);
  if (!options.blocks.empty()) figure.blocks = blocks_named(options.blocks);
  return figure;
}

TrialRange trials_wanted(const Options& options, const Figure& chosen) {
  constexpr std::uint64_t most = std::uint64_t{1} << 40;
  const std::uint64_t trials = options.trials.value_or(trials_of(chosen));
  if (trials == 0 || trials > most) throw usage_error(fmt::format("--trials {}: from 1 to 2^40", trials));
  if (options.from > most) throw usage_error(fmt::format("--from {}: up to 2^40", options.from));
  return {options.from, options.from + trials};
}

void run(const Options& options, Console& console) {
  const FigureOptions changes = figure_options(options);
  const Figure chosen = figure(options.number, changes);
  const TrialRange wanted = trials_wanted(options, chosen);
  set_threads(options.threads);
  check(chosen.plan, 0.8 * physical_memory());
  check_outputs(options.outputs);
  if (!options.checkpoint.empty()) check_writable(options.checkpoint);
  nlohmann::ordered_json document;
  {
    ProgressBar bar(console.log, "trials");
    const Outcome outcome = made({chosen, changes, wanted, options.checkpoint}, bar.callback());
    if (process() != 0) return;
    document = figure_document(chosen, changes, outcome, bar.seconds(), console.command_line);
  }
  give(document, options.outputs, options.json, console);
}

}  // namespace

void add_figure_verb(CLI::App& program, Console& console) {
  const auto options = std::make_shared<Options>();
  FigureOptions& f = options->figure;
  CLI::App* verb =
      program.add_subcommand("figure", "The paper's numerical experiments, as printed or changed");
  verb->add_option("N", options->number, "The figure: 1, 2, 3 or 4")->required();
  verb->add_option("--trials", options->trials, "Trials (default: the paper's, 5000 or 1000)")
      ->check(check_count);
  add_comma_list(*verb, "--arithmetic", f.arithmetics,
                 "Formats of every operation (default: dec4,dec6,dec8)");
  verb->add_option("--d", f.d, "Width")->check(check_count);
  verb->add_option("--n", f.n, "Tokens")->check(check_count);
  verb->add_option("--D", f.inner, "Width inside the perceptron")->check(check_count);
  verb->add_option("--heads", f.heads, "Heads (default 1)")->check(check_count);
  add_comma_list(*verb, "--layers", f.layers, "Layers; figure 2: the depths compared",
                 CLI::Validator(check_count, "", "not negative"));
  verb->add_option("--norm", options->norm, "layer, rms, none, or post: after the attention");
  add_comma_list(*verb, "--lambda", f.lambda, "Factor of W_k^T W_q; figure 2: the values compared");
  add_comma_list(*verb, "--diag", f.diagonal, "LO,HI: random diagonal factors of W_q and W_k");
  verb->add_option("--input-deviation", f.input_deviation, "Standard deviation of the input's entries");
  add_comma_list(*verb, "--scales", f.scales, "Figure 3: factors of the input");
  verb->add_option("--granularity", options->granularity, "What is rounded: every operation, or each array");
  verb->add_option("--blocks", options->blocks,
                   "Weights of the layers: independent or identical (default: both)");
  verb->add_flag("--include-weights", f.rounded_weights, "The rounded run sees rounded weights");
  verb->add_option("--seed", f.seed, "Seed (default 1)")->check(check_count);
  verb->add_option("--from", options->from, "First trial (default 0): other trials of the same experiment")
      ->check(check_count);
  verb->add_option("-t,--threads", options->threads, "Threads (default: all processors)")
      ->check(CLI::Range(0, 4096));
  verb->add_option("--checkpoint", options->checkpoint,
                   "Keep the trials made in FILE, and go on with those that are in it");
  verb->add_option("-o,--output", options->outputs,
                   "Write FILE.json, .csv, .html, .svg, .png or .pdf; may be repeated")
      ->allow_extra_args(false);
  verb->add_flag("--json", options->json, "One JSON document on stdout (schema halfulp.figure/1)");
  verb->footer(footer);
  verb->callback([options, &console] { run(*options, console); });
}

}  // namespace halfulp
