// halfulp bounds: the paper's theorems beside what happens.
#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "halfulp/base/error.hpp"
#include "halfulp/cli/files.hpp"
#include "halfulp/cli/memory.hpp"
#include "halfulp/cli/progress_bar.hpp"
#include "halfulp/cli/verb.hpp"
#include "halfulp/experiments/nearest.hpp"
#include "halfulp/models/token_ids.hpp"
#include "halfulp/report/bounds_report.hpp"
#include "halfulp/report/html_page.hpp"
#include "halfulp/report/output_file.hpp"
#include "halfulp/report/table.hpp"

namespace halfulp {
namespace {

constexpr const char* footer =
    "For the paper's architecture (one head, ReLU, no gains): a trained checkpoint, or a random model as in "
    "Figure 1.\n"
    "The norms are the paper's: without the eps that a checkpoint adds to the mean square.\n"
    "Every operation is rounded to the format; the exact pass is enclosed.  Per layer: the observed error, "
    "the "
    "radius\n"
    "of a running error analysis, the bound from the exact pass alone, and Theorem 4.30 repaired and as "
    "printed, "
    "with\n"
    "the factor that dominates it and the hypotheses that fail.\n"
    "\n"
    "Examples:\n"
    "  halfulp bounds --random d=16,n=8,D=32,L=3,norm=layer,seed=1 --format bin24\n"
    "  halfulp bounds --random d=16,n=8,D=32,L=3 --format dec8 --json\n"
    "  halfulp bounds --random d=16,n=8,D=32,L=3 --format bin34 -o bounds.svg\n"
    "\n"
    "\"no statement\": the bound is infinite.  Hypotheses (of Lemma 4.29): attention_generic, mlp_generic: "
    "no entry "
    "of the\n"
    "branch is 0; L1_suff_generic: the signs inside the perceptron survive rounding; "
    "X_/Y_centred_suff_generic: no "
    "entry\n"
    "too near the mean; WkTWq_nonsingular (as printed only); d_ge_2.\n";

struct Options {
  std::string model, random, ids, format, output;
  std::optional<std::size_t> tokens;
  std::size_t threads = 0;
  bool json = false;
};

/// Refuses before it hurts: weights in binary64 twice and in balls, activations of every layer in balls.
void check_memory(double layers, double d, double inner, double n) {
  const double ball = 24;
  const double needed =
      layers * ((3 * d * d + 2 * d * inner) * (ball + 16) + 7 * d * n * ball) + 6 * n * n * ball;
  const double there = physical_memory();
  if (needed > 0.8 * there)
    throw resource_error(
        fmt::format("bounds of this model need about {}, the machine has {}: fewer layers or tokens",
                    in_bytes(needed), in_bytes(there)));
}

PaperModel random_model(const Options& options, BoundsOrigin& origin) {
  const RandomPaperModel random = random_paper_model_named(options.random);
  const auto number = [](std::size_t k) { return static_cast<double>(k); };
  check_memory(number(random.layers), number(random.d), number(random.inner), number(random.n));
  origin.model = "random " + text_of(random);
  return paper_model(random);
}

PaperModel trained_model(const Options& options, BoundsOrigin& origin) {
  const Checkpoint checkpoint = load_checkpoint(options.model, LoadOptions{});
  const std::filesystem::path path = token_file(options.ids, options.model);
  if (path.empty())
    throw usage_error("bounds -m " + options.model +
                      ": no tokens.json in that folder; give token ids with --ids FILE");
  std::vector<std::uint32_t> ids = first_token_ids(path, options.tokens);
  if (!options.tokens) ids.resize(std::min<std::size_t>(ids.size(), 32));
  check_token_ids(ids, checkpoint.architecture, path);
  PaperModel model = paper_model(checkpoint, ids, options.model);
  origin.model = options.model;
  origin.model_hash = model_hash(checkpoint);
  origin.tokens = BoundsOrigin::Tokens{path.string(), token_hash(ids)};
  return model;
}

/// What the file's ending asks for.
std::string in_form(const std::string& form, const nlohmann::ordered_json& document) {
  if (form == ".json") return document.dump(1) + "\n";
  if (form == ".csv") return bounds_csv(document);
  if (form == ".html") return html_page(document);
  return drawn(bounds_plot(document), picture_form(form));
}

void run(const Options& options, Console& console) {
  if (options.model.empty() == options.random.empty())
    throw usage_error(std::string(options.model.empty() ? "bounds needs a model" : "bounds takes one model") +
                      ": either -m DIR or --random d=..,n=..,D=..,L=..");
  if (options.model.empty() && (!options.ids.empty() || options.tokens))
    throw usage_error("--ids and --tokens are for -m: a random model has random activations (n=..)");
  const RoundingRule rule = rule_to_nearest("--format", options.format);
  const std::string form =
      form_of_output(options.output, {".json", ".csv", ".html", ".svg", ".png"}, {options.ids});
  set_threads(options.threads);
  BoundsOrigin origin{console.command_line, {}, {}, {}};
  ModelBounds bounds;
  {
    ProgressBar bar(console.log);
    const PaperModel model =
        options.model.empty() ? random_model(options, origin) : trained_model(options, origin);
    bounds = bounds_of(model, rule, bar.callback());
  }
  const auto document = bounds_document(bounds, options.format, origin);
  if (!options.output.empty()) write_whole_file(options.output, in_form(form, document));
  if (options.json) {
    console.out << document.dump(1) << '\n';
    return;
  }
  console.out << bounds_text(document);
  if (!options.output.empty()) console.out << "\nThe result is in " << options.output << ".\n";
}

}  // namespace

void add_bounds_verb(CLI::App& program, Console& console) {
  const auto options = std::make_shared<Options>();
  CLI::App* verb =
      program.add_subcommand("bounds", "The paper's theorems beside what happens, layer by layer");
  verb->add_option("-m,--model", options->model, "Folder of a checkpoint of the paper's architecture");
  verb->add_option("--random", options->random,
                   "A random model: d=20,n=20,D=20,L=10,norm=rms,seed=1,scale=1, any of them changed");
  verb->add_option("--format", options->format, "Format of every operation, e.g. bin24, bf16, dec8")
      ->required();
  verb->add_option("--ids", options->ids, "Token ids (default: tokens.json beside the model)");
  verb->add_option("--tokens", options->tokens, "Use the first N tokens only (default 32)")
      ->check(CLI::Range(1, 1 << 20));
  verb->add_option("-t,--threads", options->threads, "Threads (default: all processors)")
      ->check(CLI::Range(0, 4096));
  verb->add_option("-o,--output", options->output, "Write the result: .json, .csv, .html, .svg or .png");
  verb->add_flag("--json", options->json, "One JSON document on stdout (schema halfulp.bounds/1)");
  verb->footer(footer);
  verb->callback([options, &console] { run(*options, console); });
}

}  // namespace halfulp
