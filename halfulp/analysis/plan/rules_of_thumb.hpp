// What people promote without asking the model, as orders of preference.
#pragma once

#include <string>
#include <vector>

#include "halfulp/analysis/plan/promotion.hpp"

namespace halfulp {

struct RuleOfThumb {
  std::string name;
  std::vector<std::size_t> order;  // all promotions, the rule's own first, the others in forward order
};

/// Norms first; first and last layer; attention (score, softmax, pv, then the rest of it) in the format.
std::vector<RuleOfThumb> rules_of_thumb(const std::vector<Promotion>& promotions,
                                        const Architecture& architecture, const RoundingRule& format);

}  // namespace halfulp
