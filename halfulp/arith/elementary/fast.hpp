// The fast paths of tanh and erf as pairs of numbers (that of exp is in exp_core.hpp).
// A caller rounds value + error where the bound shows the rounding to be certain, and recomputes in
// double-double otherwise: Ziv's strategy (ACM TOMS 17 (1991), 410-423).
#pragma once

#include "halfulp/arith/error_free.hpp"

namespace halfulp::detail {

/// Relative error of value + error = tanh(x), for 2^-200 <= |x| <= last_fast_tanh.
inline constexpr double tanh_fast_error = 0x1p-62;
inline constexpr double last_fast_tanh = 20;
WithError tanh_fast(double x);

/// Relative error of value + error = erf(a), for 2^-200 <= a <= last_fast_erf;  erf(6) = 1 - 2^-55.4.
inline constexpr double erf_fast_error = 0x1p-59;
inline constexpr double last_fast_erf = 6;
WithError erf_fast(double a);

}  // namespace halfulp::detail
