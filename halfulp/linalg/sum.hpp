// Sums and inner products in the order that the arithmetic states.  Any arithmetic; the definition of what
// the fast kernels must reproduce bit for bit.
#pragma once

#include <bit>

#include "halfulp/arith/arithmetic.hpp"
#include "halfulp/base/view.hpp"

namespace halfulp {

namespace detail {

/// sum of term(i), i = first .. first + count - 1, by halves; the first half has the larger power of two
/// below count.
template <class A, class Term>
Value<A> pairwise(A& ar, std::size_t first, std::size_t count, Term& term) {
  if (count == 1) return term(first);
  const std::size_t half = std::bit_floor(count - 1);
  const auto left =
      pairwise(ar, first, half, term);  // left first: the order of random draws is the order of terms
  return ar.add(left, pairwise(ar, first + half, count - half, term));
}

/// sum over i < count, recursively or in blocks: accumulate(s, i) adds term i to s.
template <class A, class Accumulate>
Value<A> in_blocks(A& ar, std::size_t count, Accumulate accumulate) {
  const auto zero = ar.exactly(0.0);
  const Summation how = ar.summation();
  if (how.order == Order::recursive || count <= how.block) {
    auto s = zero;
    for (std::size_t i = 0; i < count; ++i) s = accumulate(s, i);
    return s;
  }
  auto total = zero;
  for (std::size_t first = 0; first < count; first += how.block) {
    auto s = zero;
    const std::size_t last = first + how.block < count ? first + how.block : count;
    for (std::size_t i = first; i < last; ++i) s = accumulate(s, i);
    total = ar.add(total, s);
  }
  return total;
}

}  // namespace detail

/// x_0 + x_1 + ... in the order ar.summation(); 0 when empty.  Recursive: |error| <= gamma(n - 1, u) sum
/// |x_i| (Lemma 4.3; the first addition, to 0, is exact).
template <Arithmetic A>
Value<A> sum(A& ar, Row<const Value<A>> x) {
  if (ar.summation().order == Order::pairwise && !x.empty()) {
    auto term = [&](std::size_t i) { return x[i]; };
    return detail::pairwise(ar, 0, x.size(), term);
  }
  return detail::in_blocks(ar, x.size(), [&](Value<A> s, std::size_t i) { return ar.add(s, x[i]); });
}

/// The same sum, left to right whatever ar.summation() says, with what each addition lost given back to the
/// next term (Kahan).  |error| <= compensated_constant(n, u) sum |x_i|, 3 u + O(n u^2)
/// (layers/linear/rounding.hpp).
template <Arithmetic A>
Value<A> compensated_sum(A& ar, Row<const Value<A>> x) {
  auto s = ar.exactly(0.0), e = ar.exactly(0.0);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const auto y = ar.add(x[i], e);
    const auto t = ar.add(s, y);
    e = ar.add(ar.sub(s, t), y);
    s = t;
  }
  return s;
}

/// a(0) b(0) + a(1) b(1) + ...: products rounded, then summed; unrounded where the summation is fused.
/// a and b are functions of the index, so that an operand may be converted as it is read.
/// a(i) is read before b(i): the order matters where reading rounds at random.
template <Arithmetic A, class F, class G>
Value<A> dot_of(A& ar, std::size_t count, F a, G b) {
  auto product = [&](std::size_t i) {
    const auto ai = a(i);
    return ar.mul(ai, b(i));
  };
  if (ar.summation().order == Order::pairwise && count > 0) return detail::pairwise(ar, 0, count, product);
  if (ar.summation().fused)
    return detail::in_blocks(ar, count, [&](Value<A> s, std::size_t i) {
      const auto ai = a(i);
      return ar.fma(ai, b(i), s);
    });
  return detail::in_blocks(ar, count, [&](Value<A> s, std::size_t i) { return ar.add(s, product(i)); });
}

/// Inner product of two rows.  |error| <= gamma(n, u) |a|^T |b| (Lemma 4.3).
template <Arithmetic A>
Value<A> dot(A& ar, Row<const Value<A>> a, Row<const Value<A>> b) {
  return dot_of(
      ar, a.size(), [&](std::size_t i) { return a[i]; }, [&](std::size_t i) { return b[i]; });
}

}  // namespace halfulp
