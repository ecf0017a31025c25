#include "halfulp/analysis/spectra/circuit.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "halfulp/arith/upper.hpp"

namespace halfulp {
namespace {

double column_length(const ThinFactor& f, std::size_t j) {
  double squares = 0;
  for (std::size_t i = 0; i < f.n; ++i) squares += f.r[i * f.pitch + j] * f.r[i * f.pitch + j];
  return std::sqrt(squares);
}

Enclosed quotient(const Enclosed& a, const Enclosed& b) {
  constexpr double infinite = std::numeric_limits<double>::infinity();
  if (a.upper == 0) return {infinite, 1, infinite};
  return {b.value > 0 ? a.value / b.value : infinite, next_below(a.lower / b.upper),
          b.lower > 0 ? next_above(a.upper / b.lower) : infinite};
}

}  // namespace

Circuit circuit_of(const ThinFactor& k, const ThinFactor& q, std::size_t rank_bound) {
  const ProductSpectrum s = product_spectrum(k, q, rank_bound);
  Circuit c;
  c.singular_values = s.values;
  const std::size_t count = s.values.size();
  for (std::size_t i = 0; i < count; ++i)
    c.radius = std::max({c.radius, s.upper[i] - s.values[i], s.values[i] - s.lower[i]});
  c.radius = c.radius > 0 ? next_above(c.radius) : 0;
  while (c.rank < count && s.lower[c.rank] > 0) ++c.rank;
  c.sigma_max = {s.values[0], s.lower[0], s.upper[0]};
  c.sigma_min = {s.values[count - 1], s.lower[count - 1], s.upper[count - 1]};
  c.smallest_nonzero = c.rank > 0 ? s.values[c.rank - 1] : 0;
  c.condition = quotient(c.sigma_max, c.sigma_min);
  // A value that may be 0 is no divisor: the quotient would be an accident of rounding.
  if (!(c.sigma_min.lower > 0)) c.condition.value = std::numeric_limits<double>::infinity();
  if (c.sigma_max.value > 0)
    for (const double x : s.values) c.stable_rank += (x / c.sigma_max.value) * (x / c.sigma_max.value);
  c.frobenius = c.sigma_max.value * std::sqrt(c.stable_rank);
  c.nuclear_norm = s.sum();
  double proxy = 0;
  for (std::size_t j = 0; j < k.n; ++j) proxy += column_length(k, j) * column_length(q, j);
  c.gauge_slack = c.nuclear_norm > 0 ? proxy / c.nuclear_norm
                  : proxy > 0        ? std::numeric_limits<double>::infinity()
                                     : 1;
  return c;
}

}  // namespace halfulp
