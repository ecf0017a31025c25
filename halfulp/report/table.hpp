// Columns of text: the first to the left, the others to the right, as wide as they need to be.
#pragma once

#include <string>
#include <vector>

namespace halfulp {

class Table {
 public:
  explicit Table(std::vector<std::string> header) : rows_{std::move(header)} {}
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  /// Every line begins with `indent` and ends with a newline; two spaces between columns.
  std::string text(const std::string& indent = "  ") const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

/// Three significant digits as a person reads them: 0.0326, 2.65e-04, 12.3; "-" for none.
std::string in_short(double value);
/// 1.2 KiB, 3.4 GiB.
std::string in_bytes(double bytes);
/// 0.8 s, 3 min 20 s, 2 h 05 min.
std::string in_time(double seconds);

}  // namespace halfulp
