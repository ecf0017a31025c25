// For tests only: how sharp each bound is.  The worst ratio observed/bound of a run, by format, must be the
// one that docs/sharpness.md has: nobody loosens a bound, or stops rounding, unseen.  With HALFULP_RECORD=1
// in the environment the table is written instead (one test program at a time).
#pragma once

#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace halfulp::testing {

class Sharpness {
 public:
  explicit Sharpness(std::string row) : row_(std::move(row)) {}

  void record(const std::string& format, double ratio) {
    double& worst = worst_[format];
    if (!(ratio <= worst)) worst = ratio;
  }
  bool has_records() const { return !worst_.empty(); }

  void expect_recorded() const {
    const std::string line = text();
    const std::string path = std::string(HALFULP_SOURCE_DIR) + "/docs/sharpness.md";
    std::vector<std::string> lines = read(path);
    const std::string key = "| " + row_ + " |";
    for (std::string& known : lines) {
      if (!known.starts_with(key)) continue;
      if (std::getenv("HALFULP_RECORD") == nullptr) {
        EXPECT_EQ(line, known) << "docs/sharpness.md has another ratio; HALFULP_RECORD=1 writes the table";
        return;
      }
      known = line;
      return write(path, lines);
    }
    if (std::getenv("HALFULP_RECORD") == nullptr) FAIL() << "docs/sharpness.md lacks the row\n" << line;
    lines.push_back(line);
    write(path, lines);
  }

 private:
  std::string text() const {
    std::string line = "| " + row_ + " |";
    for (const char* format : {"bin4", "bin8", "bin11", "bin24", "dec4", "dec6", "dec8"}) {
      const auto found = worst_.find(format);
      line += found == worst_.end() ? " |" : fmt::format(" {:.3g} |", found->second);
    }
    return line;
  }
  static std::vector<std::string> read(const std::string& path) {
    std::vector<std::string> lines;
    std::ifstream in(path);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
  }
  static void write(const std::string& path, const std::vector<std::string>& lines) {
    std::ofstream out(path);
    for (const std::string& line : lines) out << line << '\n';
  }

  std::string row_;
  std::map<std::string, double> worst_;
};

}  // namespace halfulp::testing
