// halfulp attribute: which roundings of a recipe cause the error of the output, before it is run.
#include <fmt/format.h>

#include <charconv>
#include <memory>

#include "halfulp/analysis/attribution/attribution.hpp"
#include "halfulp/base/error.hpp"
#include "halfulp/base/suggest.hpp"
#include "halfulp/cli/files.hpp"
#include "halfulp/cli/model_input.hpp"
#include "halfulp/cli/progress_bar.hpp"
#include "halfulp/cli/verb.hpp"
#include "halfulp/report/attribution_report.hpp"
#include "halfulp/report/html_page.hpp"
#include "halfulp/report/output_file.hpp"

namespace halfulp {
namespace {

constexpr const char* footer =
    "One accurate run and one sweep backwards say what each rounding of the recipe does to the target; the\n"
    "recipe itself is not run.  With --run it is, and the prediction stands beside what happened.\n"
    "Targets: kld (mean KL divergence of next-token distributions), logits (rms error), loss, margin (of "
    "the\n"
    "top token, rms), token=T (margin at position T).\n"
    "Shares are of the predicted variance; with --run, \"of the observed\" is what each rounding "
    "contributed, with\n"
    "its sign, and |z| how that compares with its sigma (about 1; systematic roundings show as more).\n"
    "\n"
    "Examples:\n"
    "  halfulp attribute -m examples/gpt2-tinyshakespeare --recipe bf16 --run\n"
    "  halfulp attribute -m examples/gpt2-tinyshakespeare --recipe bf16,score=fp32 --target loss --tokens "
    "32\n"
    "  halfulp attribute -m examples/gpt2-tinyshakespeare --recipe fp16 --tokens 32 --run -o ladder.svg\n";

struct Options {
  ModelOptions model;
  std::string recipe = "bf16", target = "kld", output;
  AttributionOptions attribution;
  bool json = false;
};

void read_target(const std::string& text, AttributionOptions& options) {
  for (const Target target : {Target::kld, Target::logits, Target::loss, Target::margin}) {
    if (text != name_of(target)) continue;
    options.target = target;
    return;
  }
  if (!text.starts_with("token="))
    throw usage_error("unknown target '" + text.substr(0, 64) + "': did you mean " +
                      list_of(nearest_names(text, {"kld", "logits", "loss", "margin", "token=0"})) +
                      "?  A target is kld, logits, loss, margin or token=T");
  const char *first = text.data() + 6, *last = text.data() + text.size();
  const auto [end, error] = std::from_chars(first, last, options.token);
  if (error != std::errc() || end != last)
    throw usage_error("--target " + text.substr(0, 64) + ": a position such as token=17");
  options.target = Target::token;
}

std::string in_form(const std::string& form, const nlohmann::ordered_json& document) {
  if (form == ".json") return document.dump(1) + "\n";
  if (form == ".csv") return attribution_csv(document);
  if (form == ".html") return html_page(document);
  return drawn(attribution_plot(document), picture_form(form));
}

void run(Options options, Console& console) {
  const Recipe recipe(options.recipe);
  read_target(options.target, options.attribution);
  const std::string form = form_of_output(options.output, {".json", ".csv", ".html", ".svg", ".png", ".pdf"},
                                          {options.model.ids, options.recipe});
  if (form == ".svg" || form == ".png" || form == ".pdf") check_can_draw();

  ProgressBar bar(console.log);
  const ModelInput input(options.model);
  // Values, errors of each step, the recipe's run, and an adjoint for every functional.
  input.check_memory(10 + 2.5 * static_cast<double>(options.attribution.probes), "--tokens or --probes");
  const ModelRun run{input.architecture(), input.weights(), input.tokens(), recipe, options.model.seed};
  const Attribution result = attribute(run, options.attribution, bar.callback());
  const auto document = attribution_document(result, input.architecture(), recipe,
                                             input.origin(console.command_line, bar.seconds()));
  if (!options.output.empty()) write_whole_file(options.output, in_form(form, document));
  if (options.json) {
    console.out << document.dump(1) << '\n';
    return;
  }
  console.out << attribution_text(document) << input.remarks();
  if (!options.output.empty()) console.out << "\nThe full result is in " << options.output << ".\n";
  if (!options.attribution.run)
    console.out << fmt::format("\nTry next: halfulp attribute {} --recipe {} --run\n", options.model.words(),
                               options.recipe);
}

}  // namespace

void add_attribute_verb(CLI::App& program, Console& console) {
  const auto options = std::make_shared<Options>();
  CLI::App* verb = program.add_subcommand(
      "attribute", "Predict what a recipe does to the output, and which of its roundings do it");
  add_model_options(*verb, options->model);
  verb->add_option("--recipe", options->recipe, "Where to round (default: bf16)");
  verb->add_option("--target", options->target, "kld (default), logits, loss, margin or token=T");
  verb->add_option("--probes", options->attribution.probes, "Random functionals of the output (default: 16)")
      ->check(CLI::Range(1, 4096));
  verb->add_option("--delta", options->attribution.delta,
                   "Probability with which the probabilistic bound may fail (default: 1e-3)");
  verb->add_flag("--run", options->attribution.run, "Run the recipe, too, and compare");
  verb->add_flag("!--no-bounds", options->attribution.bounds, "Leave the bounds out: faster");
  verb->add_flag("--condition", options->attribution.condition,
                 "Estimate the condition numbers of the network at its input (about 30 forward passes)");
  verb->add_option(
      "-o,--output", options->output,
      "Write the full result: FILE.json, .csv or .html; the ladder of errors: FILE.svg, .png or .pdf");
  verb->add_flag("--json", options->json, "Print the full result as JSON instead of text");
  verb->footer(footer);
  verb->callback([options, &console] { run(*options, console); });
}

}  // namespace halfulp
