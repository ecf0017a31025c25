#include "halfulp/analysis/attribution/flips.hpp"

#include <algorithm>
#include <cmath>

#include "halfulp/arith/elementary/elementary.hpp"

namespace halfulp {
namespace {

/// (z Phi(z) + phi(z)): the mean of max(0, z - x) over normal x.
double mean_excess(double z) {
  const double density = exp(-z * z / 2) * 0.3989422804014327;
  return std::max(0.0, z * normal_distribution(z) + density);
}

/// The mean of min(1, max(0, (a - D)/g)) over D ~ N(m, sigma^2).
double mean_of_ramp(double a, double m, double sigma, double g) {
  if (sigma == 0) return std::clamp((a - m) / g, 0.0, 1.0);
  const double whole = sigma / g * (mean_excess((a - m) / sigma) - mean_excess((a - g - m) / sigma));
  return std::clamp(whole, 0.0, 1.0);
}

}  // namespace

double normal_distribution(double z) { return 0.5 * (1 + erf(z * 0.7071067811865476)); }

double flip_probability(double margin, double sigma, double spacing, bool ties_lose) {
  if (std::isnan(sigma)) return sigma;
  if (std::isinf(margin)) return 0;
  if (!(spacing > 1e-6 * sigma)) {  // a grid too fine to matter
    if (sigma == 0) return margin == 0 && ties_lose ? 1 : 0;
    return normal_distribution(-margin / sigma);
  }
  return mean_of_ramp(ties_lose ? spacing : 0, margin, sigma, spacing);
}

double spacing_at(const Format& format, double x) {
  if (!std::isfinite(x)) return 0;
  const double size = std::fabs(x);
  if (format.is_decimal()) {
    if (size == 0) return 0;
    double power = 1;  // 10^e <= |x| < 10^(e + 1)
    while (power * 10 <= size) power *= 10;
    while (power > size) power /= 10;
    for (int digit = 1; digit < format.digits; ++digit) power /= 10;
    return power;
  }
  if (format.precision >= 53) return 0;
  if (size < format.smallest_normal()) return format.smallest_subnormal();
  return size == 0 ? 0 : std::ldexp(1.0, std::ilogb(size) + 1 - format.precision);
}

}  // namespace halfulp
