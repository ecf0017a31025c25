// The factors of a norm's error, for largest magnitudes and for one token's own mean and deviation.
#pragma once

#include "halfulp/analysis/tolerance/derivation.hpp"

namespace halfulp {

/// Relative error of the normalised token times its gain, but for the centring.  subtracted: roundings of x -
/// mean, in the entry and under the root.  squares: of what format's numbers.  least: below mean square +
/// eps.
Upper normalised(const Setting& s, Derivation& d, double subtracted, const Format& squared, double least);

/// |mean_hat - mean| over the mean magnitude.
Upper mean_factor(const Setting& s, Derivation& d);

/// What the mean's error of q standard deviations makes of relative error `relative`:  y' = (y + eps/sigma)
/// (1 + theta) sigma / sqrt(sigma^2 + eps^2), because the entries of x - mean sum to 0.
inline KernelError off_centre(Upper relative, Upper q) {
  return {q * (Upper(1) + relative), relative + q * q * 0.5, {}};
}

/// The gain and the bias, rounded as the accumulator does; eta: of the products.
KernelError with_gain_and_bias(const Setting& s, const KernelError& normalised, Upper gain, Upper bias,
                               bool has_bias);

}  // namespace halfulp
