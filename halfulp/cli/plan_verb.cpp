// halfulp plan: which sites to promote so that a recipe stays within a budget, at the smallest cost.
#include <fmt/format.h>

#include <cmath>
#include <memory>

#include "halfulp/analysis/plan/plan.hpp"
#include "halfulp/analysis/plan/recipe_overrides.hpp"
#include "halfulp/base/error.hpp"
#include "halfulp/cli/files.hpp"
#include "halfulp/cli/model_input.hpp"
#include "halfulp/cli/progress_bar.hpp"
#include "halfulp/cli/verb.hpp"
#include "halfulp/report/html_page.hpp"
#include "halfulp/report/output_file.hpp"
#include "halfulp/report/plan_report.hpp"

namespace halfulp {
namespace {

constexpr const char* footer =
    "One accurate run and one sweep backwards predict what any set of promotions does to the output; the\n"
    "cheapest set within the budget is then run beside the base and beside rules of thumb of equal cost.\n"
    "A site is promoted together with the reading of its result, so that the next one does not round it.\n"
    "Budgets: kld=1e-4 (nats a token), kld=10% (of the base), flips=0.1% (greedy tokens), logits=0.01 "
    "(rms).\n"
    "Exit code 1: no plan reaches the budget; the nearest one is shown.\n"
    "\n"
    "Examples:\n"
    "  halfulp plan -m examples/gpt2-tinyshakespeare --tokens 32\n"
    "  halfulp plan -m examples/gpt2-tinyshakespeare --base fp16 --budget flips=0.1% --tokens 32\n"
    "  halfulp plan -m examples/gpt2-tinyshakespeare --base bf16 --promote fp32 --top 3 --tokens 32 -o "
    "plan.recipe\n"
    "  halfulp plan -m examples/gpt2-tinyshakespeare --budget kld=5% --tokens 32 --no-run -o plan.svg\n";

struct Options {
  ModelOptions model;
  std::string base = "bf16", promote = "fp32", budget, output, recipe;
  std::optional<std::size_t> top;
  PlanOptions plan;
  bool json = false;
};

Budget budget_of(const Options& options) {
  if (!options.budget.empty() && options.top)
    throw usage_error("--budget and --top: either a limit or a number of promotions");
  if (!options.budget.empty()) return budget_named(options.budget);
  Budget budget;
  if (options.top) {
    budget.kind = Budget::Kind::top;
    budget.count = *options.top;
  }
  return budget;
}

std::string written_recipe(const nlohmann::ordered_json& d) {
  return recipe_file(
      d["plan"]["recipe"].get<std::string>(),
      fmt::format(
          "{} on {}: predicted KL divergence {:.3g} nats a token", d["budget"].get<std::string>(),
          d["model"]["folder"].get<std::string>(),
          d["plan"]["predicted"]["kld"].is_number() ? d["plan"]["predicted"]["kld"].get<double>() : NAN));
}

std::string in_form(const std::string& form, const nlohmann::ordered_json& document) {
  if (form == ".json") return document.dump(1) + "\n";
  if (form == ".csv") return plan_csv(document);
  if (form == ".html") return html_page(document);
  if (form == ".recipe") return written_recipe(document);
  return drawn(plan_plot(document), picture_form(form));
}

void run(Options options, Console& console) {
  const Recipe base(options.base);
  const RoundingRule format = rounding_rule(options.promote);
  options.plan.budget = budget_of(options);
  for (const double weight : {options.plan.weights.byte, options.plan.weights.multiplication})
    if (!(weight >= 0 && weight <= 1e12))
      throw usage_error("--cost-bytes and --cost-ops: numbers from 0 to 1e12");
  const std::vector<std::string> inputs = {options.model.ids, options.base};
  const std::string form =
      form_of_output(options.output, {".json", ".csv", ".html", ".recipe", ".svg", ".png", ".pdf"}, inputs);
  if (form == ".svg" || form == ".png" || form == ".pdf") check_can_draw();
  form_of_output(options.recipe, {".recipe", ".txt"}, inputs);

  ProgressBar bar(console.log);
  const ModelInput input(options.model);
  // Values, errors of each step in three recipes, and an adjoint for every functional.
  input.check_memory(14 + 2.5 * static_cast<double>(2 * options.plan.probes + 64));
  const ModelRun run{input.architecture(), input.weights(), input.tokens(), base, options.model.seed};
  const PromotionPlan plan = plan_promotions(run, format, options.plan, bar.callback());
  const auto document =
      plan_document(plan, input.architecture(), base, input.origin(console.command_line, bar.seconds()));
  if (!options.output.empty()) write_whole_file(options.output, in_form(form, document));
  if (!options.recipe.empty()) write_whole_file(options.recipe, written_recipe(document));
  if (!plan.reached) console.exit_code = 1;
  if (options.json) {
    console.out << document.dump(1) << '\n';
    return;
  }
  console.out << plan_text(document) << input.remarks();
  if (!options.output.empty()) console.out << "\nThe result is in " << options.output << ".\n";
  const std::string& recipe = options.recipe.empty() && form == ".recipe" ? options.output : options.recipe;
  console.out << fmt::format("\nTry next: halfulp profile {} --recipe {}\n", options.model.words(),
                             recipe.empty() ? plan.plan.recipe : "@" + recipe);
}

}  // namespace

void add_plan_verb(CLI::App& program, Console& console) {
  const auto options = std::make_shared<Options>();
  CLI::App* verb = program.add_subcommand(
      "plan", "Find the cheapest set of sites to promote so that a recipe stays within a budget");
  add_model_options(*verb, options->model);
  verb->add_option("--base", options->base, "The recipe to improve (default: bf16)");
  verb->add_option("--promote", options->promote, "The format that sites are promoted to (default: fp32)");
  verb->add_option("--budget", options->budget,
                   "kld=1e-4, kld=10%, flips=0.1% or logits=0.01 (default: kld=10%, a tenth of the base)");
  verb->add_option("--top", options->top, "Instead of a budget: the K promotions that gain most")
      ->check(CLI::Range(1, 1000000));
  verb->add_option("--cost-bytes", options->plan.weights.byte, "Cost of a byte moved more (default: 1)");
  verb->add_option("--cost-ops", options->plan.weights.multiplication,
                   "Cost of a multiplication in the promoted format (default: 0.1)");
  verb->add_option("--probes", options->plan.probes, "Random functionals of the output, twice (default: 16)")
      ->check(CLI::Range(1, 4096));
  verb->add_flag("!--no-run", options->plan.run, "Leave the simulation of the plan and its rivals out");
  verb->add_option("--write-recipe", options->recipe,
                   "Write the recipe found: FILE.recipe, for --recipe @FILE.recipe of other verbs");
  verb->add_option(
      "-o,--output", options->output,
      "Write the full result: FILE.json, .csv or .html; the recipe: .recipe; cost against divergence: .svg, "
      ".png or .pdf");
  verb->add_flag("--json", options->json, "Print the full result as JSON instead of text");
  verb->footer(footer);
  verb->callback([options, &console] { run(*options, console); });
}

}  // namespace halfulp
