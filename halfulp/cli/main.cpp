#include <iostream>
#include <string>
#include <vector>

#include "halfulp/base/interrupt.hpp"
#include "halfulp/cli/program.hpp"

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  halfulp::catch_interrupts();
  halfulp::Console console{std::cin, std::cout, std::cerr};
  return halfulp::run_program(std::vector<std::string>(argv + (argc > 0), argv + argc), console);
}
