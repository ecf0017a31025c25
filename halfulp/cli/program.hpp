// The program as a function of its arguments and streams, so that tests can call it.
#pragma once

#include <string>
#include <vector>

#include "halfulp/cli/verb.hpp"

namespace halfulp {

/// "0.1.0"
std::string program_version();

/// Runs `halfulp ARGUMENTS...`; never throws.  Returns the exit code: 0 done and within limits; 1 done, a
/// limit was exceeded; 2 wrong usage; 3 broken or unsupported input; 4 not enough resources; 5 internal
/// error; 130 interrupted.  Errors are one line on console.log.
int run_program(std::vector<std::string> arguments, Console& console) noexcept;

}  // namespace halfulp
