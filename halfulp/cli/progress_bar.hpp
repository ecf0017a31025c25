// A bar on stderr for work of more than two seconds: done, rate, time left.  On a terminal it overwrites
// itself; elsewhere a line every ten seconds.
#pragma once

#include <chrono>
#include <ostream>
#include <string_view>

#include "halfulp/base/progress.hpp"

namespace halfulp {

class ProgressBar {
 public:
  explicit ProgressBar(std::ostream& log);
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;
  /// Wipes the bar.
  ~ProgressBar();

  Progress callback() {
    return [this](double done, double whole, std::string_view what) { show(done, whole, what); };
  }
  double seconds() const;

 private:
  using Clock = std::chrono::steady_clock;
  void show(double done, double whole, std::string_view what);

  std::ostream& log_;
  Clock::time_point begun_ = Clock::now(), shown_ = begun_;
  bool terminal_ = false, drawn_ = false;
};

}  // namespace halfulp
