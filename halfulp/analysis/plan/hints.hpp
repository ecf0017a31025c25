// Switches of other engines that do what a plan asks for, where their documentation has one (docs/plan.md has
// the sources, and what has none).
#pragma once

#include <string>
#include <vector>

#include "halfulp/analysis/plan/promotion.hpp"

namespace halfulp {

struct Hint {
  std::string engine, sites, setting, note;
};

std::vector<Hint> hints_for(const std::vector<Promotion>& chosen, const Architecture& architecture,
                            const Recipe& base, const RoundingRule& format);

}  // namespace halfulp
