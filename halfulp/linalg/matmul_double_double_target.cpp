// A matrix product in double-double on packs: the operators of double_double.hpp, operation for operation,
// with the high and low parts in registers of their own.
#include "halfulp/arith/pack/pack.hpp"
#include "halfulp/linalg/target_tables.hpp"

#if defined(HWY_NATIVE_FMA) && HWY_NATIVE_FMA

namespace halfulp::HALFULP_TARGET {
namespace {

using P = Pack<double>;

struct Pair {
  P hi, lo;
};

HWY_INLINE Pair two_sum(P a, P b) {
  const P sum = a + b, b_seen = sum - a, a_seen = sum - b_seen;
  return {sum, (a - a_seen) + (b - b_seen)};
}
HWY_INLINE Pair fast_two_sum(P a, P b) {
  const P sum = a + b;
  return {sum, b - (sum - a)};
}
/// Not zero, infinite or NaN.
HWY_INLINE Mask<double> has_error_term(P x) { return (x != P(0.0)) & (abs(x) < P(__builtin_inf())); }

HWY_INLINE Pair add(Pair a, Pair b) {
  const Pair s = two_sum(a.hi, b.hi), t = two_sum(a.lo, b.lo);
  const Pair v = fast_two_sum(s.hi, s.lo + t.hi);
  const Pair z = fast_two_sum(v.hi, t.lo + v.lo);
  const auto usual = has_error_term(z.hi);
  return {select(usual, z.hi, s.hi), select(usual, z.lo, P(0.0))};  // s.hi = a.hi + b.hi
}

/// a b with a.lo = 0.
HWY_INLINE Pair mul(P a, Pair b) {
  const P product = a * b.hi;
  const P cross = a * b.lo + P(0.0) * b.hi;
  const P error = fma(a, b.hi, -product) + cross;
  const Pair s = fast_two_sum(product, error);
  const auto usual = has_error_term(product);
  const auto whole = usual & has_error_term(s.hi);
  return {select(usual, s.hi, product), select(whole, s.lo, P(0.0))};
}

template <std::size_t R, std::size_t V>
HWY_INLINE void tile(const DoubleDoubleJob& job, std::size_t row) {
  constexpr std::size_t L = P::lanes;
  Pair s[R][V];
  unroll<R>([&](auto r) HALFULP_INLINE {
    unroll<V>([&](auto v) HALFULP_INLINE { s[r.value][v.value] = {P(0.0), P(0.0)}; });
  });
  for (std::size_t k = 0; k < job.k; ++k) {
    unroll<V>([&](auto v) HALFULP_INLINE {
      const std::size_t at = k * job.b_step + v.value * L;
      const Pair b = {P::load(job.b_high + at), P::load(job.b_low + at)};
      unroll<R>([&](auto r) HALFULP_INLINE {
        const P a(job.a[(row + r.value) * job.row_step + k]);
        s[r.value][v.value] = add(s[r.value][v.value], mul(a, b));
      });
    });
  }
  unroll<R>([&](auto r) HALFULP_INLINE {
    unroll<V>([&](auto v) HALFULP_INLINE {
      const std::size_t at = (row + r.value) * job.out_step + v.value * L;
      s[r.value][v.value].hi.store(job.out_high + at);
      s[r.value][v.value].lo.store(job.out_low + at);
    });
  });
}

void run(const DoubleDoubleJob& job) {
  std::size_t row = 0;
  for (; row + 4 <= job.rows; row += 4) tile<4, 1>(job, row);
  for (; row < job.rows; ++row) tile<1, 1>(job, row);
}

}  // namespace

extern constexpr std::size_t double_double_columns = P::lanes;
extern void (*const double_double)(const DoubleDoubleJob& job) = run;

}  // namespace halfulp::HALFULP_TARGET

#else

namespace halfulp::HALFULP_TARGET {
extern constexpr std::size_t double_double_columns = 0;
extern void (*const double_double)(const DoubleDoubleJob& job) = nullptr;
}  // namespace halfulp::HALFULP_TARGET

#endif
