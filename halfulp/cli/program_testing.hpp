// For tests only: the program run with strings in place of streams.
#pragma once

#include <sstream>
#include <string>
#include <vector>

#include "halfulp/cli/program.hpp"

namespace halfulp {

struct Ran {
  int exit_code;
  std::string out, log;
};

inline Ran run(const std::vector<std::string>& arguments, const std::string& input = "") {
  std::istringstream in(input);
  std::ostringstream out, log;
  Console console{in, out, log};
  const int exit_code = run_program(arguments, console);
  return {exit_code, out.str(), log.str()};
}

/// "halfulp: error: ..." and one end of line, at the end.
inline bool is_one_error_line(const std::string& log) {
  return log.starts_with("halfulp: error: ") && log.find('\n') == log.size() - 1;
}

}  // namespace halfulp
