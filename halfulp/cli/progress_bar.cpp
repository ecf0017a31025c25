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

ProgressBar::ProgressBar(std::ostream& log, std::string unit)
    : log_(log), unit_(std::move(unit)), terminal_(&log == &std::cerr && ::isatty(STDERR_FILENO) == 1) {}

ProgressBar::~ProgressBar() {
  if (drawn_ && terminal_) log_ << "\r\x1b[K" << std::flush;
}

double ProgressBar::seconds() const { return seconds_between(begun_, Clock::now()); }

void ProgressBar::show(double done, double whole, std::string_view what) {
  const auto now = Clock::now();
  if (!start_) start_ = {done, now};
  const double elapsed = seconds_between(begun_, now);
  if (elapsed < 2 || seconds_between(shown_, now) < (terminal_ ? 0.1 : 10)) return;
  shown_ = now;
  const double share = whole > 0 ? std::clamp(done / whole, 0.0, 1.0) : 0;
  const double since = seconds_between(start_->at, now);
  const double rate = done > start_->done && since > 0 ? (done - start_->done) / since : done / elapsed;
  const std::string left = rate > 0 ? in_time((whole - done) / rate) : "?";
  const auto filled = static_cast<std::size_t>(30 * share);
  const std::string bar = std::string(filled, '#') + std::string(30 - filled, '.');
  const std::string line =
      unit_.empty() ? fmt::format("[{}] {:3.0f} %  {} left  {}", bar, 100 * share, left, what)
                    : fmt::format("[{}] {:.0f} of {:.0f} {}, {} a second, {} left", bar, done, whole, unit_,
                                  fmt::format("{:.{}f}", rate, rate < 10 ? 1 : 0), left);
  if (terminal_)
    log_ << "\r\x1b[K" << line << std::flush;
  else
    log_ << line << std::endl;
  drawn_ = true;
}

}  // namespace halfulp
