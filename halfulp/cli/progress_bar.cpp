#include "halfulp/cli/progress_bar.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>

#include "halfulp/report/table.hpp"

namespace halfulp {
namespace {

double seconds_between(std::chrono::steady_clock::time_point a, std::chrono::steady_clock::time_point b) {
  return std::chrono::duration<double>(b - a).count();
}

}  // namespace

ProgressBar::ProgressBar(std::ostream& log)
    : log_(log), terminal_(&log == &std::cerr && ::isatty(STDERR_FILENO) == 1) {}

ProgressBar::~ProgressBar() {
  if (drawn_ && terminal_) log_ << "\r\x1b[K" << std::flush;
}

double ProgressBar::seconds() const { return seconds_between(begun_, Clock::now()); }

void ProgressBar::show(double done, double whole, std::string_view what) {
  const auto now = Clock::now();
  const double elapsed = seconds_between(begun_, now);
  if (elapsed < 2 || seconds_between(shown_, now) < (terminal_ ? 0.1 : 10)) return;
  shown_ = now;
  const double share = whole > 0 ? std::clamp(done / whole, 0.0, 1.0) : 0;
  const std::string left = share > 0 ? in_time(elapsed * (1 - share) / share) : "?";
  const auto filled = static_cast<std::size_t>(30 * share);
  const std::string line = fmt::format("[{}{}] {:3.0f} %  {} left  {}", std::string(filled, '#'),
                                       std::string(30 - filled, '.'), 100 * share, left, what);
  if (terminal_)
    log_ << "\r\x1b[K" << line << std::flush;
  else
    log_ << line << std::endl;
  drawn_ = true;
}

}  // namespace halfulp
