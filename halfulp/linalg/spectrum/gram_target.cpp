// Panels of bf16 weights in slices, and their Gram matrices.
#include "halfulp/linalg/spectrum/eight.hpp"
#include "halfulp/linalg/spectrum/spectrum_targets.hpp"

namespace halfulp::HALFULP_TARGET {
namespace {

using P = Pack<double>;

/// bf16 bits, exactly.
HWY_INLINE double value_of_bf16(std::uint16_t bits) {
  const std::uint32_t wide = static_cast<std::uint32_t>(bits) << 16;
  float value;
  __builtin_memcpy(&value, &wide, sizeof value);
  return value;
}

/// gain times eight bf16 numbers.
HWY_INLINE void widen_eight(const std::uint16_t* from, double gain, double* to) {
#if HWY_TARGET != HWY_SCALAR
  const P::Tag d;
  const hn::Rebind<float, P::Tag> f;
  const hn::Rebind<std::uint32_t, P::Tag> u;
  const hn::Rebind<std::uint16_t, P::Tag> h;
  for (std::size_t l = 0; l < 8; l += P::lanes) {
    const auto bits = hn::ShiftLeft<16>(hn::PromoteTo(u, hn::LoadU(h, from + l)));
    (P(hn::PromoteTo(d, hn::BitCast(f, bits))) * P(gain)).store(to + l);
  }
#else
  for (std::size_t l = 0; l < 8; ++l) to[l] = value_of_bf16(from[l]) * gain;
#endif
}

/// to[k][r] = from[r][k] for eight rows of eight; row_step between those of `from`.
HWY_INLINE void transpose_eight(const std::uint16_t* from, std::size_t row_step, std::uint16_t* to) {
#if HWY_TARGET != HWY_SCALAR
  using Tag16 = hn::FixedTag<std::uint16_t, 8>;
  using Tag32 = hn::FixedTag<std::uint32_t, 4>;
  using Tag64 = hn::FixedTag<std::uint64_t, 2>;
  const Tag16 h;
  const Tag32 w;
  const Tag64 q;
  hn::Vec<Tag16> a[8];
  for (std::size_t r = 0; r < 8; ++r) a[r] = hn::LoadU(h, from + r * row_step);
  hn::Vec<Tag32> b[8];  // b[4 i + j]: rows 2i and 2i + 1 (of each four), columns 4j ...
  for (std::size_t r = 0; r < 4; ++r) {
    b[2 * r] = hn::BitCast(w, hn::InterleaveLower(h, a[2 * r], a[2 * r + 1]));
    b[2 * r + 1] = hn::BitCast(w, hn::InterleaveUpper(h, a[2 * r], a[2 * r + 1]));
  }
  hn::Vec<Tag64> c[8];  // c[4 i + j]: rows 4i .. 4i + 3, columns 2j and 2j + 1
  for (std::size_t i = 0; i < 2; ++i) {
    c[4 * i] = hn::BitCast(q, hn::InterleaveLower(w, b[4 * i], b[4 * i + 2]));
    c[4 * i + 1] = hn::BitCast(q, hn::InterleaveUpper(w, b[4 * i], b[4 * i + 2]));
    c[4 * i + 2] = hn::BitCast(q, hn::InterleaveLower(w, b[4 * i + 1], b[4 * i + 3]));
    c[4 * i + 3] = hn::BitCast(q, hn::InterleaveUpper(w, b[4 * i + 1], b[4 * i + 3]));
  }
  for (std::size_t j = 0; j < 4; ++j) {
    hn::StoreU(hn::BitCast(h, hn::InterleaveLower(q, c[j], c[4 + j])), h, to + 16 * j);
    hn::StoreU(hn::BitCast(h, hn::InterleaveUpper(q, c[j], c[4 + j])), h, to + 16 * j + 8);
  }
#else
  for (std::size_t r = 0; r < 8; ++r)
    for (std::size_t k = 0; k < 8; ++k) to[8 * k + r] = from[r * row_step + k];
#endif
}

void pack_bf16(const std::uint16_t* w, std::size_t row_step, std::size_t rows, std::size_t count,
               const double* gain, double* slices) {
  for (std::size_t first = 0; first < rows; first += slice_width, slices += count * slice_width) {
    for (std::size_t half = 0; half < slice_width; half += 8) {
      const std::size_t row = first + half;
      const std::size_t there = row + 8 <= rows ? 8 : row < rows ? rows - row : 0;
      std::size_t k = 0;
      if (there == 8) {
        for (; k + 8 <= count; k += 8) {
          alignas(64) std::uint16_t turned[64];
          transpose_eight(w + row * row_step + k, row_step, turned);
          for (std::size_t j = 0; j < 8; ++j)
            widen_eight(turned + 8 * j, gain[k + j], slices + (k + j) * slice_width + half);
        }
      }
      for (; k < count; ++k)
        for (std::size_t c = 0; c < 8; ++c)
          slices[k * slice_width + half + c] =
              c < there ? value_of_bf16(w[(row + c) * row_step + k]) * gain[k] : 0.0;
    }
  }
}

void pack_bf16_transposed(const std::uint16_t* w, std::size_t row_step, std::size_t rows, std::size_t count,
                          const double* gain, double* slices) {
  for (std::size_t first = 0; first < rows; first += slice_width, slices += count * slice_width) {
    const std::size_t there = rows - first < slice_width ? rows - first : slice_width;
    for (std::size_t k = 0; k < count; ++k) {
      const std::uint16_t* const from = w + k * row_step + first;
      double* const to = slices + k * slice_width;
      if (there == slice_width) {
        widen_eight(from, gain[k], to);
        widen_eight(from + 8, gain[k], to + 8);
      } else {
        for (std::size_t c = 0; c < slice_width; ++c)
          to[c] = c < there ? value_of_bf16(from[c]) * gain[k] : 0.0;
      }
    }
  }
}

/// out(r, c) += sum_k a[16 k + r] b[16 k + c], r < R, c < V packs.
template <std::size_t R, std::size_t V>
HWY_INLINE void tile(const double* a, const double* b, std::size_t count, double* out, std::size_t pitch) {
  constexpr std::size_t L = P::lanes;
  P s[R][V];
  unroll<R>([&](auto r)
                HALFULP_INLINE { unroll<V>([&](auto v) HALFULP_INLINE { s[r.value][v.value] = P(0.0); }); });
  for (std::size_t k = 0; k < count; ++k, a += slice_width, b += slice_width) {
    P x[V];
    unroll<V>([&](auto v) HALFULP_INLINE { x[v.value] = P::load(b + v.value * L); });
    unroll<R>([&](auto r) HALFULP_INLINE {
      const P ar(a[r.value]);
      unroll<V>([&](auto v)
                    HALFULP_INLINE { s[r.value][v.value] = fused(ar, x[v.value], s[r.value][v.value]); });
    });
  }
  unroll<R>([&](auto r) HALFULP_INLINE {
    unroll<V>([&](auto v) HALFULP_INLINE {
      double* const to = out + r.value * pitch + v.value * L;
      (P::load(to) + s[r.value][v.value]).store(to);
    });
  });
}

void add_gram(const double* slices, std::size_t count, std::size_t n, double* g) {
  constexpr std::size_t R = P::lanes == 8 ? 8 : 4, V = 2, columns = V * P::lanes;
  static_assert(slice_width % R == 0 && slice_width % columns == 0);
  const std::size_t size = count * slice_width;
  for (std::size_t i = 0; i < n; i += slice_width) {
    const double* const a = slices + i / slice_width * size;
    for (std::size_t j = i; j < n; j += slice_width) {
      const double* const b = slices + j / slice_width * size;
      for (std::size_t c = 0; c < slice_width; c += columns)
        for (std::size_t r = 0; r < slice_width; r += R)
          tile<R, V>(a + r, b + c, count, g + (i + r) * n + j + c, n);
    }
  }
}

void add_sums(const double* slices, std::size_t count, std::size_t n, double* sums, double* sizes) {
  for (std::size_t i = 0; i < n; i += slice_width, slices += count * slice_width) {
    Eight sum_a = Eight::load(sums + i), sum_b = Eight::load(sums + i + 8);
    Eight size_a = Eight::load(sizes + i), size_b = Eight::load(sizes + i + 8);
    for (std::size_t k = 0; k < count; ++k) {
      const Eight a = Eight::load(slices + k * slice_width), b = Eight::load(slices + k * slice_width + 8);
      sum_a = sum_a + a;
      sum_b = sum_b + b;
      size_a = size_a + abs(a);
      size_b = size_b + abs(b);
    }
    sum_a.store(sums + i);
    sum_b.store(sums + i + 8);
    size_a.store(sizes + i);
    size_b.store(sizes + i + 8);
  }
}

void column_sizes(const double* slices, std::size_t count, std::size_t n, const double* weights,
                  double* plain, double* weighted) {
  for (std::size_t k = 0; k < count; ++k) {
    const double* x = slices + k * slice_width;
    Eight p(0.0), w(0.0);
    for (std::size_t i = 0; i < n; i += slice_width, x += count * slice_width) {
      const Eight a = abs(Eight::load(x)), b = abs(Eight::load(x + 8));
      p = p + (a + b);
      w = fused(a, Eight::load(weights + i), w);
      w = fused(b, Eight::load(weights + i + 8), w);
    }
    plain[k] = sum(p);
    weighted[k] = sum(w);
  }
}

/// 2^-896 |value|, whose bits are those of bf16 without the sign, in place: no conversion takes part.
HWY_INLINE Eight small_sizes(const std::uint16_t* from) {
  Eight a;
#if HWY_TARGET != HWY_SCALAR
  const hn::Rebind<std::uint64_t, P::Tag> u;
  const hn::Rebind<std::uint16_t, P::Tag> h;
  for (std::size_t p = 0; p < Eight::parts; ++p) {
    const auto size = hn::And(hn::LoadU(h, from + p * P::lanes), hn::Set(h, 0x7fff));
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
    const decltype(hn::Zero(u)) bits{_mm512_cvtepu16_epi64(size.raw)};
#else
    const auto bits = hn::PromoteTo(u, hn::PromoteTo(hn::Rebind<std::uint32_t, P::Tag>(), size));
#endif
    a.v[p] = P(hn::BitCast(P::Tag(), hn::ShiftLeft<45>(bits)));
  }
#else
  double x[8];
  for (std::size_t l = 0; l < 8; ++l) {
    const std::uint64_t bits = static_cast<std::uint64_t>(from[l] & 0x7fff) << 45;
    __builtin_memcpy(&x[l], &bits, sizeof bits);
  }
  a = Eight::load(x);
#endif
  return a;
}

// Columns go by 32 (the rest by 8): the widened numbers of the first product wait in `wide` for the second.
template <std::size_t count>
HWY_INLINE void add_columns(const std::uint16_t* w, std::size_t row_step, std::size_t rows,
                            const double* gain_squares, const double* x, double* wide, double* lanes) {
  Eight z[count];
  unroll<count>([&](auto p) HALFULP_INLINE { z[p.value] = Eight(0.0); });
  for (std::size_t i = 0; i < rows; ++i) {
    const Eight factor(x[i]);
    unroll<count>([&](auto p) HALFULP_INLINE {
      const Eight size = small_sizes(w + i * row_step + 8 * p.value);
      size.store(wide + (i * count + p.value) * 8);
      z[p.value] = fused(size, factor, z[p.value]);
    });
  }
  unroll<count>([&](auto p)
                    HALFULP_INLINE { z[p.value] = z[p.value] * Eight::load(gain_squares + 8 * p.value); });
  for (std::size_t i = 0; i < rows; ++i) {
    Eight s = Eight::load(lanes + 8 * i);
    unroll<count>([&](auto p) HALFULP_INLINE {
      s = fused(Eight::load(wide + (i * count + p.value) * 8), z[p.value], s);
    });
    s.store(lanes + 8 * i);
  }
}

void sizes_gram_times_bf16(const std::uint16_t* w, std::size_t row_step, std::size_t rows,
                           std::size_t columns, const double* gain_squares, const double* x, double* scratch,
                           double* y) {
  double* const lanes = scratch;
  double* const wide = scratch + 8 * rows;
  for (std::size_t i = 0; i < 8 * rows; ++i) lanes[i] = 0;
  std::size_t k = 0;
  for (; k + 32 <= columns; k += 32) add_columns<4>(w + k, row_step, rows, gain_squares + k, x, wide, lanes);
  for (; k < columns; k += 8) add_columns<1>(w + k, row_step, rows, gain_squares + k, x, wide, lanes);
  for (std::size_t i = 0; i < rows; ++i) y[i] = sum(Eight::load(lanes + 8 * i));
}

void sizes_gram_times_bf16_transposed(const std::uint16_t* w, std::size_t row_step, std::size_t rows,
                                      std::size_t columns, const double* gain_squares, const double* x,
                                      double* wide, double* y) {
  for (std::size_t i = 0; i < rows; ++i) y[i] = 0;
  for (std::size_t k = 0; k < columns; ++k) {
    const std::uint16_t* const from = w + k * row_step;
    const std::uint16_t* const soon = from + 8 * row_step;  // rows are too far apart for the hardware to see
    for (std::size_t i = 0; i < rows; i += 32) __builtin_prefetch(soon + i);
    Eight t[2] = {0.0, 0.0};
    std::size_t i = 0;
    for (; i + 16 <= rows; i += 16)
      unroll<2>([&](auto p) HALFULP_INLINE {
        const Eight size = small_sizes(from + i + 8 * p.value);
        size.store(wide + i + 8 * p.value);
        t[p.value] = fused(size, Eight::load(x + i + 8 * p.value), t[p.value]);
      });
    for (; i < rows; i += 8) {
      const Eight size = small_sizes(from + i);
      size.store(wide + i);
      t[0] = fused(size, Eight::load(x + i), t[0]);
    }
    const Eight z(sum(t[0] + t[1]) * gain_squares[k]);
    for (i = 0; i < rows; i += 8) fused(Eight::load(wide + i), z, Eight::load(y + i)).store(y + i);
  }
}

}  // namespace

void fill_gram(SpectrumKernels& t) {
  t.pack_bf16 = pack_bf16;
  t.pack_bf16_transposed = pack_bf16_transposed;
  t.add_gram = add_gram;
  t.add_sums = add_sums;
  t.column_sizes = column_sizes;
  t.sizes_gram_times_bf16 = sizes_gram_times_bf16;
  t.sizes_gram_times_bf16_transposed = sizes_gram_times_bf16_transposed;
}

}  // namespace halfulp::HALFULP_TARGET
