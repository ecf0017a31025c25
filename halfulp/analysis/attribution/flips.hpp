// How likely rounding makes another token the greedy one.
//
// The margin before the logits are rounded is D ~ N(m, sigma^2); the two logits are then rounded to multiples
// of g, and the largest wins, among equals the one with the lowest index.  For a common offset that is
// uniform over the grid a margin D > 0 rounds to a tie with probability max(0, 1 - D/g), and a margin D < 0
// is lost with probability min(1, -D/g) and else a tie.  With the mean over D, Phi and phi the normal
// distribution and density, Psi(z) = z Phi(z) + phi(z):
//
//   P(strictly behind) = (sigma/g) (Psi(-m/sigma) - Psi((-m - g)/sigma))
//   P(not ahead)       = (sigma/g) (Psi((g - m)/sigma) - Psi(-m/sigma))
//
// which tend to Phi(-m/sigma) as g -> 0.  Source: docs/theory.md, 8; the grid: derived here.
#pragma once

#include "halfulp/arith/format.hpp"

namespace halfulp {

/// Phi(z).
double normal_distribution(double z);

/// margin m >= 0, sigma >= 0, spacing g >= 0 of the logits' format.  ties_lose: the competitor has the lower
/// index.  0 for an infinite margin; NaN where sigma is.
double flip_probability(double margin, double sigma, double spacing, bool ties_lose);

/// Distance of the numbers of a format at |x| (below, at powers of the radix): 0 for binary64.
double spacing_at(const Format& format, double x);

}  // namespace halfulp
