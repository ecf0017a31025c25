// Arrays rounded on packs; for large ones the stores go past the caches and the loads are asked for early.
#include <hwy/cache_control.h>

#include "halfulp/arith/pack/rounding.hpp"
#include "halfulp/arith/pack/stochastic.hpp"
#include "halfulp/linalg/target_tables.hpp"

namespace halfulp::HALFULP_TARGET {
namespace {

/// out = round(in), n numbers; the last ones through a pack on the stack.
template <class Round, class T>
HWY_INLINE void round_all(const Round& round, const T* in, T* out, std::size_t n, bool stream) {
  using P = Pack<T>;
  constexpr std::size_t L = P::lanes, line = 64 / sizeof(T);
  const auto part = [&](std::size_t i, std::size_t count) HALFULP_INLINE {
    alignas(64) T pad[L] = {};
    for (std::size_t l = 0; l < count; ++l) pad[l] = in[i + l];
    round(P::load(pad)).store(pad);
    for (std::size_t l = 0; l < count; ++l) out[i + l] = pad[l];
  };
  std::size_t i = 0;
  if (stream) {
    while (i < n && reinterpret_cast<std::uintptr_t>(out + i) % 64 != 0) part(i++, 1);
    for (; i + 4 * line <= n; i += 4 * line) {
      unroll<4>([&](auto l)
                    HALFULP_INLINE { __builtin_prefetch(in + i + 512 * 4 / sizeof(T) + l.value * line); });
      for (std::size_t j = i; j < i + 4 * line; j += L) round(P::load(in + j)).stream(out + j);
    }
    hwy::FlushStream();
  }
  for (; i + 4 * L <= n; i += 4 * L)
    unroll<4>([&](auto l)
                  HALFULP_INLINE { round(P::load(in + i + l.value * L)).store(out + i + l.value * L); });
  for (; i < n; i += L) part(i, n - i < L ? n - i : L);
}

/// Random bits of element i: draw number (i / 16) % 8 of the entry (row, column) with
/// 2^32 row + column = 16 (i / 128) + i % 16.
template <class Round>
HWY_INLINE void round_at_random(const Round& round, const ArrayJob& job, const float* in, float* out,
                                std::size_t n) {
  using P = Pack<float>;
  using U = Pack<std::uint32_t>;
  constexpr std::size_t L = P::lanes;
  static_assert(16 % L == 0);
  const PhiloxKeys keys(job.key);
  alignas(64) std::uint32_t numbers[16];
  for (std::uint32_t l = 0; l < 16; ++l) numbers[l] = l;
  const bool stream = job.stream && reinterpret_cast<std::uintptr_t>(out) % 64 == 0;
  for (std::size_t i = 0; i < n; i += 128) {  // job.first is a multiple of 128
    const std::uint64_t entry = (job.first + i) / 128 * 16;
    const U row(static_cast<std::uint32_t>(entry >> 32));
    alignas(64) float pad[128];
    const bool whole = i + 128 <= n;
    const float* x = in + i;
    float* y = out + i;
    if (!whole) {
      for (std::size_t l = 0; l < 128; ++l) pad[l] = i + l < n ? in[i + l] : 0;
      x = y = pad;
    }
    for (std::size_t first = 0; first < 16; first += L) {
      const U column = U(static_cast<std::uint32_t>(entry)) + U::load(numbers + first);
      const RandomWords words = philox(keys, column, row, 0, 0);
      unroll<4>([&](auto w) HALFULP_INLINE {
        const std::size_t at = first + 32 * w.value;
        const P low = round(P::load(x + at), draw16<false>(words.word[w.value]));
        const P high = round(P::load(x + at + 16), draw16<true>(words.word[w.value]));
        if (stream && whole) {
          low.stream(y + at);
          high.stream(y + at + 16);
        } else {
          low.store(y + at);
          high.store(y + at + 16);
        }
      });
    }
    if (!whole)
      for (std::size_t l = 0; i + l < n; ++l) out[i + l] = pad[l];
  }
  if (stream) hwy::FlushStream();
}

/// NaN of any payload becomes the one that round() gives.
template <class Round>
struct Canonical {
  using P = Pack<typename Round::Lane>;
  Round round;
  HWY_INLINE P operator()(P x) const {
    const P nan = sizeof(typename Round::Lane) == 4 ? P(static_cast<typename Round::Lane>(__builtin_nanf("")))
                                                    : P(static_cast<typename Round::Lane>(__builtin_nan("")));
    const P y = round(x);
    return select(y == y, select(x == x, y, nan), nan);
  }
};
template <class Round>
struct CanonicalAtRandom {
  Round round;
  HWY_INLINE Pack<float> operator()(Pack<float> x, Pack<std::uint32_t> word) const {
    const Pack<float> y = round(x, word), nan(__builtin_nanf(""));
    return select(y == y, select(x == x, y, nan), nan);
  }
};

}  // namespace

void round_float(const ArrayJob& job, const float* in, float* out, std::size_t n) {
  switch (job.way) {
    case ArrayWay::copy:
      return round_all(Canonical<Native<float>>{Native<float>(job.single)}, in, out, n, job.stream);
    case ArrayWay::grid:
      return round_all(Canonical<Grid<float>>{Grid<float>(job.single)}, in, out, n, job.stream);
    case ArrayWay::integer_bits:
      return round_all(Canonical<IntegerBits>{IntegerBits(job.single)}, in, out, n, job.stream);
    case ArrayWay::stochastic_grid:
      return round_at_random(CanonicalAtRandom<StochasticGrid>{StochasticGrid(job.single)}, job, in, out, n);
    case ArrayWay::stochastic_bits:
      return round_at_random(CanonicalAtRandom<StochasticBits>{StochasticBits(job.single)}, job, in, out, n);
  }
}

void round_double(const ArrayJob& job, const double* in, double* out, std::size_t n) {
  if (job.way == ArrayWay::grid)
    round_all(Canonical<Grid<double>>{Grid<double>(job.twice)}, in, out, n, job.stream);
  else
    round_all(Canonical<Native<double>>{Native<double>(job.twice)}, in, out, n, job.stream);
}

}  // namespace halfulp::HALFULP_TARGET
