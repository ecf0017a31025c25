// For tests only: what stands in a text that people read.
#pragma once

#include <sstream>
#include <string>
#include <vector>

namespace halfulp {

inline bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// With one space between words.
inline std::string narrow(const std::string& line) {
  std::istringstream from(line);
  std::string all;
  for (std::string word; from >> word;) all += (all.empty() ? "" : " ") + word;
  return all;
}
inline std::vector<std::string> narrow(std::vector<std::string> lines) {
  for (std::string& line : lines) line = narrow(line);
  return lines;
}

/// The lines between the one that begins with `title` and the next empty one.
inline std::vector<std::string> table_of(const std::string& text, const std::string& title) {
  const std::size_t from = text.find("\n" + title);
  std::istringstream lines(from == std::string::npos ? "" : text.substr(from + 1));
  std::vector<std::string> table;
  std::string line;
  for (std::getline(lines, line); std::getline(lines, line) && !line.empty();) table.push_back(line);
  return table;
}

}  // namespace halfulp
