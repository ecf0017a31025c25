// "did you mean": the legal names nearest to a wrong one, for one-line errors that name the cure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace halfulp {

/// Up to `count` of the names, nearest first: those that begin with `wrong`, those of one change in four
/// letters, those that only have more letters (than three or more), the others; among each by edit distance
/// (insert, delete, substitute, swap).
std::vector<std::string> nearest_names(std::string_view wrong, const std::vector<std::string>& names,
                                       std::size_t count = 3);

/// "a, b or c".
std::string list_of(const std::vector<std::string>& names);

}  // namespace halfulp
