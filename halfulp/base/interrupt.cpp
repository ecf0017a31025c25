#include "halfulp/base/interrupt.hpp"

#include <csignal>
#include <cstdlib>

#include "halfulp/base/error.hpp"

namespace halfulp {
namespace {

volatile std::sig_atomic_t flag = 0;

void set_flag(int signal) {
  if (flag) std::_Exit(128 + signal);
  flag = 1;
}

}  // namespace

void catch_interrupts() {
  std::signal(SIGXFSZ, SIG_IGN);  // a file beyond the limit is an error of write(), not the end
  std::signal(SIGINT, set_flag);
  std::signal(SIGTERM, set_flag);
}

void exit_on_interrupt() {
  const auto leave = [](int signal) { std::_Exit(128 + signal); };
  std::signal(SIGINT, leave);
  std::signal(SIGTERM, leave);
}

bool is_interrupted() { return flag != 0; }

void throw_if_interrupted() {
  if (flag) throw interrupted();
}

}  // namespace halfulp
