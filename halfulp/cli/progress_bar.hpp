// A bar on stderr for work of more than two seconds: how much is done, how fast, time left.  On a terminal it
// overwrites itself; elsewhere a line every ten seconds.
#pragma once

#include <chrono>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

#include "halfulp/base/progress.hpp"

namespace halfulp {

class ProgressBar {
 public:
  /// unit: what is counted ("trials"); without one, the bar shows the share of the work.
  explicit ProgressBar(std::ostream& log, std::string unit = {});
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
  std::string unit_;
  Clock::time_point begun_ = Clock::now(), shown_ = begun_;
  /// The first call: what was done before it, perhaps by an earlier run, says nothing of the rate.
  struct Start {
    double done;
    Clock::time_point at;
  };
  std::optional<Start> start_;
  bool terminal_ = false, drawn_ = false;
};

}  // namespace halfulp
