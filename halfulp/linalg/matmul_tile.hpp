// One tile of a matrix product, generic over the step: R rows of broadcast numbers times V packs of columns.
#pragma once

#include "halfulp/linalg/matmul_steps.hpp"

namespace halfulp::HALFULP_TARGET {

/// Recursive and blocked order: s = 0, then every k in turn; blocks are summed recursively from 0.
template <class S, std::size_t R, std::size_t V>
HWY_INLINE void tile_in_blocks(const S& step, TileJob<typename S::Lane>& job) {
  using T = typename S::Lane;
  using P = Pack<T>;
  constexpr std::size_t L = P::lanes;
  P largest[V];
  unroll<V>([&](auto v) HALFULP_INLINE { largest[v.value] = P(T{0}); });
  const T* a[R];
  const T* scaled[R];
  unroll<R>([&](auto r) HALFULP_INLINE {
    a[r.value] = job.a + r.value * job.row_step;
    scaled[r.value] = job.scaled_a + (S::uses_scaled ? r.value * job.row_step : 0);
  });
  const std::size_t k_step = job.k_step, b_step = job.b_step;
  const T* b = job.b;
  for (std::size_t first = 0; first < job.k || first == 0; first += job.block) {
    const std::size_t last = job.k - first < job.block ? job.k : first + job.block;
    P s[R][V];
    unroll<R>([&](auto r) HALFULP_INLINE {
      unroll<V>([&](auto v) HALFULP_INLINE { s[r.value][v.value] = P(T{0}); });
    });
    for (std::size_t k = first; k < last; ++k, b += b_step) {
      P x[V];
      unroll<V>([&](auto v) HALFULP_INLINE { x[v.value] = P::load(b + v.value * L); });
      unroll<R>([&](auto r) HALFULP_INLINE {
        const P ar(a[r.value][k * k_step]);
        P scaled_ar;
        if constexpr (S::uses_scaled)
          scaled_ar = P(scaled[r.value][k * k_step]);
        else
          scaled_ar = ar;
        unroll<V>([&](auto v) HALFULP_INLINE {
          s[r.value][v.value] =
              step.accumulate(s[r.value][v.value], ar, scaled_ar, x[v.value], largest[v.value]);
        });
      });
    }
    unroll<R>([&](auto r) HALFULP_INLINE {
      unroll<V>([&](auto v) HALFULP_INLINE {
        T* const out = job.out + r.value * job.out_step + v.value * L;
        P total = s[r.value][v.value];
        if (first > 0) total = step.add(P::load(out), total);
        if constexpr (S::watches) largest[v.value] = larger_magnitude(total, largest[v.value]);
        total.store(out);
      });
    });
    if (job.k == 0) break;
  }
  if constexpr (S::watches) {
    unroll<V>([&](auto v) HALFULP_INLINE {
      alignas(64) T lanes[L];
      largest[v.value].store(lanes);
      for (std::size_t i = 0; i < L; ++i) job.largest = lanes[i] > job.largest ? lanes[i] : job.largest;
    });
  }
}

/// Pairwise order, as a binary counter: partial sums of 2^l terms wait on the stack until their twin is
/// there.
template <class S, std::size_t R, std::size_t V>
HWY_INLINE void tile_by_halves(const S& step, TileJob<typename S::Lane>& job) {
  using T = typename S::Lane;
  using P = Pack<T>;
  constexpr std::size_t L = P::lanes, tile = R * V * L;
  std::size_t depth = 0;
  const auto merge = [&]() HALFULP_INLINE {
    T* const right = job.stack + (depth - 1) * tile;
    T* const left = right - tile;
    for (std::size_t i = 0; i < tile; i += L) step.add(P::load(left + i), P::load(right + i)).store(left + i);
    --depth;
  };
  for (std::size_t k = 0; k < job.k; ++k) {
    T* const top = job.stack + depth * tile;
    for (std::size_t r = 0; r < R; ++r) {
      const P a(job.a[r * job.row_step + k * job.k_step]);
      for (std::size_t v = 0; v < V; ++v)
        step.mul(a, P::load(job.b + k * job.b_step + v * L)).store(top + (r * V + v) * L);
    }
    ++depth;
    for (std::size_t twins = k + 1; twins % 2 == 0; twins /= 2) merge();
  }
  while (depth > 1) merge();
  for (std::size_t r = 0; r < R; ++r)
    for (std::size_t v = 0; v < V; ++v) {
      const P sum = job.k == 0 ? P(T{0}) : P::load(job.stack + (r * V + v) * L);
      sum.store(job.out + r * job.out_step + v * L);
    }
}

template <class S, std::size_t R, std::size_t V>
void run_tile(TileJob<typename S::Lane>& job) {
  const S step(*job.rounding);
  if constexpr (S::has_mul) {
    if (job.pairwise) return tile_by_halves<S, R, V>(step, job);
  }
  tile_in_blocks<S, R, V>(step, job);
}

template <class S, std::size_t R, std::size_t V>
constexpr TileKernel<typename S::Lane> tile_kernel() {
  return {R, V * Pack<typename S::Lane>::lanes, &run_tile<S, R, V>};
}

// Accumulators fill the registers: 32 of them with AVX-512, else 16.  Under a sanitizer, small tiles: its
// checks in every unrolled step would take minutes to compile.
#if HWY_IS_ASAN || defined(__SANITIZE_ADDRESS__)
inline constexpr std::size_t registers = 8;
#else
inline constexpr std::size_t registers = HWY_ARCH_X86 && HWY_TARGET > HWY_AVX3 ? 16 : 32;
#endif

/// Tiles for steps of one or two constants (fused, plain), and for those that keep more in registers.
template <class S>
constexpr StepKernels<typename S::Lane> light_kernels() {
  if constexpr (registers == 32)
    return {tile_kernel<S, 6, 4>(), tile_kernel<S, 12, 1>()};
  else if constexpr (registers == 16)
    return {tile_kernel<S, 6, 2>(), tile_kernel<S, 12, 1>()};
  else
    return {tile_kernel<S, 2, 2>(), tile_kernel<S, 1, 1>()};
}
template <class S>
constexpr StepKernels<typename S::Lane> heavy_kernels() {
  if constexpr (registers == 32)
    return {tile_kernel<S, 4, 4>(), tile_kernel<S, 12, 1>()};
  else if constexpr (registers == 16)
    return {tile_kernel<S, 4, 2>(), tile_kernel<S, 8, 1>()};
  else
    return {tile_kernel<S, 2, 2>(), tile_kernel<S, 1, 1>()};
}

}  // namespace halfulp::HALFULP_TARGET
