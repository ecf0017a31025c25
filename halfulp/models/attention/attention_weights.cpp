#include "halfulp/models/attention/attention_weights.hpp"

#include <cassert>

namespace halfulp {

WeightView HeadViews::head(std::size_t h) const {
  assert(h < heads);
  WeightView view = first;
  view.data += h * head_stride * size_of(view.dtype);
  return view;
}

double NormParameters::gain_at(std::size_t i) const {
  if (gain.empty()) return 1;
  return one_plus_gain ? 1 + gain.at(0, i) : gain.at(0, i);
}

double NormParameters::bias_at(std::size_t i) const { return bias.empty() ? 0 : bias.at(0, i); }

double HeadNorm::gain_at(std::size_t head, std::size_t i) const {
  if (gain.empty()) return 1;
  const double w = gain.head(head).at(0, i);
  return one_plus_gain ? 1 + w : w;
}

}  // namespace halfulp
