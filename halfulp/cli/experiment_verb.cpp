// halfulp experiment: what the paper's figures do not ask.
#include <fmt/format.h>

#include <memory>

#include "halfulp/base/error.hpp"
#include "halfulp/base/parallel.hpp"
#include "halfulp/base/suggest.hpp"
#include "halfulp/cli/comma_list.hpp"
#include "halfulp/cli/files.hpp"
#include "halfulp/cli/memory.hpp"
#include "halfulp/cli/progress_bar.hpp"
#include "halfulp/cli/verb.hpp"
#include "halfulp/experiments/attention_precision.hpp"
#include "halfulp/experiments/heads.hpp"
#include "halfulp/experiments/normalisation.hpp"
#include "halfulp/experiments/summation.hpp"
#include "halfulp/report/experiment_document.hpp"
#include "halfulp/report/figure_options.hpp"
#include "halfulp/report/html_page.hpp"
#include "halfulp/report/output_file.hpp"

namespace halfulp {
namespace {

constexpr const char* footer =
    "Experiments:\n"
    "  normalisation        nearly constant tokens: RMS norm against layer norm, beside Lemmas 4.6 and 4.11\n"
    "                       (--arithmetic LIST --d --eps P: eps down to 2^-P)\n"
    "  attention-precision  one site, or a group, in higher precision: what it buys over depth and lambda\n"
    "                       (--arithmetic LOW --high F --d --n --D --layers L --lambda LIST --norm --diag "
    "--blocks)\n"
    "  summation            recursive, pairwise, blocked and compensated sums against n (Remark 4.5)\n"
    "                       (--arithmetic LIST --powers P: n up to 2^P)\n"
    "  heads                the same width split into 1, 2, 4, ... heads: errors after --layers LIST, "
    "bounds\n"
    "                       of one attention beside what happens, in --bound-trials trials\n"
    "                       (--arithmetic LIST --d --n --D --layers LIST --lambda --norm --diag --blocks)\n"
    "\n"
    "Examples:\n"
    "  halfulp experiment normalisation --trials 50\n"
    "  halfulp experiment summation --trials 20 --powers 10 --arithmetic bin8,bin24\n"
    "  halfulp experiment attention-precision --trials 100 --d 8 --n 8 --D 8 --layers 6 --json\n"
    "  halfulp experiment heads --trials 200 --d 8 --n 8 --D 8 -o heads.csv\n"
    "\n"
    "The result is a function of the options and the seed, whatever the number of threads.  -o FILE.csv has "
    "one\n"
    "table: for heads the transformers, and below them one attention with its bounds.  A picture of\n"
    "attention-precision is over depth, or over lambda with --over lambda.  Exit code 1: a theorem was "
    "broken.";

struct Options {
  std::string name, high = "bin24", norm, blocks, output, over = "layer";
  std::vector<std::string> arithmetics;
  std::vector<std::size_t> layers;
  std::vector<double> lambda, diagonal;
  std::size_t d = 0, n = 0, inner = 0, threads = 0;
  std::uint64_t trials = 0, bound_trials = 16, seed = 1;
  int powers = 16, eps = 20;
  bool json = false;
};

const std::vector<std::string> experiments{"normalisation", "attention-precision", "summation", "heads"};

FigureOptions figure_options(const Options& options) {
  FigureOptions f;
  f.arithmetics = options.arithmetics;
  if (options.d != 0) f.d = options.d;
  if (options.n != 0) f.n = options.n;
  if (options.inner != 0) f.inner = options.inner;
  f.layers = options.layers;
  f.lambda = options.lambda;
  f.diagonal = options.diagonal;
  if (!options.norm.empty()) f.norm = norm_order_named(options.norm);
  if (!options.blocks.empty()) f.blocks = blocks_named(options.blocks);
  f.seed = options.seed;
  return f;
}

/// What was given on the command line and the experiment does not know.
void refuse_foreign(const CLI::App& verb, const std::string& name, const std::vector<std::string>& known) {
  for (const CLI::Option* option : verb.get_options()) {
    const std::string given = option->get_name();
    if (option->count() == 0 || !given.starts_with("--")) continue;
    static const std::vector<std::string> common{"--trials", "--arithmetic", "--seed", "--threads",
                                                 "--output", "--json",       "--help"};
    const auto in = [&](const std::vector<std::string>& names) {
      return std::find(names.begin(), names.end(), given) != names.end();
    };
    if (!in(common) && !in(known))
      throw usage_error(
          fmt::format("experiment {} has no {} (see `halfulp experiment --help`)", name, given));
  }
}

nlohmann::ordered_json document_of_curves(const Options& o, const CurveExperiment& experiment,
                                          std::uint64_t trials, nlohmann::ordered_json options,
                                          Console& console) {
  ProgressBar bar(console.log, "trials");
  const BoundedCurves curves = run_curves(experiment, trials, bar.callback());
  auto document =
      experiment_document({o.name, curves.title, console.command_line, o.seed, trials, std::move(options)});
  add_curves(document, curves);
  return document;
}

nlohmann::ordered_json document_of_figure(const Options& o, const Figure& figure, std::uint64_t trials,
                                          nlohmann::ordered_json options, Console& console) {
  check(figure.plan, 0.8 * physical_memory());
  ProgressBar bar(console.log, "trials");
  Outcome outcome(figure.plan);
  run_plan(figure.plan, {0, trials}, outcome, bar.callback());
  auto document =
      experiment_document({o.name, figure.title, console.command_line, o.seed, trials, std::move(options)});
  if (o.name == "attention-precision")
    add_promotions(document, figure, outcome);
  else
    add_series(document, figure, outcome);
  return document;
}

nlohmann::ordered_json document_of(const Options& o, const CLI::App& verb, Console& console) {
  const auto trials = [&](std::uint64_t usual) { return o.trials == 0 ? usual : o.trials; };
  if (o.name == "normalisation") {
    refuse_foreign(verb, o.name, {"--d", "--eps"});
    NormalisationOptions n;
    if (!o.arithmetics.empty()) n.arithmetics = o.arithmetics;
    if (o.d != 0) n.d = o.d;
    n.smallest_power = o.eps;
    n.seed = o.seed;
    return document_of_curves(o, normalisation(n), trials(500),
                              {{"arithmetics", n.arithmetics}, {"d", n.d}, {"eps", n.smallest_power}},
                              console);
  }
  if (o.name == "summation") {
    refuse_foreign(verb, o.name, {"--powers"});
    SummationOptions s;
    if (!o.arithmetics.empty()) s.arithmetics = o.arithmetics;
    s.largest_power = o.powers;
    s.seed = o.seed;
    return document_of_curves(o, summation(s), trials(50),
                              {{"arithmetics", s.arithmetics}, {"powers", s.largest_power}}, console);
  }
  const FigureOptions f = figure_options(o);
  nlohmann::ordered_json options = halfulp::document_of(f);
  if (o.name == "attention-precision") {
    refuse_foreign(
        verb, o.name,
        {"--high", "--d", "--n", "--D", "--layers", "--lambda", "--norm", "--diag", "--blocks", "--over"});
    options["high"] = o.high;
    return document_of_figure(o, attention_precision(f, o.high), trials(400), std::move(options), console);
  }
  refuse_foreign(
      verb, o.name,
      {"--d", "--n", "--D", "--layers", "--lambda", "--norm", "--diag", "--blocks", "--bound-trials"});
  options["bound_trials"] = o.bound_trials;
  auto document = document_of_figure(o, heads(f), trials(400), std::move(options), console);
  if (o.bound_trials > 0) {
    ProgressBar bar(console.log, "trials");
    add_curves(document, run_curves(heads_bounds(f), o.bound_trials, bar.callback()));
  }
  return document;
}

std::string in_form(const std::string& form, const std::string& over,
                    const nlohmann::ordered_json& document) {
  if (form == ".json") return document.dump(1) + "\n";
  if (form == ".csv") return experiment_csv(document);
  if (form == ".html") return html_page(document);
  return drawn(experiment_plot(document, document["gains"].empty() ? "" : over), picture_form(form));
}

void run(const Options& options, const CLI::App& verb, Console& console) {
  if (std::find(experiments.begin(), experiments.end(), options.name) == experiments.end())
    throw usage_error(
        fmt::format("unknown experiment '{}': {}", options.name.substr(0, 64), list_of(experiments)));
  if (options.over != "layer" && options.over != "lambda")
    throw usage_error(fmt::format("--over {}: layer or lambda", options.over.substr(0, 64)));
  const std::string form = form_of_output(options.output, {".json", ".csv", ".html", ".svg", ".png"});
  set_threads(options.threads);
  const auto document = document_of(options, verb, console);
  if (!options.output.empty()) write_whole_file(options.output, in_form(form, options.over, document));
  if (document["holds"] == false) console.exit_code = 1;
  if (options.json) {
    console.out << document.dump(1) << '\n';
    return;
  }
  console.out << experiment_text(document);
  if (!options.output.empty()) console.out << "\nThe result is in " << options.output << ".\n";
}

}  // namespace

void add_experiment_verb(CLI::App& program, Console& console) {
  const auto options = std::make_shared<Options>();
  CLI::App* verb =
      program.add_subcommand("experiment", "Experiments on random inputs beyond the paper's figures");
  const CLI::Range size(1, 4096);
  verb->add_option("NAME", options->name, "normalisation, attention-precision, summation or heads")
      ->required();
  verb->add_option("--trials", options->trials, "Trials (400; normalisation 500, summation 50)")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{100000000}));
  add_comma_list(*verb, "--arithmetic", options->arithmetics, "Formats, e.g. bin8,bf16,dec4");
  verb->add_option("--high", options->high, "The higher precision (bin24)");
  verb->add_option("--d", options->d, "Width")->check(size);
  verb->add_option("--n", options->n, "Tokens")->check(size);
  verb->add_option("--D", options->inner, "Width of the perceptron")->check(size);
  add_comma_list(*verb, "--layers", options->layers, "Layers; heads: the depths compared", size);
  add_comma_list(*verb, "--lambda", options->lambda, "Scale of W_k^T W_q");
  verb->add_option("--norm", options->norm, "layer, rms, none or post");
  add_comma_list(*verb, "--diag", options->diagonal, "Factors LO,HI of W_q's and W_k's columns");
  verb->add_option("--blocks", options->blocks, "independent or identical weights of the layers");
  verb->add_option("--powers", options->powers, "Sums of up to 2^P numbers (16)");
  verb->add_option("--eps", options->eps, "Tokens c (1 + eps z) down to eps = 2^-P (20)");
  verb->add_option("--bound-trials", options->bound_trials, "Trials with bounds (16), 0: none")
      ->check(CLI::Range(0, 100000));
  verb->add_option("--over", options->over, "What a picture of attention-precision is over: layer or lambda");
  verb->add_option("--seed", options->seed, "Seed (1)")->check(check_count);
  verb->add_option("-t,--threads", options->threads, "Threads (default: all processors)")
      ->check(CLI::Range(0, 4096));
  verb->add_option("-o,--output", options->output, "Write the result: .json, .csv, .html, .svg or .png");
  verb->add_flag("--json", options->json, "One JSON document on stdout (schema halfulp.experiment/1)");
  verb->footer(footer);
  verb->callback([options, verb, &console] { run(*options, *verb, console); });
}

}  // namespace halfulp
