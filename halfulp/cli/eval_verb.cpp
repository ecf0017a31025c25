// halfulp eval: any quantity of the paper on the user's own data.
#include <memory>

#include "halfulp/base/error.hpp"
#include "halfulp/base/suggest.hpp"
#include "halfulp/cli/verb.hpp"
#include "halfulp/report/eval_report.hpp"

namespace halfulp {
namespace {

constexpr const char* footer =
    "The input is a JSON object with the quantity's fields: numbers as JSON numbers (the nearest binary64) "
    "or "
    "as\n"
    "hexadecimal float strings (exact), vectors as lists, matrices as lists of rows; tokens are columns.  An "
    "entry\n"
    "of a file of test vectors will do as it is.  Values are computed with an enclosure of our own rounding, "
    "and\n"
    "printed with the digits that are known.\n"
    "\n"
    "Names are those of the test vectors: f is a value, f.jacobian a dense Jacobian, f.kappa_cc the "
    "componentwise\n"
    "condition number, f.round.* coefficients of rounding bounds; .repaired where the printed statement has "
    "a "
    "weaker\n"
    "assumption or a smaller value.\n"
    "\n"
    "Examples:\n"
    "  halfulp eval --list rms_norm\n"
    "  halfulp eval layer_norm.kappa_cc --input examples/token.json\n"
    "  halfulp eval layer_norm.round.perturbed --input examples/token.json --json\n";

struct Options {
  std::string quantity, input;
  bool list = false, json = false;
};

void print(std::ostream& out, const nlohmann::ordered_json& document) {
  out << document.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << '\n';
}

const Quantity& quantity_of(const std::string& name) {
  if (const Quantity* quantity = quantity_named(name)) return *quantity;
  std::vector<std::string> names;
  for (const Quantity* quantity : all_quantities()) names.emplace_back(quantity->name);
  throw usage_error("unknown quantity '" + name.substr(0, 64) + "': did you mean " +
                    list_of(nearest_names(name, names)) + "?  `halfulp eval --list` has all");
}

void list(const Options& options, Console& console) {
  const std::string text = quantities_text(options.quantity);
  if (text.empty()) quantity_of(options.quantity);
  if (options.json) return print(console.out, quantities_document(options.quantity, console.command_line));
  console.out << text;
}

/// What is beyond a quantity's limits is said with the file that asks for it.
QuantityValue value_of_file(const Quantity& quantity, const QuantityFile& file, const std::string& path) {
  try {
    return quantity.evaluate(file.inputs);
  } catch (const resource_error& error) {
    throw resource_error(path + ": " + std::string(quantity.name) + ": " + error.what());
  }
}

}  // namespace

void add_eval_verb(CLI::App& program, Console& console) {
  const auto options = std::make_shared<Options>();
  CLI::App* verb = program.add_subcommand("eval", "Any quantity of the paper on your own data");
  verb->add_option("QUANTITY", options->quantity, "Its name; with --list: a part of the names to list");
  verb->add_option("--input", options->input, "JSON file with the quantity's inputs");
  verb->add_flag("--list", options->list, "List the quantities: statement, inputs with shapes, value");
  verb->add_flag("--json", options->json, "One JSON document (schema halfulp.eval/1)");
  verb->footer(footer);
  verb->callback([options, &console] {
    if (options->list) return list(*options, console);
    if (options->quantity.empty()) throw usage_error("eval needs a quantity; `halfulp eval --list` has all");
    const Quantity& quantity = quantity_of(options->quantity);
    if (options->input.empty())
      throw usage_error("eval " + options->quantity + " needs --input FILE with " +
                        std::string(quantity.inputs));
    const QuantityFile file = read_quantity_inputs(options->input);
    const QuantityValue value = value_of_file(quantity, file, options->input);
    if (options->json)
      print(console.out, eval_document(quantity, value, options->input, console.command_line));
    else
      console.out << eval_text(quantity, value);
  });
}

}  // namespace halfulp
