// How far a long computation is: the library says so, the door decides whether and how to show it.
#pragma once

#include <functional>
#include <string_view>

namespace halfulp {

/// Called with the work done and the whole work, in one unit, and what is being done now.
using Progress = std::function<void(double done, double whole, std::string_view what)>;

}  // namespace halfulp
