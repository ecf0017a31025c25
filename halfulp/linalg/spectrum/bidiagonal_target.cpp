// Bidiagonalisation by Householder's reflections, and Sturm counts.
#include "halfulp/linalg/spectrum/eight.hpp"
#include "halfulp/linalg/spectrum/spectrum_targets.hpp"

namespace halfulp::HALFULP_TARGET {
namespace {

/// Below this, beside a matrix whose entries are at most 1, a squared length counts as 0.
constexpr double negligible_square = 0x1p-900;

HWY_INLINE double sum_of_squares(const double* x, std::size_t first, std::size_t pitch) {
  Eight s(0.0);
  for (std::size_t j = first; j < pitch; j += 8) {
    const Eight a = Eight::load(x + j);
    s = fused(a, a, s);
  }
  return sum(s);
}

struct Reflection {
  double beta;   // H = I - beta v v^T
  double image;  // H x = image e_1
};

/// x, whose first entry is x[at] and whose entries before it are zeros, becomes v.
// The sign keeps the first entry of v from cancelling.
HWY_INLINE Reflection reflect(double* x, std::size_t at, std::size_t pitch) {
  const double head = x[at];
  x[at] = 0;
  const double tail = sum_of_squares(x, at / 8 * 8, pitch);
  if (!(tail > negligible_square)) {
    for (std::size_t j = at; j < pitch; ++j) x[j] = 0;
    return {0, head};
  }
  const double length = __builtin_sqrt(tail + head * head);
  const double image = head > 0 ? -length : length;
  const double first = head - image;
  x[at] = first;
  return {2 / (tail + first * first), image};
}

// Each step reflects column j and then row j; what the row's reflection does to the rows below is done in the
// pass that also multiplies them by the next column's, so that a step reads and writes the matrix twice.
void bidiagonalise(double* a, std::size_t n, std::size_t pitch, double* d, double* e, double* scratch) {
  double* const v = scratch;              // of the column
  double* const w = scratch + pitch;      // v^T A
  double* const u = scratch + 2 * pitch;  // of the row
  double* const z = scratch + 3 * pitch;  // A u
  for (std::size_t j = 0; j < pitch; ++j) u[j] = z[j] = 0;
  for (std::size_t j = 0; j < n; ++j) {
    for (std::size_t i = 0; i < pitch; ++i) v[i] = 0;
    for (std::size_t i = j; i < n; ++i) v[i] = __builtin_fma(-z[i], u[j], a[i * pitch + j]);
    const Reflection column = reflect(v, j, pitch);
    d[j] = column.image;
    if (j + 1 == n) break;
    const std::size_t first = (j + 1) / 8 * 8;
    for (std::size_t k = first; k < pitch; k += 8) Eight(0.0).store(w + k);
    for (std::size_t i = j; i < n; ++i) {
      double* const row = a + i * pitch;
      const Eight minus_z(-z[i]), factor(v[i]);
      for (std::size_t k = first; k < pitch; k += 8) {
        const Eight entry = fused(minus_z, Eight::load(u + k), Eight::load(row + k));
        entry.store(row + k);
        fused(factor, entry, Eight::load(w + k)).store(w + k);
      }
    }
    const Eight beta(column.beta);
    for (std::size_t k = first; k < pitch; k += 8) (beta * Eight::load(w + k)).store(w + k);
    for (std::size_t k = 0; k < pitch; ++k) u[k] = 0;
    for (std::size_t k = j + 1; k < n; ++k) u[k] = __builtin_fma(-v[j], w[k], a[j * pitch + k]);
    const Reflection across = reflect(u, j + 1, pitch);
    e[j] = across.image;
    for (std::size_t i = j + 1; i < n; ++i) {
      double* const row = a + i * pitch;
      const Eight minus_v(-v[i]);
      Eight s(0.0);
      for (std::size_t k = first; k < pitch; k += 8) {
        const Eight entry = fused(minus_v, Eight::load(w + k), Eight::load(row + k));
        entry.store(row + k);
        s = fused(entry, Eight::load(u + k), s);
      }
      z[i] = across.beta * sum(s);
    }
  }
}

// r_0 = 1, r_1 = x, r_i = x r_{i-1} - b_{i-1}^2 r_{i-2}: principal minors of xI - T.  A change of sign is an
// eigenvalue above x.
void count_above(const double* b2, std::size_t count, const double* x, double* above) {
  constexpr std::size_t groups = 4, often = 8;
  const Eight one(1.0);
  Eight at[groups], last[groups], next[groups], changes[groups];
  unroll<groups>([&](auto g) HALFULP_INLINE {
    at[g.value] = Eight::load(x + 8 * g.value);
    last[g.value] = one;
    next[g.value] = at[g.value];
    changes[g.value] = Eight(0.0);
  });
  for (std::size_t i = 0; i < count; ++i) {
    const Eight b(b2[i]);
    unroll<groups>([&](auto g) HALFULP_INLINE {
      const Eight product = b * last[g.value];
      for (std::size_t p = 0; p < Eight::parts; ++p) {
        using P = Pack<double>;
        const P r = fused(at[g.value].v[p], next[g.value].v[p], -product.v[p]);
        const auto differ =
            shift_right<63>(bits_as<std::uint64_t>(r) ^ bits_as<std::uint64_t>(next[g.value].v[p]));
        changes[g.value].v[p] = bits_as<double>(
            Pack<std::uint64_t>(hn::Add(bits_as<std::uint64_t>(changes[g.value].v[p]).v, differ.v)));
        last[g.value].v[p] = next[g.value].v[p];
        next[g.value].v[p] = r;
      }
    });
    if (i % often == often - 1) {
      // Both by the same power of two: the larger comes near 1.
      unroll<groups>([&](auto g) HALFULP_INLINE {
        for (std::size_t p = 0; p < Eight::parts; ++p) {
          using P = Pack<double>;
          using U = Pack<std::uint64_t>;
          const P larger = max(abs(last[g.value].v[p]), abs(next[g.value].v[p]));
          // 2^-e of 2^e: the biased exponents add up to 2046.
          const U exponent = bits_as<std::uint64_t>(binade(larger));
          const P scale = bits_as<double>(U(hn::Sub(U(std::uint64_t{2046} << 52).v, exponent.v)));
          last[g.value].v[p] = last[g.value].v[p] * scale;
          next[g.value].v[p] = next[g.value].v[p] * scale;
        }
      });
    }
  }
  unroll<groups>([&](auto g) HALFULP_INLINE {
    double lanes[8];
    changes[g.value].store(lanes);
    for (std::size_t l = 0; l < 8; ++l) {
      std::uint64_t bits;
      __builtin_memcpy(&bits, &lanes[l], sizeof bits);
      above[8 * g.value + l] = static_cast<double>(bits);
    }
  });
}

}  // namespace

void fill_bidiagonal(SpectrumKernels& t) {
  t.bidiagonalise = bidiagonalise;
  t.count_above = count_above;
}

}  // namespace halfulp::HALFULP_TARGET
