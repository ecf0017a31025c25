#include "halfulp/analysis/attribution/expected_flips.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "halfulp/analysis/attribution/contributions.hpp"
#include "halfulp/analysis/attribution/flips.hpp"

namespace halfulp {

std::vector<Margin> closest_margins(std::vector<Margin> margins, std::size_t count) {
  std::stable_sort(margins.begin(), margins.end(),
                   [](const Margin& a, const Margin& b) { return a.value < b.value; });
  margins.resize(std::min(count, margins.size()));
  return margins;
}

double expected_flips(MatrixView<const double> logits, const std::vector<Margin>& margins,
                      const std::vector<Margin>& closest, const std::vector<double>& variance,
                      const Format& stored) {
  const double others = std::accumulate(variance.begin(), variance.end(), 0.0) /
                        static_cast<double>(std::max<std::size_t>(1, closest.size()));
  std::vector<double> of_position(logits.columns(), others);
  for (std::size_t m = 0; m < closest.size(); ++m) of_position[closest[m].position] = variance[m];
  double flips = 0;
  for (const Margin& m : margins)
    flips += flip_probability(m.value, root_of_variance(of_position[m.position]),
                              spacing_at(stored, logits(m.first, m.position)), m.second < m.first);
  return flips;
}

}  // namespace halfulp
