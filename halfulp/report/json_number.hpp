// Numbers of documents, written and read.
#pragma once

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "halfulp/report/table.hpp"

namespace halfulp {

/// Null where x is not finite.
inline nlohmann::ordered_json number(double x) {
  return std::isfinite(x) ? nlohmann::ordered_json(x) : nlohmann::ordered_json(nullptr);
}

/// Null where there is none.
template <class T>
nlohmann::ordered_json or_null(const std::optional<T>& value) {
  return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json();
}

/// NaN for null, which stands for what is not finite or was not asked for.
inline double number_in(const nlohmann::ordered_json& value) {
  return value.is_number() ? value.get<double>() : std::numeric_limits<double>::quiet_NaN();
}

/// As a person reads it: "-" for null.
inline std::string shown(const nlohmann::ordered_json& value) { return in_short(number_in(value)); }

}  // namespace halfulp
