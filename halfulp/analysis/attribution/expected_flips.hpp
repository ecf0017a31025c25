// How many greedy tokens rounding is expected to change, from the errors of the closest margins.
#pragma once

#include <vector>

#include "halfulp/analysis/attribution/functionals.hpp"
#include "halfulp/arith/format.hpp"

namespace halfulp {

/// The `count` smallest margins, by rising value.
std::vector<Margin> closest_margins(std::vector<Margin> margins, std::size_t count);

/// Sum of flip_probability() over all margins.  variance: of the errors of the closest margins, but for the
/// rounding of the logits themselves, which comes in as the grid of the format they are stored in; the other
/// margins have the mean of these variances.
double expected_flips(MatrixView<const double> logits, const std::vector<Margin>& margins,
                      const std::vector<Margin>& closest, const std::vector<double>& variance,
                      const Format& stored);

}  // namespace halfulp
