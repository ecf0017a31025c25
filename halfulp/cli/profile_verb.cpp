// halfulp profile: a checkpoint in a recipe beside a reference, site by site.
#include <fmt/format.h>

#include <memory>

#include "halfulp/analysis/cost.hpp"
#include "halfulp/base/error.hpp"
#include "halfulp/cli/files.hpp"
#include "halfulp/cli/model_input.hpp"
#include "halfulp/cli/progress_bar.hpp"
#include "halfulp/cli/verb.hpp"
#include "halfulp/report/html_page.hpp"
#include "halfulp/report/output_file.hpp"
#include "halfulp/report/profile_report.hpp"

namespace halfulp {
namespace {

constexpr const char* footer =
    "Recipes: bf16 (a framework's eager mode), pure-bf16 (every operation rounded), bf16-flash (fused "
    "attention), amp-bf16\n"
    "(autocast), the same for every format, fp32, tf32; then any site changed: "
    "[layers.]site[.step][.in|.acc|.out]=format.\n"
    "\n"
    "Examples:\n"
    "  halfulp profile -m examples/gpt2-tinyshakespeare --ids examples/gpt2-tinyshakespeare/tokens.json\n"
    "  halfulp profile -m examples/gpt2-tinyshakespeare --recipe fp16 --tokens 32 -o profile.json\n"
    "  halfulp profile -m examples/gpt2-tinyshakespeare --recipe bf16,score=fp32,softmax=fp32 --tokens 32\n"
    "  halfulp profile -m examples/gpt2-tinyshakespeare --recipe pure-bf16,order=blocked:32 --tokens 32 "
    "--json\n";

struct Options {
  ModelOptions model;
  std::string recipe = "bf16", reference = "certified", layers, output;
  bool json = false, include_weights = false;
  bool effects = false, states_effects = false;
};

/// "0-3,7" as a mark for each layer.
std::vector<bool> layer_marks(const std::string& text, std::size_t layers) {
  std::vector<bool> marks;
  if (text.empty()) return marks;
  marks.resize(layers);
  std::size_t at = 0;
  const auto wrong = [&]() -> usage_error {
    return usage_error(fmt::format("--layers {}: layers such as 0-3,7; the model has 0 to {}",
                                   text.substr(0, 64), layers - 1));
  };
  const auto number = [&] {
    const std::size_t first = at;
    std::size_t value = 0;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9' && value < layers; ++at)
      value = 10 * value + static_cast<std::size_t>(text[at] - '0');
    if (at == first || value >= layers) throw wrong();
    return value;
  };
  for (;;) {
    const std::size_t first = number();
    std::size_t last = first;
    if (at < text.size() && text[at] == '-') {
      ++at;
      last = number();
    }
    if (last < first) throw wrong();
    for (std::size_t layer = first; layer <= last; ++layer) marks[layer] = true;
    if (at == text.size()) return marks;
    if (text[at++] != ',') throw wrong();
  }
}

ReferenceKind reference_named(const std::string& name) {
  if (name == "certified") return ReferenceKind::certified;
  if (name == "dd") return ReferenceKind::dd;
  if (name == "fp64") return ReferenceKind::fp64;
  throw usage_error("--ref " + name.substr(0, 64) + ": one of certified, dd or fp64");
}

/// Activations of four runs, and of the check's.
double sets_of_activations(ReferenceKind reference) {
  return reference == ReferenceKind::fp64 ? 4 : reference == ReferenceKind::certified ? 7 : 14;
}

void run(const Options& options, Console& console) {
  const Recipe recipe(options.recipe);
  ProfileOptions settings;
  settings.reference = reference_named(options.reference);
  settings.seed = options.model.seed;
  settings.include_weights = options.include_weights;
  const std::string form =
      form_of_output(options.output, {".json", ".csv", ".html"}, {options.model.ids, options.recipe});

  ProgressBar bar(console.log);
  const ModelInput input(options.model);
  const Architecture& architecture = input.architecture();
  recipe.check(architecture);
  settings.layers = layer_marks(options.layers, architecture.layers);
  input.check_memory(sets_of_activations(settings.reference));
  // as many passes as there are sites: only where that is a matter of seconds, unless asked for
  settings.effects =
      options.states_effects ? options.effects : 16 * pass_cost(architecture, input.tokens().size()) < 2e10;
  settings.shares = settings.effects;

  const Profile result =
      profile(architecture, input.weights(), input.tokens(), recipe, settings, bar.callback());
  const auto document =
      profile_document(result, architecture, recipe, input.origin(console.command_line, bar.seconds()));
  if (!options.output.empty())
    write_whole_file(options.output, form == ".csv"    ? profile_csv(document)
                                     : form == ".html" ? html_page(document)
                                                       : document.dump(1) + "\n");
  if (options.json) {
    console.out << document.dump(1) << '\n';
    return;
  }
  console.out << profile_text(document);
  console.out << input.remarks();
  if (!options.output.empty()) console.out << "\nThe full result is in " << options.output << ".\n";
  if (result.effects.size() > 1) {
    const std::string worst(name_of(result.effects.front().site));
    console.out << fmt::format("{}Try next: halfulp profile {} --recipe {},{}=fp32\n",
                               options.output.empty() ? "\n" : "", options.model.words(), options.recipe,
                               worst);
  }
}

}  // namespace

void add_profile_verb(CLI::App& program, Console& console) {
  const auto options = std::make_shared<Options>();
  CLI::App* verb = program.add_subcommand(
      "profile", "Measure where a checkpoint loses digits, site by site, and what that does to its output");
  add_model_options(*verb, options->model);
  verb->add_option("--recipe", options->recipe, "Where to round (default: bf16)");
  verb->add_option("--ref", options->reference, "Reference: certified (default), dd or fp64");
  verb->add_option("--layers", options->layers, "Measure these layers only, such as 0-3,7");
  verb->add_option("-o,--output", options->output, "Write the full result: FILE.json, .csv or .html");
  verb->add_flag("--json", options->json, "Print the full result as JSON instead of text");
  CLI::Option* effects =
      verb->add_flag("--effects,!--no-effects", options->effects,
                     "Also predict each site's share, and round each site alone (default: for small models)");
  verb->add_flag("--include-weights", options->include_weights,
                 "Count storing the weights as an error of the recipe");
  verb->footer(footer);
  verb->callback([options, effects, &console] {
    options->states_effects = effects->count() > 0;
    run(*options, console);
  });
}

}  // namespace halfulp
