#include "halfulp/analysis/quantities/quantity.hpp"

#include <algorithm>

namespace halfulp {

const std::vector<const Quantity*>& all_quantities() {
  static const std::vector<const Quantity*> all = [] {
    std::vector<const Quantity*> collected;
    for (const auto& table :
         {rounding_quantities(), simulated_quantities(), layer_quantities(), distance_quantities(),
          norm_quantities(), affine_quantities(), perceptron_quantities(), softmax_quantities(),
          attention_quantities(), block_quantities(), error_quantities()})
      for (const Quantity& quantity : table) collected.push_back(&quantity);
    std::sort(collected.begin(), collected.end(),
              [](const Quantity* a, const Quantity* b) { return a->name < b->name; });
    return collected;
  }();
  return all;
}

const Quantity* quantity_named(std::string_view name) {
  const auto& all = all_quantities();
  const auto found = std::lower_bound(all.begin(), all.end(), name,
                                      [](const Quantity* q, std::string_view n) { return q->name < n; });
  return found != all.end() && (*found)->name == name ? *found : nullptr;
}

}  // namespace halfulp
