// halfulp spectra: how the attention heads of a checkpoint are conditioned, from its weights alone.
#include <fmt/format.h>

#include <charconv>
#include <memory>

#include "halfulp/base/error.hpp"
#include "halfulp/base/parallel.hpp"
#include "halfulp/cli/files.hpp"
#include "halfulp/cli/progress_bar.hpp"
#include "halfulp/cli/verb.hpp"
#include "halfulp/report/html_page.hpp"
#include "halfulp/report/output_file.hpp"
#include "halfulp/report/spectra_report.hpp"

namespace halfulp {
namespace {

constexpr const char* footer =
    "For each head, with the gains of the norm before it folded in (no text is needed, nothing is run):\n"
    "  sigma_max, sigma_min  largest and d_head-th singular value of W_k^T W_q, in proved intervals\n"
    "  condition             their quotient; W_k^T W_q itself has rank d_head < d, so that the smallest of\n"
    "                        its d singular values is 0 and the paper's factor, as printed, is infinite\n"
    "  factor                1 + 4 d scale sigma_max(|W_k|^T |W_q|): the same factor repaired, always "
    "finite\n"
    "  logit <=              no input makes a larger score, at any distance of a rotary embedding\n"
    "  gauge slack           how much larger |k|^T |q| is than in the best basis of queries and keys\n"
    "and the same of W_o W_v.  Results do not depend on threads or processor.\n"
    "\n"
    "Examples:\n"
    "  halfulp spectra -m examples/gpt2-tinyshakespeare\n"
    "  halfulp spectra -m examples/gpt2-tinyshakespeare --layers 0-1 -o heads.csv\n"
    "  halfulp spectra -m examples/gpt2-tinyshakespeare --compare examples/gpt2-tinyshakespeare --json\n";

struct Options {
  std::string model, other, layers, output;
  std::size_t threads = 0;
  bool json = false;
};

SpectraOptions layers_of(const std::string& text) {
  SpectraOptions options;
  if (text.empty()) return options;
  const auto number = [&](std::string_view part) {
    std::size_t value = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
    if (part.empty() || error != std::errc() || end != part.data() + part.size())
      throw usage_error("--layers " + text.substr(0, 64) + ": a layer or a range such as 0-3");
    return value;
  };
  const std::size_t dash = text.find('-');
  options.first_layer = number(std::string_view(text).substr(0, dash));
  options.last_layer =
      dash == std::string::npos ? options.first_layer : number(std::string_view(text).substr(dash + 1));
  if (options.first_layer > *options.last_layer)
    throw usage_error("--layers " + text.substr(0, 64) + ": the first layer comes after the last");
  return options;
}

std::string in_form(const std::string& form, const nlohmann::ordered_json& document) {
  if (form == ".json") return document.dump(1) + "\n";
  if (form == ".csv") return spectra_csv(document);
  if (form == ".html") return html_page(document);
  return drawn(spectra_heat_maps(document), picture_form(form));
}

void run(const Options& options, Console& console) {
  const SpectraOptions which = layers_of(options.layers);
  const std::string form = form_of_output(options.output, {".json", ".csv", ".html", ".svg", ".png", ".pdf"});
  if (form == ".svg" || form == ".png" || form == ".pdf") check_can_draw();
  set_threads(options.threads);
  ProgressBar bar(console.log);
  const AttentionModel model = read_attention(options.model);
  std::optional<AttentionModel> other;
  if (!options.other.empty()) {
    other = read_attention(options.other);
    check_comparable(*other, model);
  }
  const double parts = other ? 2 : 1;
  const Progress progress = bar.callback();
  const auto part = [&](double done) -> Progress {
    return [&progress, parts, done](double at, double whole, std::string_view what) {
      progress(done + (whole > 0 ? at / whole : 0), parts, what);
    };
  };
  const ModelSpectra found = spectra(model, which, part(0));
  ModelSpectra before;
  SpectraResult result{model, found, model_hash(model), nullptr, "", {}, console.command_line, 0};
  if (other) {
    before = spectra(*other, which, part(1));
    result.other = &*other;
    result.other_hash = model_hash(*other);
    result.changes = compared(*other, before, model, found);
  }
  result.seconds = bar.seconds();
  const auto document = spectra_document(result);
  if (!options.output.empty()) write_whole_file(options.output, in_form(form, document));
  if (options.json) {
    console.out << document.dump(1) << '\n';
    return;
  }
  console.out << spectra_text(document);
  if (!options.output.empty()) console.out << "\nThe full result is in " << options.output << ".\n";
}

}  // namespace

void add_spectra_verb(CLI::App& program, Console& console) {
  const auto options = std::make_shared<Options>();
  CLI::App* verb = program.add_subcommand(
      "spectra",
      "Say how every attention head is conditioned, and how large its scores can be: weights alone");
  verb->add_option("-m,--model", options->model,
                   "Folder with config.json and model.safetensors (or its shards)")
      ->required();
  verb->add_option("--compare", options->other,
                   "Folder of a second model of the same shape: what changed since");
  verb->add_option("--layers", options->layers, "Only these: a layer or a range such as 0-3");
  verb->add_option("-t,--threads", options->threads,
                   "Threads (default: all processors); results do not depend on it")
      ->check(CLI::Range(0, 4096));
  verb->add_option("-o,--output", options->output,
                   "Write the full result: FILE.json, .csv or .html; heat maps: FILE.svg, .png or .pdf");
  verb->add_flag("--json", options->json, "Print the full result as JSON instead of text");
  verb->footer(footer);
  verb->callback([options, &console] { run(*options, console); });
}

}  // namespace halfulp
