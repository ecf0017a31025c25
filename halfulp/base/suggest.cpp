#include "halfulp/base/suggest.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

namespace halfulp {
namespace {

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

/// Optimal string alignment distance, case ignored.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t differs = lower(a[i - 1]) != lower(b[j - 1]);
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + differs});
      const bool swapped =
          i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]);
      if (swapped) cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  }
  return cost[a.size()][b.size()];
}

bool begins_with(std::string_view name, std::string_view part) {
  return !part.empty() && name.size() >= part.size() &&
         std::equal(part.begin(), part.end(), name.begin(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

/// Whether the letters of `part` stand in the name, in that order.
bool has_letters(std::string_view name, std::string_view part) {
  std::size_t found = 0;
  for (const char c : name) found += found < part.size() && lower(c) == lower(part[found]);
  return found == part.size();
}

/// How near a name is: the kind of match, 0 to 3, and the edit distance.
using Rank = std::pair<int, std::size_t>;
Rank rank_of(std::string_view name, std::string_view wrong) {
  const std::size_t distance = edit_distance(wrong, name);
  if (begins_with(name, wrong)) return {0, distance};
  if (4 * distance <= wrong.size()) return {1, distance};
  return {wrong.size() >= 3 && has_letters(name, wrong) ? 2 : 3, distance};
}

}  // namespace

std::vector<std::string> nearest_names(std::string_view wrong, const std::vector<std::string>& names,
                                       std::size_t count) {
  const std::string_view head = wrong.substr(0, 64);
  std::vector<std::pair<Rank, std::string>> ranked;
  for (const std::string& name : names) ranked.emplace_back(rank_of(name, head), name);
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> nearest;
  for (std::size_t i = 0; i < std::min(count, ranked.size()); ++i) nearest.push_back(ranked[i].second);
  return nearest;
}

std::string list_of(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? " or " : ", ";
    text += names[i];
  }
  return text;
}

}  // namespace halfulp
