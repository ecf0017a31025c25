// Columns of text, as wide as they need to be: words to the left, numbers to the right.
#pragma once

#include <string>
#include <vector>

namespace halfulp {

class Table {
 public:
  /// The first `words` columns are aligned to the left, the others to the right.
  explicit Table(std::vector<std::string> header, std::size_t words = 1)
      : rows_{std::move(header)}, words_(words) {}
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  /// Every line begins with `indent` and ends with a newline; two spaces between columns.
  std::string text(const std::string& indent = "  ") const;

 private:
  std::vector<std::vector<std::string>> rows_;
  std::size_t words_;
};

/// Three significant digits as a person reads them: 0.0326, 2.65e-04, 12.3; "-" for none.
std::string in_short(double value);
/// 1.2 KiB, 3.4 GiB.
std::string in_bytes(double bytes);
/// less than 0.1 s, 0.8 s, 3 min 20 s, 2 h 05 min.
std::string in_time(double seconds);

}  // namespace halfulp
