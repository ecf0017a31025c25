// One row of a matrix product with every operation rounded at random: V packs of entries, each lane with the
// random stream of its entry, drawn in the order in which the definition rounds.
#include "halfulp/arith/pack/stochastic.hpp"
#include "halfulp/linalg/target_tables.hpp"

namespace halfulp::HALFULP_TARGET {
namespace {

constexpr std::size_t V = 4;
using P = Pack<float>;
using U = Pack<std::uint32_t>;
constexpr std::size_t L = P::lanes;

/// The draws of all entries of the tile, eight at a time.
class Draws {
 public:
  HWY_INLINE explicit Draws(const StochasticJob& job) : keys_(job.key), row_(job.row) {
    alignas(64) std::uint32_t numbers[V * L];
    for (std::size_t l = 0; l < V * L; ++l) numbers[l] = static_cast<std::uint32_t>(l);
    for (std::size_t v = 0; v < V; ++v) {
      column_[v] = U(job.column) + U::load(numbers + v * L);
    }
  }
  HWY_INLINE void skip(std::uint32_t draws) { next_ += draws; }
  /// Moves to the next draw of every entry.
  HWY_INLINE void advance() {
    if (next_ / 8 != block_) refill(next_ / 8);
    now_ = next_++ % 8;
  }
  HWY_INLINE U of(std::size_t v) const { return draws_[now_][v]; }

 private:
  HWY_INLINE void refill(std::uint32_t block) {
    block_ = block;
    for (std::size_t v = 0; v < V; ++v) {
      const RandomWords words = philox(keys_, column_[v], row_, block, 0);
      unroll<4>([&](auto w) HALFULP_INLINE {
        draws_[2 * w.value][v] = draw16<false>(words.word[w.value]);
        draws_[2 * w.value + 1][v] = draw16<true>(words.word[w.value]);
      });
    }
  }

  PhiloxKeys keys_;
  U row_, column_[V];
  U draws_[8][V];
  std::uint32_t next_ = 0, now_ = 0, block_ = ~std::uint32_t{0};
};

/// watch: the largest |number| met is wanted.
template <class Round, bool watch>
HWY_INLINE void run(StochasticJob& job) {
  const Round round(*job.rounding);
  Draws draws(job);
  P largest(0.0f), total[V];
  const auto rounded = [&](P(&s)[V], const P(&z)[V]) HALFULP_INLINE {
    draws.advance();
    unroll<V>([&](auto v) HALFULP_INLINE {
      s[v.value] = round(z[v.value], draws.of(v.value));
      if constexpr (watch) largest = larger_magnitude(s[v.value], largest);
    });
  };
  unroll<V>([&](auto v) HALFULP_INLINE { total[v.value] = P(0.0f); });
  for (std::size_t first = 0; first < job.k; first += job.block) {
    const std::size_t last = job.k - first < job.block ? job.k : first + job.block;
    P s[V], p[V], z[V];
    unroll<V>([&](auto v) HALFULP_INLINE { s[v.value] = P(0.0f); });
    for (std::size_t k = first; k < last; ++k) {
      const P a(job.a[k * job.k_step]);
      draws.skip(job.loads);
      unroll<V>([&](auto v)
                    HALFULP_INLINE { z[v.value] = a * P::load(job.b + k * job.b_step + v.value * L); });
      rounded(p, z);
      unroll<V>([&](auto v) HALFULP_INLINE { z[v.value] = s[v.value] + p[v.value]; });
      rounded(s, z);
    }
    if (job.block >= job.k) {
      unroll<V>([&](auto v) HALFULP_INLINE { total[v.value] = s[v.value]; });
    } else {
      unroll<V>([&](auto v) HALFULP_INLINE { z[v.value] = total[v.value] + s[v.value]; });
      rounded(total, z);
    }
  }
  if (job.bias) {
    P z[V];
    unroll<V>([&](auto v) HALFULP_INLINE { z[v.value] = total[v.value] + P::load(job.bias + v.value * L); });
    rounded(total, z);
  }
  unroll<V>([&](auto v) HALFULP_INLINE { total[v.value].store(job.out + v.value * L); });
  alignas(64) float lanes[L];
  largest.store(lanes);
  for (std::size_t l = 0; l < L; ++l) job.largest = lanes[l] > job.largest ? lanes[l] : job.largest;
}

void run_either(StochasticJob& job) {
  if (!job.bits)
    run<StochasticGrid, false>(job);
  else if (job.watch)
    run<StochasticBits, true>(job);
  else
    run<StochasticBits, false>(job);
}

}  // namespace

constexpr std::size_t stochastic_columns_of_target = L > 1 ? V* L : 0;
extern constexpr std::size_t stochastic_columns = stochastic_columns_of_target;
extern void (*const stochastic)(StochasticJob& job) = L > 1 ? run_either : nullptr;

}  // namespace halfulp::HALFULP_TARGET
