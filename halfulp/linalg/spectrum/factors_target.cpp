// Cholesky's factor, the size of its inverse, and the product of two factors.
#include "halfulp/linalg/spectrum/eight.hpp"
#include "halfulp/linalg/spectrum/spectrum_targets.hpp"

namespace halfulp::HALFULP_TARGET {
namespace {

/// y_j += a x_j for the eights from that of `first` on.
HWY_INLINE void add_multiple(double a, const double* x, std::size_t first, std::size_t pitch, double* y) {
  const Eight factor(a);
  for (std::size_t j = first / 8 * 8; j < pitch; j += 8)
    fused(factor, Eight::load(x + j), Eight::load(y + j)).store(y + j);
}

// Row by row, each subtracted from the rows below it: the inner loop runs along rows.
std::size_t cholesky(double* g, std::size_t n, std::size_t pitch) {
  for (std::size_t k = 0; k < n; ++k) {
    double* const row = g + k * pitch;
    for (std::size_t j = 0; j < k; ++j) row[j] = 0;
    const double pivot = row[k];
    if (!(pivot > 0 && pivot <= __DBL_MAX__)) return k;
    const double root = __builtin_sqrt(pivot);
    for (std::size_t j = k / 8 * 8; j < pitch; j += 8) (Eight::load(row + j) / Eight(root)).store(row + j);
    row[k] = root;
    for (std::size_t i = k + 1; i < n; ++i) add_multiple(-row[i], row, i, pitch, g + i * pitch);
  }
  return n;
}

void inverse_sizes(const double* r, std::size_t n, std::size_t pitch, const double* s, double* x, double* t) {
  for (std::size_t j = 0; j < pitch; ++j) t[j] = 0;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = i / 8 * 8; j < pitch; ++j) x[j] = 0;
    x[i] = 1;
    for (std::size_t k = i; k < n; ++k) {
      const double entry = x[k] / r[k * pitch + k];
      add_multiple(-entry, r + k * pitch, k, pitch, x);
      x[k] = entry;
    }
    const Eight weight(s[i]);
    for (std::size_t j = i / 8 * 8; j < pitch; j += 8)
      fused(abs(Eight::load(x + j)), weight, Eight::load(t + j)).store(t + j);
  }
}

/// Two rows of c from the eights `first` on, four eights at a time.
template <std::size_t count>
HWY_INLINE void product_rows(const double* a, std::size_t row, std::size_t rows, const double* b,
                             std::size_t n, std::size_t pitch, std::size_t column, double* c) {
  Eight s[2][count];
  unroll<2>([&](auto r) HALFULP_INLINE {
    unroll<count>([&](auto v) HALFULP_INLINE { s[r.value][v.value] = Eight(0.0); });
  });
  const double* const second = rows > 1 ? a + pitch : a;
  for (std::size_t k = row > column ? row : column; k < n; ++k) {
    const Eight x(a[k]), y(second[k]);
    unroll<count>([&](auto v) HALFULP_INLINE {
      const Eight z = Eight::load(b + k * pitch + column + 8 * v.value);
      s[0][v.value] = fused(x, z, s[0][v.value]);
      s[1][v.value] = fused(y, z, s[1][v.value]);
    });
  }
  unroll<count>([&](auto v) HALFULP_INLINE {
    s[0][v.value].store(c + column + 8 * v.value);
    if (rows > 1) s[1][v.value].store(c + pitch + column + 8 * v.value);
  });
}

void triangles_product(const double* a, const double* b, std::size_t n, std::size_t pitch, double* c) {
  for (std::size_t i = 0; i < n; i += 2) {
    const std::size_t rows = n - i < 2 ? 1 : 2;
    std::size_t j = 0;
    for (; j + 32 <= pitch; j += 32) product_rows<4>(a + i * pitch, i, rows, b, n, pitch, j, c + i * pitch);
    for (; j < pitch; j += 8) product_rows<1>(a + i * pitch, i, rows, b, n, pitch, j, c + i * pitch);
  }
}

}  // namespace

void fill_factors(SpectrumKernels& t) {
  t.cholesky = cholesky;
  t.inverse_sizes = inverse_sizes;
  t.triangles_product = triangles_product;
}

}  // namespace halfulp::HALFULP_TARGET
