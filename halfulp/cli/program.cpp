// Verbs are registered here, and errors become one line and an exit code.
#include "halfulp/cli/program.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

#include "halfulp/base/error.hpp"
#include "halfulp/base/suggest.hpp"
#include "halfulp/base/utf8.hpp"
#include "halfulp/report/provenance.hpp"

namespace halfulp {
namespace {

constexpr const char* footer =
    "`halfulp VERB --help` explains a verb, with examples.  To begin with:\n"
    "  halfulp profile -m examples/gpt2-tinyshakespeare  where a small trained model loses digits in "
    "bfloat16\n"
    "  halfulp eval --list                               condition numbers and rounding bounds, on your own "
    "data\n"
    "  halfulp formats                                   the number formats, and what overflow does in each\n"
    "  echo 0.1 65520 | halfulp round --format fp16      two numbers, rounded\n"
    "\n"
    "Exit codes: 0 done; 1 done, a limit was exceeded; 2 wrong usage; 3 broken or unsupported input;\n"
    "4 not enough memory or disk; 5 internal error; 130 interrupted.";

void add_verbs(CLI::App& program, Console& console) {
  add_profile_verb(program, console);
  add_attribute_verb(program, console);
  add_certify_verb(program, console);
  add_plan_verb(program, console);
  add_spectra_verb(program, console);
  add_inspect_verb(program, console);
  add_bounds_verb(program, console);
  add_check_verb(program, console);
  add_eval_verb(program, console);
  add_experiment_verb(program, console);
  add_figure_verb(program, console);
  add_formats_verb(program, console);
  add_merge_verb(program, console);
  add_report_verb(program, console);
  add_round_verb(program, console);
  add_tolerance_verb(program, console);
}

/// Control characters (a name from the command line or a file may hold any) do not break the line.
std::string one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; },
      ' ');
  return text;
}

int fail(Console& console, int code, const std::string& message) {
  console.log << "halfulp: error: " << one_line(message) << '\n' << std::flush;
  return code;
}

/// CLI11 would call an unknown verb an unexpected argument.
void check_verb(const CLI::App& program, const std::vector<std::string>& arguments) {
  if (arguments.empty() || arguments.front().starts_with('-')) return;
  std::vector<std::string> verbs;
  for (const CLI::App* verb : program.get_subcommands([](const CLI::App*) { return true; }))
    verbs.push_back(verb->get_name());
  const std::string& name = arguments.front();
  if (std::find(verbs.begin(), verbs.end(), name) != verbs.end()) return;
  throw usage_error(fmt::format("unknown verb '{}': did you mean {}?  `halfulp --help` lists them",
                                name.substr(0, 64), list_of(nearest_names(name, verbs))));
}

/// --help and --version arrive as "errors" too.
int parse_error(const CLI::App& program, Console& console, const CLI::ParseError& error) {
  if (error.get_name() == "CallForHelp" || error.get_name() == "CallForAllHelp") {
    const auto chosen = program.get_subcommands();
    console.out << (chosen.empty() ? program.help() : chosen.front()->help(program.get_name()));
    return 0;
  }
  if (error.get_name() == "CallForVersion") {
    console.out << "halfulp " << program_version() << '\n';
    return 0;
  }
  const auto chosen = program.get_subcommands();
  const std::string verb = chosen.empty() ? "" : " " + chosen.front()->get_name();
  return fail(console, 2, fmt::format("{} (see `halfulp{} --help`)", error.what(), verb));
}

int parse_and_run(std::vector<std::string> arguments, Console& console) {
  CLI::App program("Halfulp tells where a transformer loses digits, how many, why, and what to do about it.",
                   "halfulp");
  program.footer(footer);
  program.set_version_flag("--version", program_version(), "Print the version and exit");
  program.require_subcommand(0, 1);
  program.get_formatter()->column_width(28);
  add_verbs(program, console);
  if (arguments.empty()) {
    console.log << program.help() << std::flush;
    return 2;
  }
  check_verb(program, arguments);
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (!is_utf8(arguments[i]))
      throw usage_error("argument " + std::to_string(i + 1) +
                        " is not UTF-8: results say how they were made, and need text: rename the file");
    if (arguments[i].empty())
      throw usage_error("argument " + std::to_string(i + 1) +
                        (i > 0 ? ", after " + arguments[i - 1] + "," : "") +
                        " is empty: a variable of the shell that is not set?");
  }
  console.command_line = "halfulp";
  for (const std::string& argument : arguments) console.command_line += " " + argument;
  std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the back
  try {
    program.parse(arguments);
  } catch (const CLI::ParseError& error) {
    console.exit_code = parse_error(program, console, error);
  }
  errno = 0;
  if (!console.out.flush())
    throw resource_error(std::string("cannot write to standard output") +
                         (errno != 0 ? std::string(": ") + std::strerror(errno) : ""));
  return console.exit_code;
}

}  // namespace

std::string program_version() { return tool_version(); }

int run_program(std::vector<std::string> arguments, Console& console) noexcept {
  try {
    return parse_and_run(std::move(arguments), console);
  } catch (const usage_error& error) {
    return fail(console, 2, error.what());
  } catch (const input_error& error) {
    return fail(console, 3, error.what());
  } catch (const resource_error& error) {
    return fail(console, 4, error.what());
  } catch (const std::bad_alloc&) {
    return fail(console, 4, "not enough memory");
  } catch (const interrupted& error) {
    return fail(console, 130, error.what());
  } catch (const std::exception& error) {
    return fail(console, 5, std::string("internal error: ") + error.what());
  }
}

}  // namespace halfulp
