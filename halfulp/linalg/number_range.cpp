#include "halfulp/linalg/number_range.hpp"

#include <bit>
#include <cmath>
#include <limits>

namespace halfulp {
namespace {

template <class T>
constexpr int precision_of = std::numeric_limits<T>::digits;
template <class T>
constexpr int emax_of = std::numeric_limits<T>::max_exponent - 1;
template <class T>
constexpr int emin_of = 1 - emax_of<T>;
/// Exponent of the smallest subnormal.
template <class T>
constexpr int last_of = emin_of<T> - precision_of<T> + 1;

int log2_up(std::size_t k) { return k <= 1 ? 0 : static_cast<int>(std::bit_width(k - 1)); }

template <class T>
bool is_carrier(const RoundingRule& rule) {
  const Format& f = rule.format;
  return rule.mode == Rounding::nearest_even && !rule.saturate && !f.is_decimal() &&
         f.specials == Specials::ieee && f.precision == precision_of<T> && f.emin == emin_of<T> &&
         f.emax == emax_of<T>;
}

/// What is known of the products.
struct Products {
  bool exact;    // in the carrier, if they neither overflow nor lie below its last subnormal
  int quantum;   // multiples of 2^quantum
  int exponent;  // below 2^exponent
  bool finite;
};

template <class T>
ProductStep carrier_step(const Summation& summation, const Products& p, bool fused) {
  const bool joined = p.exact && p.finite && p.quantum >= last_of<T> && p.exponent <= emax_of<T>;
  if (summation.order == Order::pairwise) return ProductStep::plain;
  if (joined && (fused || precision_of<T> == 24)) return ProductStep::fused;
  return ProductStep::plain;
}

}  // namespace

template <class T>
NumberRange number_range(const BitRange& range) {
  constexpr int fraction = precision_of<T> - 1;
  NumberRange r;
  r.finite = range.finite;
  if (range.largest == 0) return r;  // zeros only: nothing that 1 does not prove
  const auto exponent = [](std::uint64_t bits) {
    const int biased = static_cast<int>(bits >> fraction);
    return biased == 0 ? emin_of<T> : biased - emax_of<T>;
  };
  r.bits = range.fractions == 0 ? 1 : fraction + 1 - std::countr_zero(range.fractions);
  r.exponent = exponent(range.largest);
  const bool subnormal = range.smallest >> fraction == 0;
  r.quantum = subnormal ? last_of<T> : exponent(range.smallest) - r.bits + 1;
  if (r.quantum < last_of<T>) r.quantum = last_of<T>;
  return r;
}

bool is_representable(const NumberRange& range, const RoundingRule& rule) {
  const Format& f = rule.format;
  if (f.is_decimal() || range.bits > f.precision) return false;
  if (f.is_unbounded()) return true;
  const bool inside = range.exponent < f.emax || (range.exponent == f.emax && f.specials == Specials::ieee);
  return inside && range.quantum >= f.emin - f.precision + 1 && range.finite && f.specials != Specials::fnuz;
}

template <class T>
std::optional<ProductStep> proved_step(const RoundingRule& acc, const Summation& summation,
                                       const NumberRange& a, const NumberRange& b, std::size_t k,
                                       bool fused) {
  const Format& f = acc.format;
  const bool pairwise = summation.order == Order::pairwise;
  const Products p{a.bits + b.bits <= precision_of<T>, a.quantum + b.quantum, a.exponent + b.exponent + 2,
                   a.finite && b.finite};
  if (summation.fused && !pairwise) {  // one rounding of the exact a b + s
    if (!is_carrier<T>(acc)) return std::nullopt;
    if (fused) return ProductStep::fused;
    if (precision_of<T> == 24 && carrier_step<T>(summation, p, fused) == ProductStep::fused)
      return ProductStep::fused;
    return std::nullopt;
  }
  if (is_carrier<T>(acc)) return carrier_step<T>(summation, p, fused);
  const int widest =
      precision_of<T> == 24 ? 11 : 25;  // 2 t + 2 <= 24 or 53: sums tolerate the carrier's rounding
  if (acc.mode != Rounding::nearest_even || f.is_decimal() || !p.exact) return std::nullopt;
  if (f.precision < 2 || f.precision > widest) return std::nullopt;

  const int s = precision_of<T> - f.precision;
  const int sums = p.exponent + log2_up(k) + 5;
  const bool carrier_room =
      p.finite && sums + s + 2 < emax_of<T> && a.exponent + s + 2 < emax_of<T>;  // c z, c a do not overflow
  const bool normal = p.quantum >= emin_of<T> && (f.is_unbounded() || p.quantum >= f.emin - f.precision + 1);
  const bool floor_works = !f.is_unbounded() && f.emin - s > emin_of<T>;
  const int top = f.is_unbounded() ? emax_of<T> : f.emax - 1;  // 2^top is a number of the format
  if (carrier_room && (normal || floor_works)) {
    if (pairwise && normal && sums <= top && f.specials != Specials::fnuz) return ProductStep::signed_split;
    if (!pairwise && sums <= top)
      return normal && a.bits <= f.precision ? ProductStep::split : ProductStep::floored;
    if (!pairwise && p.exponent <= top && careful_step<T>(acc)) return ProductStep::watched;
  }
  const auto careful = careful_step<T>(acc);
  if (careful == ProductStep::integer_bits && p.quantum < last_of<T>)
    return std::nullopt;  // rounded by the carrier first
  return careful;
}

template <class T>
std::optional<ProductStep> careful_step(const RoundingRule& acc) {
  if (precision_of<T> == 24 && fits_bits(acc)) return ProductStep::integer_bits;
  if (fits_grid<T>(acc)) return ProductStep::grid;
  return std::nullopt;
}

template std::optional<ProductStep> careful_step<float>(const RoundingRule&);
template std::optional<ProductStep> careful_step<double>(const RoundingRule&);
template NumberRange number_range<float>(const BitRange& range);
template NumberRange number_range<double>(const BitRange& range);
template std::optional<ProductStep> proved_step<float>(const RoundingRule&, const Summation&,
                                                       const NumberRange&, const NumberRange&, std::size_t,
                                                       bool);
template std::optional<ProductStep> proved_step<double>(const RoundingRule&, const Summation&,
                                                        const NumberRange&, const NumberRange&, std::size_t,
                                                        bool);

}  // namespace halfulp
