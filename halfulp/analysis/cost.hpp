// What a forward pass costs: multiplications and memory, from sizes alone.
#pragma once

#include <cstddef>

#include "halfulp/layers/transformer/tensors.hpp"

namespace halfulp {

/// Multiplications of one site for n tokens; element-wise sites count what they cost in the time of one.
double site_cost(Site site, const Architecture& architecture, std::size_t tokens);
/// All sites, all layers.
double pass_cost(const Architecture& architecture, std::size_t tokens);
/// Numbers held by one layer's activations and the ends (logits, embedding) for n tokens.
double activation_count(const Architecture& architecture, std::size_t tokens);

}  // namespace halfulp
