#include "halfulp/linalg/spectrum/thin_factor.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

#include "halfulp/arith/rounding_model.hpp"
#include "halfulp/base/interrupt.hpp"
#include "halfulp/linalg/kernels.hpp"
#include "halfulp/linalg/spectrum/spectrum_kernels.hpp"

namespace halfulp {
namespace {

constexpr double u = 0x1p-53;

double above(Upper x) { return x.value(); }

double frobenius_above(const std::vector<double>& a) {
  double squares = 0;
  for (const double x : a) squares += x * x;
  return std::sqrt(squares) * (1 + static_cast<double>(a.size() + 2) * u);
}

/// delta of the head of this file; infinite where it says nothing.
// With X the computed inverse, |X R - I| <= gamma_n |X| |R|, so that for t = |X|^T s
//   |R^-T| s <= t / (1 - phi),   phi = gamma_n (1 + epsilon) ||t||,
// because the columns of R are as long as s says.
double relative_error(const Gram& gram, const double* r) {
  const std::size_t n = gram.n;
  std::vector<double> s(n), x(gram.pitch), t(gram.pitch);
  for (std::size_t i = 0; i < n; ++i) s[i] = std::sqrt(gram.squares[i]);
  kernels().spectrum->inverse_sizes(r, n, gram.pitch, s.data(), x.data(), t.data());
  Upper squares;
  for (std::size_t j = 0; j < n; ++j) squares += Upper(t[j]) * t[j];
  const Upper gamma = gamma_above(static_cast<double>(n) + 2, u);
  const Upper size = sqrt(squares) * (Upper(1) + gamma);
  const double phi = above(gamma * size * 1.01);
  if (!(phi < 0.5)) return std::numeric_limits<double>::infinity();
  const Upper exact = size / next_below(1 - phi);
  const Upper epsilon = Upper(gram.error) + gamma_above(static_cast<double>(n) + 4, u) * 1.001;
  return above(epsilon * exact * exact);
}

std::optional<ThinFactor> factor_in_binary64(const Gram& gram) {
  ThinFactor f;
  f.n = gram.n;
  f.pitch = gram.pitch;
  f.r = gram.g;
  if (kernels().spectrum->cholesky(f.r.data(), f.n, f.pitch) < f.n) return std::nullopt;
  f.relative = relative_error(gram, f.r.data());
  if (!(f.relative <= most_relative_error)) return std::nullopt;
  for (std::size_t i = f.n; i < f.pitch; ++i)
    std::fill_n(f.r.begin() + static_cast<std::ptrdiff_t>(i * f.pitch), f.pitch, 0.0);
  f.frobenius = frobenius_above(f.r);
  return f;
}

/// R = 0, and W at most so long.
ThinFactor all_unknown(const Gram& gram, double length) {
  ThinFactor f;
  f.n = gram.n;
  f.pitch = gram.pitch;
  f.r.assign(f.pitch * f.pitch, 0.0);
  f.absolute = length;
  return f;
}

}  // namespace

ThinFactor thin_factor(const WideMatrix& w, const Gram& gram) {
  if (!gram.is_finite()) return all_unknown(gram, std::numeric_limits<double>::infinity());
  // Squares that are nearly subnormal have lost digits, which no count of roundings shows.
  double largest = 0, least = HUGE_VAL, sizes = 0;
  for (std::size_t i = 0; i < gram.n; ++i) {
    largest = std::fmax(largest, gram.squares[i]);
    least = std::fmin(least, gram.squares[i]);
    sizes += gram.sizes[i];
  }
  for (const double c : w.column) sizes += std::fabs(c);
  if (largest < 0x1p-700) return all_unknown(gram, sizes * 1.01);
  if (least > 0x1p-800)
    if (auto f = factor_in_binary64(gram)) return *std::move(f);
  return thin_factor_in_double_double(w);
}

ThinFactor thin_factor_in_double_double(const WideMatrix& w) {
  const std::size_t n = w.rows();
  std::vector<DoubleDouble> g = exact_gram(w);
  ThinFactor f;
  f.n = n;
  f.pitch = (n + slice_width - 1) / slice_width * slice_width;
  f.r.assign(f.pitch * f.pitch, 0.0);
  f.triangular = false;
  Upper trace;
  for (std::size_t i = 0; i < n; ++i) trace += Upper(std::fabs(double(g[i * n + i]))) * 1.001;
  // With the columns that g was summed over; s s^T is at most its trace in norm.
  const Upper epsilon = Upper(static_cast<double>(2 * w.columns() + 4 * n + 16)) * 0x1p-103;
  std::vector<std::size_t> left(n);
  std::iota(left.begin(), left.end(), std::size_t{0});
  Upper remaining;
  for (std::size_t row = 0; row < n; ++row) {
    throw_if_interrupted();
    const auto largest = std::max_element(left.begin(), left.end(), [&](std::size_t a, std::size_t b) {
      return g[a * n + a].hi < g[b * n + b].hi;
    });
    const std::size_t p = *largest;
    const DoubleDouble pivot = g[p * n + p];
    if (!(pivot.hi > above(epsilon * trace))) {
      // What is left is part of the distance: a positive matrix but for rounding, at most its trace in norm.
      for (const std::size_t i : left) remaining += Upper(std::fabs(g[i * n + i].hi)) * 1.001;
      break;
    }
    left.erase(largest);
    const DoubleDouble root = sqrt(pivot);
    f.r[row * f.pitch + p] = root.hi;
    for (const std::size_t j : left) {
      g[p * n + j] = g[p * n + j] / root;
      f.r[row * f.pitch + j] = g[p * n + j].hi;
    }
    for (const std::size_t i : left)
      for (const std::size_t j : left) g[i * n + j] = g[i * n + j] - g[p * n + i] * g[p * n + j];
  }
  f.frobenius = frobenius_above(f.r);
  const Upper distance = sqrt(epsilon * trace * 1.01 + remaining);
  f.absolute = above(distance + Upper(f.frobenius) * (2 * u));  // and R rounded to binary64
  return f;
}

ThinFactor ThinFactor::with_rows_scaled(std::span<const double> factors) const {
  ThinFactor scaled = *this;
  double largest = 0;
  for (std::size_t j = 0; j < n; ++j) largest = std::fmax(largest, std::fabs(factors[j]));
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) scaled.r[i * pitch + j] *= factors[j];
  scaled.frobenius = frobenius_above(scaled.r);
  scaled.absolute = above(Upper(absolute) * largest + Upper(scaled.frobenius) * (2 * u));
  return scaled;
}

}  // namespace halfulp
