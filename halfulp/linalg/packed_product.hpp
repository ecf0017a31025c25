// Products of matrices of packs (lanes are trials), several entries of a row at once so that the latency of
// one sum hides behind the others.  Same entries, same order, same bits as linalg/product.hpp.
#pragma once

#include <cmath>
#include <type_traits>
#include <vector>

#include "halfulp/arith/pack/arithmetic.hpp"
#include "halfulp/linalg/product.hpp"

namespace halfulp::HALFULP_TARGET {

/// How many entries of a row are computed at once.
template <class Round>
inline constexpr std::size_t packed_group = unbounded_radix<Round> == 10 ? 5
                                            : PackD::lanes >= 8          ? 10
                                                                         : 4;

/// Fewer where the edge of a triangle costs more than latency.
template <class Round>
inline constexpr std::size_t causal_group = PackD::lanes >= 8 ? 5 : 4;

struct Nothing {
  template <class... Any>
  HWY_INLINE void operator()(const Any&...) const {}
};

/// Entries (i, j) .. (i, j + count - 1) of Y;  a(k) is the left operand's entry k of row i.  after(k, s) sees
/// the sums with terms 0 .. k.
template <std::size_t count, class Round, class Left, class After = Nothing>
HWY_INLINE void packed_entries(PackedArithmetic<Round>& ar, std::size_t depth, Left a,
                               MatrixView<const PackD> x, std::size_t j, PackD* y, After after = {}) {
  PackD s[count];
  for (std::size_t c = 0; c < count; ++c) s[c] = PackD(0.0);
  for (std::size_t k = 0; k < depth; ++k) {
    const PackD left = a(k);
    const PackD* const right = x.data() + k * x.pitch() + j;
    if constexpr (requires { ar.round.together(s); }) {
      PackD t[count];
      unroll<count>([&](auto c) HALFULP_INLINE { t[c.value] = left * right[c.value]; });
      ar.round.together(t);
      unroll<count>([&](auto c) HALFULP_INLINE { s[c.value] = s[c.value] + t[c.value]; });
      ar.round.together(s);
    } else {
      unroll<count>([&](auto c) HALFULP_INLINE {
        constexpr std::size_t e = decltype(c)::value;
        s[e] = ar.add(s[e], ar.mul(left, right[e]));
      });
    }
    after(k, s);
  }
  for (std::size_t c = 0; c < count; ++c) y[c] = s[c];
}

/// What a causal product may leave out.  scores: entries below the diagonal.  weights: X's last rows where a
/// group of columns has zeros only, for s + a 0 = s as long as a is finite.
enum class Causal { no, scores, weights };

/// How many rows of columns j .. j + count - 1 reach to the last entry that is not 0.
inline std::size_t depth_of(MatrixView<const PackD> p, std::size_t j, std::size_t count) {
  std::size_t depth = p.rows();
  const auto zero = [&](std::size_t k) {
    for (std::size_t c = j; c < j + count; ++c)
      if (!all(p(k, c) == PackD(0.0))) return false;
    return true;
  };
  while (depth > 0 && zero(depth - 1)) --depth;
  return depth;
}

/// X with its columns scaled for SplitStep, where Round is Split and every x has at most t bits.
struct SplitColumns {
  PackD *less = nullptr, *two_to_s = nullptr;  // (2^s - 1) x and 2^s x; of X's shape

