// Products of matrices of packs (lanes are trials), several entries of a row at once so that the latency of
// one sum hides behind the others.  Same entries, same order, same bits as linalg/product.hpp.
#pragma once

#include "halfulp/arith/pack/arithmetic.hpp"
#include "halfulp/linalg/product.hpp"

namespace halfulp::HALFULP_TARGET {

/// How many entries of a row are computed at once.
template <class Round>
inline constexpr std::size_t packed_group = unbounded_radix<Round> == 10 ? 5
                                            : PackD::lanes >= 8          ? 10
                                                                         : 4;

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

enum class Triangle { both, upper };

template <class Round, class Left>
HWY_INLINE void packed_product(PackedArithmetic<Round>& ar, std::size_t depth, MatrixView<const PackD> x,
                               MatrixView<PackD> y, Left left, Triangle which = Triangle::both) {
  constexpr std::size_t group = packed_group<Round>;
  for (std::size_t i = 0; i < y.rows(); ++i) {
    const auto a = [&](std::size_t k) HALFULP_INLINE { return left(i, k); };
    std::size_t j = which == Triangle::upper ? i - i % group : 0;
    for (; j + group <= y.columns(); j += group) packed_entries<group>(ar, depth, a, x, j, &y(i, j));
    for (; j < y.columns(); ++j) packed_entries<1>(ar, depth, a, x, j, &y(i, j));
  }
}

/// Y = A X.
template <class Round>
void product(PackedArithmetic<Round>& ar, MatrixView<const PackD> a, MatrixView<const PackD> x,
             MatrixView<PackD> y) {
  if (ar.summation() != Summation{}) return halfulp::product<PackedArithmetic<Round>>(ar, a, x, y);
  packed_product(ar, a.columns(), x, y, [&](std::size_t i, std::size_t k) HALFULP_INLINE { return a(i, k); });
}

/// Y = A^T X.
template <class Round>
void product_of_columns(PackedArithmetic<Round>& ar, MatrixView<const PackD> a, MatrixView<const PackD> x,
                        MatrixView<PackD> y) {
  if (ar.summation() != Summation{}) return halfulp::product_of_columns<PackedArithmetic<Round>>(ar, a, x, y);
  packed_product(ar, a.rows(), x, y, [&](std::size_t i, std::size_t k) HALFULP_INLINE { return a(k, i); });
}

/// Entries i <= j of Y = A^T X, and some of the others.
template <class Round>
void upper_product_of_columns(PackedArithmetic<Round>& ar, MatrixView<const PackD> a,
                              MatrixView<const PackD> x, MatrixView<PackD> y) {
  if (ar.summation() != Summation{}) return product_of_columns(ar, a, x, y);
  packed_product(
      ar, a.rows(), x, y, [&](std::size_t i, std::size_t k) HALFULP_INLINE { return a(k, i); },
      Triangle::upper);
}

}  // namespace halfulp::HALFULP_TARGET
