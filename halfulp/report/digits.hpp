// Real numbers written with the digits that are known.
#pragma once

#include <string>

#include "halfulp/arith/ball.hpp"

namespace halfulp {

/// Decimal digits of a ball's midpoint, as many as its radius vouches for and at most `most` (30:
/// double-double has no more): "1.5", "-2.0371e-08", "inf"; "0" where not even the first digit is known;
/// "nan" where nothing is (what is undefined at its input among them).
std::string in_digits(const Ball& x, int most = 30);
/// How far the exact number is from the printed one at most: the ball's radius and what the printing cut off.
double printed_radius(const Ball& x, int most = 30);

}  // namespace halfulp
