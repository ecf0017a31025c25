#include "halfulp/analysis/cost.hpp"

#include <algorithm>

namespace halfulp {

double site_cost(Site site, const Architecture& a, std::size_t tokens) {
  const auto product = [](std::size_t x, std::size_t y) {
    return static_cast<double>(x) * static_cast<double>(y);
  };
  const auto n = static_cast<double>(tokens);
  const std::size_t queries = a.heads * a.head_dim, keys = a.kv_heads * a.head_dim;
  constexpr double elementary = 30;  // exp, tanh, division against a multiplication of a kernel
  switch (site) {
    case Site::qkv:
      return n * product(a.width, queries + 2 * keys);
    case Site::score:
    case Site::pv:
      return n * n * static_cast<double>(queries);
    case Site::softmax:
      return elementary * n * n / 2 * static_cast<double>(a.heads);
    case Site::attn_out:
      return n * product(queries, a.width);
    case Site::mlp_in:
      return n * product(a.width, a.gated ? 2 * a.inner : a.inner);
    case Site::act:
      return elementary * n * static_cast<double>(a.inner);
    case Site::mlp_out:
      return n * product(a.inner, a.width);
    case Site::head:
      return n * product(a.width, a.vocabulary);
    case Site::rope:
      return elementary * n * static_cast<double>(queries + keys);
    default:
      return elementary / 3 * n * static_cast<double>(a.width);
  }
}

double pass_cost(const Architecture& architecture, std::size_t tokens) {
  double cost = 0;
  for (const Site site : all_sites())
    cost += site_cost(site, architecture, tokens) *
            (is_in_layer(site) ? static_cast<double>(architecture.layers) : 1);
  return cost;
}

double activation_count(const Architecture& architecture, std::size_t tokens) {
  double count = 0;
  for (std::size_t t = 0; t < tensor_count; ++t)
    count += static_cast<double>(rows_of(static_cast<Tensor>(t), architecture, tokens)) *
             static_cast<double>(tokens);
  return count;
}

}  // namespace halfulp
