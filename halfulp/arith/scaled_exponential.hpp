// The exponential of numbers beyond binary64's range, for formats whose exponents have no bounds.
#pragma once

namespace halfulp {

/// exp(a) in a scale that depends on m only, a <= m, rounded to odd (radix 2) or to binary64 within 0.501 ulp
/// (radix 10):  exp(a) radix^-k, k = round(m / log radix), up to |m| = 10^6: the digits are those of exp(a).
/// Beyond, where these would need more of log radix than 106 bits:  exp(a - m).  exp(a) where m is not
/// finite.
double exp_in_scale_of(double a, double m, int radix);

/// sqrt(d) = parts[0] + parts[1], relative error below 2^-103.
void root_parts(double d, double parts[2]);

}  // namespace halfulp
