#include "halfulp/layers/rope/rope.hpp"

#include <algorithm>

#include "halfulp/arith/elementary/elementary.hpp"

namespace halfulp {

std::vector<DoubleDouble> rotary_powers(const Architecture& architecture) {
  std::vector<DoubleDouble> powers;
  const auto r = static_cast<double>(architecture.rotary_dims);
  for (std::size_t i = 0; i < architecture.rotary_dims / 2; ++i)
    powers.push_back(pow(DoubleDouble{architecture.rope_theta},
                         DoubleDouble{2.0 * static_cast<double>(i)} / DoubleDouble{r}));
  return powers;
}

std::vector<double> rotary_scales(const Architecture& architecture) {
  const auto& scaling = architecture.rope_scaling;
  std::vector<double> scales(architecture.rotary_dims / 2, 1.0);
  if (scaling.type == "linear") std::fill(scales.begin(), scales.end(), 1 / scaling.factor);
  if (scaling.type != "llama3") return scales;
  // Llama 3: long wavelengths are stretched by the factor, short ones stay, those between are interpolated.
  constexpr double two_pi = 6.283185307179586476925;
  const auto powers = rotary_powers(architecture);
  for (std::size_t i = 0; i < scales.size(); ++i) {
    const double turns = scaling.original_positions / (two_pi * powers[i].hi);
    const double smooth = (turns - scaling.low_frequency_factor) /
                          (scaling.high_frequency_factor - scaling.low_frequency_factor);
    const double kept = std::clamp(smooth, 0.0, 1.0);
    scales[i] = (1 - kept) / scaling.factor + kept;
  }
  return scales;
}

}  // namespace halfulp
