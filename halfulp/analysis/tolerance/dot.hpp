// The factors of a dot product's error, for largest magnitudes (dot.cpp) and for data (data.cpp).
#pragma once

#include "halfulp/analysis/tolerance/derivation.hpp"

namespace halfulp {

/// |y_hat - y| <= gamma |a|^T|b| + lost.
struct DotError {
  Upper gamma, lost;
};
DotError dot_factor(const Setting& s, Derivation& d);

}  // namespace halfulp
