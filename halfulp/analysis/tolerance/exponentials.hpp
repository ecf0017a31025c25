// What a softmax's exponentials err by, in their logarithm (softmax.cpp has the derivation).
#pragma once

#include "halfulp/analysis/tolerance/derivation.hpp"

namespace halfulp {

struct Exponentials {
  Upper arguments;  // of all together, beside a part common to the row
  Upper each;       // of one exponential
  Upper lost;       // eta_e where e^(s - m) may underflow, else 0
};
Exponentials exponentials(const Setting& s, Upper largest_score, Derivation& d);

/// What underflow may take from a sum of n exponentials, which is at least 1.
Upper online_loss(const Setting& s, const Exponentials& e);

}  // namespace halfulp
