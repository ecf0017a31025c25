// The arithmetics that theorems are about.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "halfulp/arith/format.hpp"
#include "halfulp/base/error.hpp"
#include "halfulp/layers/block/radius.hpp"

namespace halfulp {

/// The rule of that name.  Throws usage_error for an unknown one, and one that does not round to nearest.
inline RoundingRule rule_to_nearest(const char* option, const std::string& name) {
  const RoundingRule rule = rounding_rule(name);
  if (!rule.is_to_nearest())
    throw usage_error(
        fmt::format("{} {}: the bounds are for rounding to nearest", option, name.substr(0, 64)));
  return rule;
}

/// The rules of these names, of which none may stand twice.
inline std::vector<RoundingRule> rules_to_nearest(const std::vector<std::string>& names) {
  std::vector<RoundingRule> rules;
  for (const std::string& name : names) {
    const RoundingRule rule = rule_to_nearest("--arithmetic", name);
    if (std::find(rules.begin(), rules.end(), rule) != rules.end())
      throw usage_error(fmt::format("--arithmetic: '{}' stands twice", name.substr(0, 64)));
    rules.push_back(rule);
  }
  return rules;
}

/// The rule without ends of the exponent's range.  Where a computation gives the same bits with both, nothing
/// overflowed or underflowed, gradually either, that Model 4.1 excludes.
inline RoundingRule without_ends(const RoundingRule& rule) {
  if (rule.format.is_unbounded()) return rule;
  return {format_named(fmt::format("bin{}", rule.format.precision)), rule.mode, false};
}

/// The u that Model 4.1 needs: a little more than 10^(1-p)/2 for decimal digits, which binary64 carries.
inline double model_roundoff(const RoundingRule& rule) { return rounding_model_of(Simulated(rule)).u; }

}  // namespace halfulp