  SplitColumns(const Split<double>& round, MatrixView<const PackD> x) {
    const double two_to = hn::GetLane(round.two_to_s.v);
    const PackD below_place = bits_as<double>(Pack<Bits<double>>(static_cast<Bits<double>>(two_to) - 1));
    static thread_local std::vector<PackD> kept;
    const std::size_t count = x.rows() * x.columns();
    if (kept.size() < 2 * count) kept.resize(2 * count);
    PackD *at = kept.data(), any_bits(0.0), largest(0.0);
    for (std::size_t k = 0; k < x.rows(); ++k)
      for (std::size_t j = 0; j < x.columns(); ++j, ++at) {
        any_bits = any_bits | x(k, j);
        at[0] = x(k, j) * round.factor;
        at[count] = x(k, j) * round.two_to_s;
        largest = larger_magnitude(at[count], largest);
      }
    if (!all((any_bits & below_place) == PackD(0.0)) || !all(largest < PackD(HUGE_VAL))) return;
    less = kept.data();
    two_to_s = less + count;
  }
};

/// As packed_entries(), with two operations for a product and its rounding instead of three.
template <std::size_t count, class Round, class Left>
HWY_INLINE void split_entries(PackedArithmetic<Round>& ar, std::size_t depth, Left a, const SplitColumns& x,
                              std::size_t pitch, std::size_t j, PackD* y) {
  PackD s[count];
  for (std::size_t c = 0; c < count; ++c) s[c] = PackD(0.0);
  for (std::size_t k = 0, at = j; k < depth; ++k, at += pitch) {
    const Pack<typename Round::Lane> left = a(k);
    unroll<count>([&](auto c) HALFULP_INLINE {
      constexpr std::size_t e = decltype(c)::value;
      s[e] = ar.add(s[e], fma_minus(left, x.two_to_s[at + e], left * x.less[at + e]));
    });
  }
  for (std::size_t c = 0; c < count; ++c) y[c] = s[c];
}

/// entries(Index<count>, i, j, depth) for groups of columns j .. j + count - 1, in every row i that they
/// need.
template <std::size_t group, class Entries>
HWY_INLINE void for_groups(MatrixView<const PackD> x, std::size_t rows, Causal causal, Entries entries) {
  const auto run = [&](auto count, std::size_t j) HALFULP_INLINE {
    constexpr std::size_t columns = decltype(count)::value;
    const std::size_t depth = causal == Causal::weights ? depth_of(x, j, columns) : x.rows();
    const std::size_t last = causal == Causal::scores && j + columns < rows ? j + columns : rows;
    for (std::size_t i = 0; i < last; ++i) entries(count, i, j, depth);
  };
  std::size_t j = 0;
  for (; j + group <= x.columns(); j += group) run(Index<group>{}, j);
  for (; j < x.columns(); ++j) run(Index<1>{}, j);
}

/// y_ij = sum of left(i, k) x_kj over k.
template <std::size_t group, class Round, class Left>
void packed_product(PackedArithmetic<Round>& ar, MatrixView<const PackD> x, MatrixView<PackD> y, Left left,
                    Causal causal = Causal::no) {
  const auto row = [&](std::size_t i) HALFULP_INLINE {
    return [&left, i](std::size_t k) HALFULP_INLINE { return left(i, k); };
  };
  if constexpr (has_fma && std::is_same_v<Round, Split<double>>) {
    const SplitColumns columns(ar.round, x);
    if (columns.less != nullptr)
      return for_groups<group>(
          x, y.rows(), causal,
          [&](auto count, std::size_t i, std::size_t j, std::size_t depth) HALFULP_INLINE {
            split_entries<decltype(count)::value>(ar, depth, row(i), columns, x.columns(), j, &y(i, j));
          });
  }
  for_groups<group>(x, y.rows(), causal,
                    [&](auto count, std::size_t i, std::size_t j, std::size_t depth) HALFULP_INLINE {
                      packed_entries<decltype(count)::value>(ar, depth, row(i), x, j, &y(i, j));
                    });
}

/// Y = A X.
template <class Round>
void product(PackedArithmetic<Round>& ar, MatrixView<const PackD> a, MatrixView<const PackD> x,
             MatrixView<PackD> y) {
  if (ar.summation() != Summation{}) return halfulp::product<PackedArithmetic<Round>>(ar, a, x, y);
  packed_product<packed_group<Round>>(ar, x, y,
                                      [&](std::size_t i, std::size_t k) HALFULP_INLINE { return a(i, k); });
}

/// Y = A^T X.
template <class Round>
void product_of_columns(PackedArithmetic<Round>& ar, MatrixView<const PackD> a, MatrixView<const PackD> x,
                        MatrixView<PackD> y) {
  if (ar.summation() != Summation{}) return halfulp::product_of_columns<PackedArithmetic<Round>>(ar, a, x, y);
  packed_product<packed_group<Round>>(ar, x, y,
                                      [&](std::size_t i, std::size_t k) HALFULP_INLINE { return a(k, i); });
}

/// Entries i <= j of Y = A^T X, and some of the others.
template <class Round>
void upper_product_of_columns(PackedArithmetic<Round>& ar, MatrixView<const PackD> a,
                              MatrixView<const PackD> x, MatrixView<PackD> y) {
  if (ar.summation() != Summation{}) return product_of_columns(ar, a, x, y);
  packed_product<causal_group<Round>>(
      ar, x, y, [&](std::size_t i, std::size_t k) HALFULP_INLINE { return a(k, i); }, Causal::scores);
}

/// Y = A X for finite A and an X with zeros at the end of its columns.
template <class Round>
void product_with_weights(PackedArithmetic<Round>& ar, MatrixView<const PackD> a, MatrixView<const PackD> x,
                          MatrixView<PackD> y) {
  packed_product<causal_group<Round>>(
      ar, x, y, [&](std::size_t i, std::size_t k) HALFULP_INLINE { return a(i, k); }, Causal::weights);
}

}  // namespace halfulp::HALFULP_TARGET
