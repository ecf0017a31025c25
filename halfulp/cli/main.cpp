#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "halfulp/base/allocation.hpp"
#include "halfulp/base/interrupt.hpp"
#include "halfulp/base/processes.hpp"
#include "halfulp/cli/program.hpp"

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  halfulp::keep_freed_memory();
  halfulp::Processes together(argc, argv);
  halfulp::catch_interrupts();
  std::ostringstream unheard;  // of several processes one speaks
  const bool speaks = halfulp::process() == 0;
  halfulp::Console console{std::cin, speaks ? std::cout : unheard, speaks ? std::cerr : unheard};
  const int code = halfulp::run_program(std::vector<std::string>(argv + (argc > 0), argv + argc), console);
  // What went wrong here only is said here.
  if (!speaks && code >= 4) std::cerr << "process " << halfulp::process() << ": " << unheard.str();
  together.leave(code);
  return code;
}
