// halfulp check: test vectors evaluated, and what did not agree.
#include <memory>

#include "halfulp/base/error.hpp"
#include "halfulp/cli/verb.hpp"
#include "halfulp/report/check_report.hpp"

namespace halfulp {
namespace {

constexpr const char* footer =
    "A file of vectors is {\"entries\": [{\"id\", \"quantity\", \"inputs\", \"expected\"}, ...]}.  Rounding "
    "(round.*, op.*) and\n"
    "simulated algorithms (sim.*) must agree bit for bit.  Any other value is computed with an enclosure of "
    "our own\n"
    "rounding: the expected number must lie in it, up to 1e-30 of itself, and the enclosure must be narrow "
    "(1e-12),\n"
    "so that no tolerance is guessed.  Names that are no quantity (`halfulp eval --list`) are skipped, and "
    "named.\n"
    "\n"
    "Exit code 0 when nothing failed, 1 when something did, 3 when a vector is broken (the others are still\n"
    "evaluated) or nothing could be compared.\n"
    "\n"
    "Examples:\n"
    "  halfulp check tests/schema/vectors.json\n"
    "  halfulp check --json tests/schema/vectors.json tests/schema/vectors.json\n";

}  // namespace

void add_check_verb(CLI::App& program, Console& console) {
  struct Options {
    std::vector<std::string> files;
    bool json = false;
  };
  const auto options = std::make_shared<Options>();
  CLI::App* verb = program.add_subcommand("check", "Evaluate test vectors: passed and failed per quantity");
  verb->add_option("FILE", options->files, "Files of test vectors")->required();
  verb->add_flag("--json", options->json, "One JSON document (schema halfulp.check/1)");
  verb->footer(footer);
  verb->callback([options, &console] {
    CheckResult result;
    for (const std::string& file : options->files) result.add(read_vectors(file));
    if (options->json)
      console.out << check_document(result, options->files, console.command_line)
                         .dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)
                  << '\n';
    else
      console.out << check_text(result);
    if (!result.broken.empty())
      console.exit_code = 3;
    else if (result.total.failed > 0)
      console.exit_code = 1;
    else if (!result.compared_anything())
      throw input_error("check: nothing was compared: no entry is of a quantity known to this version");
  });
}

}  // namespace halfulp
