// Why a site is worth promoting, in words.
#pragma once

#include <string>

#include "halfulp/analysis/plan/promotion.hpp"

namespace halfulp {

/// "the scores are rounded twice to 8 bits before the softmax, which turns their absolute errors into
/// relative ones".
std::string reason_for(const Promotion& promotion, const Architecture& architecture, const Recipe& base);

}  // namespace halfulp
