// What a verb is: one file that adds its name, options and help to the program, and does the work when
// called.
//
// A verb writes its result to console.out, progress and log to console.log, reads console.in, and throws the
// errors of base/error.hpp; program.cpp turns them into one line and an exit code.  A new verb is a file
// NAME_verb.cpp, a declaration here and a line in program.cpp.
#pragma once

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdint>
#include <istream>
#include <ostream>
#include <string>

namespace halfulp {

struct Console {
  std::istream& in;
  std::ostream& out;
  std::ostream& log;
  std::string command_line{};  // as it was typed, for the provenance of results
  int exit_code = 0;           // a verb sets 1: done, and a limit was exceeded
};

/// A check of options that count: CLI11 would read -1 and numbers beyond 2^64 - 1 as 2^64 - 1.
inline std::string check_count(const std::string& text) {
  if (text.starts_with('-')) return text.substr(0, 40) + " is negative";
  std::uint64_t value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  return result.ec == std::errc::result_out_of_range ? text.substr(0, 40) + " is beyond 2^64 - 1" : "";
}

void add_attribute_verb(CLI::App& program, Console& console);
void add_certify_verb(CLI::App& program, Console& console);
void add_profile_verb(CLI::App& program, Console& console);
void add_plan_verb(CLI::App& program, Console& console);
void add_inspect_verb(CLI::App& program, Console& console);
void add_bounds_verb(CLI::App& program, Console& console);
void add_check_verb(CLI::App& program, Console& console);
void add_eval_verb(CLI::App& program, Console& console);
void add_experiment_verb(CLI::App& program, Console& console);
void add_figure_verb(CLI::App& program, Console& console);
void add_formats_verb(CLI::App& program, Console& console);
void add_merge_verb(CLI::App& program, Console& console);
void add_report_verb(CLI::App& program, Console& console);
void add_round_verb(CLI::App& program, Console& console);
void add_spectra_verb(CLI::App& program, Console& console);
void add_tolerance_verb(CLI::App& program, Console& console);

}  // namespace halfulp
