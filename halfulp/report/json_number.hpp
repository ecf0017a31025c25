// Numbers of documents.
#pragma once

#include <cmath>
#include <nlohmann/json.hpp>

namespace halfulp {

/// Null where x is not finite.
inline nlohmann::ordered_json number(double x) {
  return std::isfinite(x) ? nlohmann::ordered_json(x) : nlohmann::ordered_json(nullptr);
}

}  // namespace halfulp
