// Functionals of the logits whose errors say what rounding does to the output.
//
// Z [vocabulary, n] are the accurate logits, p_t the softmax of column t, dZ what rounding does to them.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "halfulp/layers/transformer/reverse.hpp"

namespace halfulp {

/// c = xi, independent random signs: the mean over xi of (c . dZ)^2 is ||dZ||_F^2, and varies less than with
/// normal numbers (Hutchinson 1990).
Functionals logit_probes(std::size_t count, std::uint64_t seed);

/// c_t = sqrt(p_t) xi_t - p_t (sqrt(p_t) . xi_t): the mean over xi of (c . dZ)^2 is
/// sum_t dz_t^T (diag(p_t) - p_t p_t^T) dz_t, twice the sum of the divergences to second order.
/// Source: docs/theory.md, 8.
Functionals divergence_probes(std::size_t count, std::uint64_t seed);

/// The gradient of the mean negative log-likelihood of the next token over tokens 0 .. n - 2.
Functionals loss_functional(std::span<const std::uint32_t> tokens);

/// z_first - z_second at one position.
struct Margin {
  std::size_t position = 0;
  std::size_t first = 0, second = 0;
  double value = 0;
};
/// One functional for each margin.
Functionals margin_functionals(std::vector<Margin> margins);
/// Each functional sums all margins with random signs: its mean square is the sum of the margins' squares.
Functionals margin_probes(std::vector<Margin> margins, std::size_t count, std::uint64_t seed);

/// The largest logit of each position (the lowest index among equals) against the next.  vocabulary >= 2.
std::vector<Margin> top_margins(MatrixView<const double> logits);

/// Of the error of a functional: 0 for a sum of covariances that came out below 0; NaN stays NaN.
inline double root_of_variance(double variance) { return variance < 0 ? 0 : std::sqrt(variance); }

/// All of them, one after another.
Functionals joined(std::vector<Functionals> parts);

}  // namespace halfulp
