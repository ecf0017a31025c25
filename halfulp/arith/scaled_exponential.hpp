// The exponential of numbers beyond binary64's range, for formats whose exponents have no bounds.
#pragma once

namespace halfulp {

/// exp(a) radix^-k with k = round(m / log radix), for a and m up to 10^6 in magnitude: rounded to odd (radix
/// 2) or to binary64 within 0.501 ulp (radix 10).  k = 0 where m is not finite.
double exp_in_scale_of(double a, double m, int radix);

/// sqrt(d) = parts[0] + parts[1], relative error below 2^-103.
void root_parts(double d, double parts[2]);

}  // namespace halfulp
