// Causal attention on packs, bit for bit what similarity_scores() and mix() define, with less work: of K^T Q
// no masked scores, but those that share a group with others, and of O = V P
//   rows at the end of P that are 0 (masked) end their columns' sums: s + v 0 = s for finite v;
//   decimal weights that change no digit of the result are taken as 0, so that no power of ten beyond those
//   in registers is wanted.  Softmax of large scores gives weights of 10^-100 beside weights of 1.
//
// Let C = 10^(p+1), rd the rounding to p <= 15 digits, v >= |V_ik|, w_k the weights of a column.
// A sum s of p digits keeps its digits, rd(s + t) = s, where C |t'| <= |s|, t = rd(t'):  |t| <= 1.5 |t'|, and
// |t| + 2^-52 |s| is less than half of 10^-p |s|, no more than half a step on either side of s.
//   after:   w_k is dropped where C v w_k <= |s| for the sum s before it;
//   before:  w_0 .. w_{k-1} are where C B <= |t_k|, t_k = rd(V_ik w_k), B >= |s|.  B = 2 v (w_0 + .. +
//            w_{k-1}) holds as (1 + 10^(1-p) / 2)^(n+1) < 2 for n 10^(1-p) <= 1; 4 in place of 2 covers this
//            file's own roundings.
// Which weights are likely to be is guessed from the weights; |s| is compared with what its drops need as it
// is computed, and a group of sums in which one does not hold is computed again with every weight.
#pragma once

#include "halfulp/layers/self_attention/self_attention.hpp"
#include "halfulp/linalg/packed_product.hpp"

namespace halfulp::HALFULP_TARGET {

/// Weights with those dropped at 0, and for each row the least |s| that its sums must have after it.
struct KeptWeights {
  Matrix<PackD> weights, needed;
};

/// v: a bound of |V| in each lane, below 2^500.
inline KeptWeights kept_weights(MatrixView<const PackD> p, PackD v, int digits) {
  const PackD c(powers_of_ten[digits + 1]), margin = c * PackD(10.0);
  const PackD least(0x1p-900);  // beyond what underflow of the dropped products could lose
  KeptWeights kept{Matrix<PackD>(p.rows(), p.columns()), Matrix<PackD>(p.rows(), p.columns(), PackD(0.0))};
  for (std::size_t j = 0; j < p.columns(); ++j) {
    // The last row before which everything may be dropped, and the sum of what stands there.
    PackD sum(0.0), first(0.0), before(0.0);
    for (std::size_t k = 0; k < p.rows(); ++k) {
      const PackD w = abs(p(k, j));
      const auto restarts = (PackD(0.0) < sum) & (PackD(4.0) * margin * sum <= w);
      first = select(restarts, PackD(static_cast<double>(k)), first);
      before = select(restarts, sum, before);
      sum = sum + w;
    }
    PackD largest(0.0);
    for (std::size_t k = 0; k < p.rows(); ++k) {
      const PackD w = abs(p(k, j)), row(static_cast<double>(k));
      const auto earlier = row < first, later = (first < row) & (PackD(0.0) < w) & (margin * w <= largest);
      kept.weights(k, j) = select(earlier | later, PackD(0.0), p(k, j));
      const auto restarts = (row == first) & (PackD(0.0) < before);
      if (any(restarts))
        kept.needed(k, j) = select(restarts, max(PackD(4.0) * c * v * before, least), PackD(0.0));
      if (k > 0 && any(later)) {
        PackD& needed = kept.needed(k - 1, j);
        needed = select(later, max(needed, max(c * v * w, least)), needed);
      }
      largest = select(earlier, largest, max(largest, w));
    }
  }
  return kept;
}

/// A bound of |V| in each lane; false where an entry is not below 2^500.
inline bool bound_of(MatrixView<const PackD> values, PackD& bound) {
  bound = PackD(0.0);
  auto small = bound == bound;
  for (std::size_t i = 0; i < values.rows(); ++i)
    for (std::size_t k = 0; k < values.columns(); ++k) {
      small = small & (abs(values(i, k)) < PackD(0x1p500));
      bound = max(bound, abs(values(i, k)));
    }
  return all(small);
}

/// Entries (i, j) .. (i, j + count - 1), with the kept weights where that is right.
template <std::size_t count, class Round>
HWY_INLINE void mix_entries(PackedArithmetic<Round>& ar, std::size_t depth, MatrixView<const PackD> values,
                            MatrixView<const PackD> p, const KeptWeights& kept, std::size_t i, std::size_t j,
                            MatrixView<PackD> mixed) {
  const auto a = [&](std::size_t k) HALFULP_INLINE { return values(i, k); };
  auto holds = PackD(0.0) == PackD(0.0);
  const PackD* const needed = kept.needed.values().data() + j;
  const std::size_t pitch = p.columns();
  packed_entries<count>(ar, depth, a, kept.weights.view(), j, &mixed(i, j),
                        [&](std::size_t k, const PackD(&s)[count]) HALFULP_INLINE {
                          unroll<count>([&](auto c) HALFULP_INLINE {
                            holds = holds & (needed[k * pitch + c.value] <= abs(s[c.value]));
                          });
                        });
  if (HWY_UNLIKELY(!all(holds))) packed_entries<count>(ar, depth, a, p, j, &mixed(i, j));
}

template <class Round>
void mix(PackedArithmetic<Round>& ar, MatrixView<const PackD> values, MatrixView<const PackD> weights,
         MatrixView<PackD> mixed) {
  PackD bound;
  if (ar.summation() != Summation{} || !bound_of(values, bound)) return product(ar, values, weights, mixed);
  if constexpr (unbounded_radix<Round> == 10) {
    const int p = ar.round.digits;
    if (p <= 15 && static_cast<double>(weights.rows()) * inverse_powers_of_ten[p - 1] <= 1) {
      const KeptWeights kept = kept_weights(weights, bound, p);
      return for_groups<packed_group<Round>>(
          weights, values.rows(), Causal::weights,
          [&](auto count, std::size_t i, std::size_t at, std::size_t depth) HALFULP_INLINE {
            mix_entries<decltype(count)::value>(ar, depth, values, weights, kept, i, at, mixed);
          });
    }
  }
  product_with_weights(ar, values, weights, mixed);
}

/// As the room's, with most of the masked entries left as they were.
template <class Round>
void similarity_scores(PackedArithmetic<Round>& ar, MatrixView<const PackD> keys,
                       MatrixView<const PackD> queries, ScoreScale how, MatrixView<PackD> scores) {
  upper_product_of_columns(ar, keys, queries, scores);
  for (std::size_t t = 0; t < queries.columns(); ++t)
    for (std::size_t i = 0; i <= t && i < scores.rows(); ++i)
      scores(i, t) = scaled_score(ar, scores(i, t), static_cast<double>(keys.rows()), how);
}

}  // namespace halfulp::HALFULP_TARGET
