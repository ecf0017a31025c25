// Operations on packs whose exact result is two numbers: constants sqrt(d), fused sums, exponentials.  What
// decides the last bit is kept by rounding to odd (round_to_odd.hpp), lane for lane as the scalar twin does.
#pragma once

#include "halfulp/arith/elementary/elementary.hpp"
#include "halfulp/arith/elementary/exp_core.hpp"
#include "halfulp/arith/pack/pack.hpp"
#include "halfulp/arith/scaled_exponential.hpp"

namespace halfulp::HALFULP_TARGET {

using PackD = Pack<double>;

/// y + rest.
struct Exact {
  PackD y, rest;
};

/// |rest| at most as large as y up to a few places: brought into the form where |rest| <= ulp(y) / 2.
HWY_INLINE Exact renormalised(PackD y, PackD rest) {
  const PackD sum = y + rest;
  return {sum, rest - (sum - y)};
}
/// Rounded to odd; finite y != 0 where rest != 0.
HWY_INLINE PackD to_odd(Exact x) {
  using U = Pack<std::uint64_t>;
  const U bits = bits_as<std::uint64_t>(x.y), one(1), zero(0);
  const U opposite = shift_right<63>(bits ^ bits_as<std::uint64_t>(x.rest));
  const U odd = (bits - opposite) | one;
  return select(x.rest == PackD(0.0), x.y, bits_as<double>(odd));
}

template <class T>
HWY_INLINE Exact exact_product(Pack<T> a, Pack<T> b) {
  const PackD y = a * b;
  if constexpr (has_fma) {
    return {y, fma_minus(a, b, y)};
  } else {  // Dekker 1971; |a|, |b| below 2^995
    const PackD factor(134217729.0);
    const PackD ca = a * factor, cb = b * factor;
    const PackD ah = ca - (ca - a), bh = cb - (cb - b), al = a - ah, bl = b - bh;
    return {y, ((ah * bh - y) + ah * bl + al * bh) + al * bl};
  }
}
HWY_INLINE Exact exact_sum(PackD a, PackD b) {
  const PackD y = a + b, part = y - a;
  return {y, (a - (y - part)) + (b - part)};
}

/// a sqrt(d), a / sqrt(d) and a b + c.
HWY_INLINE Exact times_root(PackD a, const double root[2]) {
  const Exact high = exact_product(a, PackD(root[0]));
  return renormalised(high.y, high.rest + a * PackD(root[1]));
}
HWY_INLINE Exact over_root(PackD a, const double root[2]) {
  const PackD q = a / PackD(root[0]);
  const Exact back = exact_product(q, PackD(root[0]));
  const PackD left = ((a - back.y) - back.rest) - q * PackD(root[1]);
  return renormalised(q, left / PackD(root[0]));
}
HWY_INLINE Exact product_and_sum(PackD a, PackD b, PackD c) {
  const Exact p = exact_product(a, b), s = exact_sum(p.y, c);
  return renormalised(s.y, s.rest + p.rest);
}

/// For exp_core (found by its argument's namespace).
HWY_INLINE detail::PowerOfTwo<PackD> look_up_power_of_two(PackD shifted) {
  static_assert(sizeof(detail::ThreeParts) == 3 * sizeof(double));
  const auto j = bits_as<std::int64_t>(shifted) & Pack<std::int64_t>(63);
  const auto index = j + j + j;
  const double* const table = &detail::power_of_two[0].hi;
  const hn::ScalableTag<double> tag;
  return {PackD(hn::GatherIndex(tag, table, index.v)), PackD(hn::GatherIndex(tag, table + 1, index.v))};
}

/// function(lane of x, lane of m) in the lanes where `which`, y in the others.
template <class Function>
HWY_INLINE PackD in_lanes(Mask<double> which, PackD y, PackD x, PackD m, Function function) {
  alignas(64) double chosen[PackD::lanes], from[PackD::lanes], with[PackD::lanes], to[PackD::lanes];
  select(which, PackD(1.0), PackD(0.0)).store(chosen);
  x.store(from);
  m.store(with);
  y.store(to);
  for (std::size_t l = 0; l < PackD::lanes; ++l)
    if (chosen[l] != 0) to[l] = function(from[l], with[l]);
  return PackD::load(to);
}

/// exp(x): rounded to odd as exp_odd(), or (odd = false) as exp(double) of elementary.hpp.
template <bool odd>
HWY_INLINE PackD exponential(PackD x) {
  const auto usual = abs(x) <= PackD(708.0);
  const PackD safe = select(usual, x, PackD(1.0));
  const auto p = detail::exp_core(safe);
  using I = Pack<std::int64_t>;
  const I k =
      shift_right<6>(bits_as<std::int64_t>(p.shifted) - bits_as<std::int64_t>(PackD(detail::round_shift)));
  const PackD y = odd ? to_odd({p.hi, p.lo}) : p.hi;
  const PackD scaled = bits_as<double>(bits_as<std::int64_t>(y) + shift_left<52>(k));
  const PackD result = select(x == PackD(0.0), PackD(1.0), scaled);
  const auto sure =
      odd ? usual & ((PackD(4 * detail::exp_core_error) < abs(p.lo)) | (x == PackD(0.0))) : usual;
  if (HWY_LIKELY(all(sure))) return result;
  return in_lanes(!sure, result, x, x,
                  [](double a, double) HALFULP_INLINE { return odd ? exp_odd(a) : halfulp::exp(a); });
}

}  // namespace halfulp::HALFULP_TARGET
