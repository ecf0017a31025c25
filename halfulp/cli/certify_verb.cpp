// halfulp certify: which greedy tokens are certain in spite of a recipe's rounding.
#include <memory>

#include "halfulp/analysis/certificate/certificate.hpp"
#include "halfulp/base/error.hpp"
#include "halfulp/cli/files.hpp"
#include "halfulp/cli/model_input.hpp"
#include "halfulp/cli/progress_bar.hpp"
#include "halfulp/cli/verb.hpp"
#include "halfulp/report/certify_report.hpp"
#include "halfulp/report/html_page.hpp"
#include "halfulp/report/output_file.hpp"

namespace halfulp {
namespace {

constexpr const char* footer =
    "At every position the margin of the greedy token over each other token is held against three radii of\n"
    "what the recipe's roundings can do to it:\n"
    "  certain                   running errors of the recipe's own run: proved (radius.rigorous)\n"
    "  certain to first order    every rounding at its worst, second-order terms left out\n"
    "  certain with probability  at most --delta of it to fail, for roundings that are random with mean 0\n"
    "  at risk                   none of these; listed with the competitors and the chance that they win\n"
    "The recipe is run, too (--runs times if it rounds at random), and flips are counted: none may be among\n"
    "the certain tokens.  The work grows with tokens times --candidates.\n"
    "\n"
    "Examples:\n"
    "  halfulp certify -m examples/gpt2-tinyshakespeare --tokens 32 --recipe bf16\n"
    "  halfulp certify -m examples/gpt2-tinyshakespeare --tokens 32 --recipe fp32 -o certificates.json\n"
    "  halfulp certify -m examples/gpt2-tinyshakespeare --tokens 16 --recipe bf16,head=bf16:stochastic "
    "--runs 20\n";

struct Options {
  ModelOptions model;
  std::string recipe = "bf16", output;
  CertificateOptions certificate;
  bool json = false;
};

void run(const Options& options, Console& console) {
  const Recipe recipe(options.recipe);
  check(options.certificate);
  const std::string form =
      form_of_output(options.output, {".json", ".csv", ".html"}, {options.model.ids, options.recipe});
  ProgressBar bar(console.log);
  const ModelInput input(options.model);
  // Values, bounds, errors of each step, and adjoints of the margins that go back together.
  input.check_memory(24);
  const ModelRun run{input.architecture(), input.weights(), input.tokens(), recipe, options.model.seed};
  const Certificate result = certify(run, options.certificate, bar.callback());
  const auto document = certify_document(result, input.architecture(), recipe, input.token_text(),
                                         input.origin(console.command_line, bar.seconds()));
  if (!options.output.empty())
    write_whole_file(options.output, form == ".csv"    ? certify_csv(document)
                                     : form == ".html" ? html_page(document)
                                                       : document.dump(1) + "\n");
  if (options.json) {
    console.out << document.dump(1) << '\n';
    return;
  }
  console.out << certify_text(document) << input.remarks();
  if (!options.output.empty()) console.out << "\nThe full result is in " << options.output << ".\n";
}

}  // namespace

void add_certify_verb(CLI::App& program, Console& console) {
  const auto options = std::make_shared<Options>();
  CLI::App* verb = program.add_subcommand(
      "certify",
      "Say which greedy tokens are certain in spite of a recipe's rounding, and which are at risk");
  add_model_options(*verb, options->model);
  verb->add_option("--recipe", options->recipe, "Where to round (default: bf16)");
  verb->add_option("--delta", options->certificate.delta,
                   "Probability with which the probabilistic radius may fail (default: 1e-3)");
  verb->add_option("--candidates", options->certificate.candidates,
                   "Closest competitors whose radii are computed (default: 8)")
      ->check(CLI::Range(1, 1 << 24));
  verb->add_option("--runs", options->certificate.runs,
                   "Runs of a recipe that rounds at random, seeds from --seed on (default: 8)")
      ->check(CLI::Range(1, 1 << 24));
  verb->add_option("-o,--output", options->output, "Write the full result: FILE.json, .csv or .html");
  verb->add_flag("--json", options->json, "Print the full result as JSON instead of text");
  verb->footer(footer);
  verb->callback([options, &console] { run(*options, console); });
}

}  // namespace halfulp
