#include "halfulp/linalg/spectrum/product_spectrum.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "halfulp/arith/rounding_model.hpp"
#include "halfulp/linalg/kernels.hpp"
#include "halfulp/linalg/spectrum/spectrum_kernels.hpp"

namespace halfulp {
namespace {

constexpr double u = 0x1p-53;
constexpr double infinite = std::numeric_limits<double>::infinity();

/// A square matrix [pitch, pitch], zeros beyond n.
struct Square {
  std::vector<double> a;
  std::size_t n = 0, pitch = 0;
};

double frobenius_above(const std::vector<double>& a) {
  double squares = 0;
  for (const double x : a) squares += x * x;
  return std::sqrt(squares) * (1 + static_cast<double>(a.size() + 2) * u);
}

std::vector<double> transposed(const ThinFactor& f) {
  std::vector<double> t(f.pitch * f.pitch);
  for (std::size_t i = 0; i < f.n; ++i)
    for (std::size_t j = 0; j < f.n; ++j) t[j * f.pitch + i] = f.r[i * f.pitch + j];
  return t;
}

Square product(const ThinFactor& k, const ThinFactor& q) {
  Square c{std::vector<double>(k.pitch * k.pitch), k.n, k.pitch};
  const std::vector<double> turned = transposed(q);
  if (k.triangular && q.triangular) {
    kernels().spectrum->triangles_product(k.r.data(), turned.data(), k.n, k.pitch, c.a.data());
  } else {
    for (std::size_t i = 0; i < k.n; ++i)
      for (std::size_t l = 0; l < k.n; ++l)
        for (std::size_t j = 0; j < k.n; ++j)
          c.a[i * k.pitch + j] += k.r[i * k.pitch + l] * turned[l * k.pitch + j];
  }
  return c;
}

/// Values of a, and what each may be off by beside the ends of its interval.
struct Bisected {
  std::vector<double> low, high;
  double distance = 0;  // absolute
};

/// (2n reflections) (c + zeroing) u ||A||_F.  Of one reflection, with k = n/8 + 4 roundings in a sum of n
/// terms by eight lanes: v^T A within gamma_n, beta within k + 4, their product, doubled by ||v||^2 beta = 2,
/// and the last subtraction; what should be zeroed is off by twice the error k + 4 of v's first entry, and k
/// + 3 of the length's.  Squared lengths below 2^-900 count as zero, and squares may underflow.
double bidiagonalisation_error(std::size_t n, double frobenius) {
  const double k = std::ceil(static_cast<double>(n) / 8) + 4, m = static_cast<double>(n);
  const double one = 2 * (m + k + 5) + 2 + 3 * (k + 4);
  return (Upper(2 * m) * (one * 1.01 * u) * frobenius + Upper(m * 0x1p-440)).value();
}

Bisected bisected(Square square, std::size_t count) {
  const SpectrumKernels& fast = *kernels().spectrum;
  const std::size_t n = square.n;
  Bisected result;
  double largest = 0;
  for (const double x : square.a) largest = std::fmax(largest, std::fabs(x));
  if (!(largest > 0)) {
    result.low.assign(count, 0.0);
    result.high.assign(count, 0.0);
    return result;
  }
  if (!std::isfinite(largest)) {
    result.low.assign(count, 0.0);
    result.high.assign(count, infinite);
    return result;
  }
  const int exponent = std::clamp(std::ilogb(largest) + 1, -1000, 1000);
  const double scale = std::ldexp(1.0, -exponent), back = std::ldexp(1.0, exponent);
  for (double& x : square.a) x *= scale;
  const double frobenius = frobenius_above(square.a);
  std::vector<double> d(n), e(n), scratch(4 * square.pitch);
  fast.bidiagonalise(square.a.data(), n, square.pitch, d.data(), e.data(), scratch.data());

  std::vector<double> b(2 * n - 1);
  for (std::size_t i = 0; i < n; ++i) {
    b[2 * i] = std::fabs(d[i]);
    if (i + 1 < n) b[2 * i + 1] = std::fabs(e[i]);
  }
  double bound = b[0];  // row sums bound the largest eigenvalue
  for (std::size_t i = 0; i + 1 < b.size(); ++i) bound = std::fmax(bound, b[i] + b[i + 1]);
  bound *= 1 + 0x1p-50;
  // The counts want x <= 1, and squares that are not too small: those below 2^-200 are raised.
  const int up = std::ilogb(bound) + 1;
  const double to_one = std::ldexp(1.0, -up);
  constexpr double least = 0x1p-100;
  std::vector<double> b2(b.size());
  for (std::size_t i = 0; i < b.size(); ++i) {
    const double x = std::fmax(b[i] * to_one, least);
    b2[i] = x * x;
  }
  constexpr int steps = 46;
  result.low.assign(count, 0.0);
  result.high.assign(count, bound * to_one);
  for (std::size_t first = 0; first < count; first += counted_at_once) {
    const std::size_t there = std::min(counted_at_once, count - first);
    double low[counted_at_once], high[counted_at_once], x[counted_at_once], above[counted_at_once];
    for (std::size_t l = 0; l < counted_at_once; ++l) {
      low[l] = 0;
      high[l] = bound * to_one;
    }
    for (int step = 0; step < steps; ++step) {
      for (std::size_t l = 0; l < counted_at_once; ++l) x[l] = 0.5 * (low[l] + high[l]);
      fast.count_above(b2.data(), b2.size(), x, above);
      for (std::size_t l = 0; l < counted_at_once; ++l)
        (above[l] > static_cast<double>(first + l) ? low[l] : high[l]) = x[l];
    }
    for (std::size_t l = 0; l < there; ++l) {
      result.low[first + l] = low[l];
      result.high[first + l] = high[l];
    }
  }
  // A count is that of a matrix whose off-diagonals differ by 3u/2 each, 2n - 1 of them.
  const double eta = 1.01 * 3 * static_cast<double>(n) * u;
  const double whole = back * std::ldexp(1.0, up);
  for (std::size_t i = 0; i < count; ++i) {
    result.low[i] = next_below(result.low[i] * (1 - eta)) * whole;
    result.high[i] = next_above(result.high[i] * (1 + eta)) * whole;
  }
  const Upper raised = Upper(2.0 * least) * std::ldexp(1.0, up);
  result.distance = ((Upper(bidiagonalisation_error(n, frobenius)) + raised) * back).value();
  return result;
}

/// The intervals of a's values, widened by `distance` and the factors' errors.
ProductSpectrum finished(Bisected&& a, Upper distance, double relative_low, double relative_high) {
  ProductSpectrum s;
  for (std::size_t i = 0; i < a.low.size(); ++i) {
    s.values.push_back(0.5 * (a.low[i] + a.high[i]));
    const double low = next_below(a.low[i]) - distance.value();
    s.lower.push_back(std::isfinite(low) && low > 0 ? next_below(next_below(low) * relative_low) : 0.0);
    s.upper.push_back(((Upper(a.high[i]) + distance) * relative_high).value());
  }
  return s;
}

}  // namespace

double ProductSpectrum::sum() const {
  double total = 0;
  for (const double x : values) total += x;
  return total;
}

double ProductSpectrum::sum_of_squares() const {
  double total = 0;
  for (const double x : values) total += x * x;
  return total;
}

ProductSpectrum product_spectrum(const ThinFactor& k, const ThinFactor& q, std::size_t count) {
  const std::size_t n = k.n;
  Bisected a = bisected(product(k, q), std::min(count, n));
  const Upper of_product =
      gamma_above(static_cast<double>(n) + 1, u) * Upper(k.frobenius) * Upper(q.frobenius);
  const Upper of_factors =
      Upper(k.absolute) * (Upper(q.frobenius) + q.absolute) + Upper(k.frobenius) * q.absolute;
  const double delta = (Upper(k.relative) + q.relative).value();  // sqrt((1 + a)(1 + b)) <= 1 + (a + b) / 2
  return finished(std::move(a), Upper(a.distance) + of_product + of_factors, next_below(1 - delta),
                  (Upper(1) + delta).value());
}

ProductSpectrum singular_values_of(const ThinFactor& w, std::size_t count) {
  Bisected a = bisected({w.r, w.n, w.pitch}, std::min(count, w.n));
  return finished(std::move(a), Upper(a.distance) + w.absolute, next_below(1 - w.relative),
                  (Upper(1) + w.relative).value());
}

}  // namespace halfulp
