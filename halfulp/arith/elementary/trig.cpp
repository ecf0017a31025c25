// sin and cos:  x = k pi/2 + r with |r| <= pi/4, then the Taylor series of sin or cos at r.
#include <cmath>
#include <limits>

#include "halfulp/arith/elementary/elementary.hpp"
#include "halfulp/arith/elementary/exp_core.hpp"

namespace halfulp {
namespace {

using detail::inverse_factorial;

constexpr double largest_argument = 0x1p45;

struct Reduced {
  DoubleDouble r;
  int quadrant;  // k mod 4
};

/// r = x - k pi/2 for |x| <= 2^45;  relative error below 2^-101, and an absolute error below 2^-160.
/// The ten products and parts are summed without error by three passes of two_sum (as in SumK of Ogita, Rump
/// and Oishi 2005, four-fold precision), so cancellation of up to 105 bits is harmless; pi/2 is known to
/// 2^-217, k < 2^45.
Reduced reduce(DoubleDouble x) {
  if (std::fabs(x.hi) <= 0.785) return {x, 0};
  const double shifted = x.hi * 0x1.45f306dc9c883p-1 + detail::round_shift;  // 2/pi
  const double k = shifted - detail::round_shift;
  double terms[10] = {x.hi, x.lo};
  for (int i = 0; i < 4; ++i) {
    const WithError p = two_prod(-k, detail::half_pi[i]);
    terms[2 + 2 * i] = p.value;
    terms[3 + 2 * i] = p.error;
  }
  for (int pass = 0; pass < 3; ++pass) {
    for (int i = 9; i > 0; --i) {
      const WithError s = two_sum(terms[i - 1], terms[i]);
      terms[i - 1] = s.value;
      terms[i] = s.error;
    }
  }
  DoubleDouble r{terms[9]};
  for (int i = 8; i >= 0; --i) r = r + terms[i];
  return {r, static_cast<int>(detail::integer_of(shifted) & 3)};
}

/// sum_{i >= first} w^(i - first) / (2i + odd)!  for |w| <= 0.62: binary64 from i = 8 on, below 2^-49 w.
DoubleDouble series(DoubleDouble w, int first, int odd) {
  double high_terms = 0;
  for (int i = 13; i >= 8; --i) high_terms = inverse_factorial[2 * i + odd].hi + w.hi * high_terms;
  DoubleDouble sum = inverse_factorial[14 + odd] + w * high_terms;
  for (int i = 6; i >= first; --i) sum = inverse_factorial[2 * i + odd] + w * sum;
  return sum;
}

DoubleDouble sin_of_reduced(DoubleDouble r) {
  const DoubleDouble w = -(r * r);
  return r + r * (w * series(w, 1, 1));
}

DoubleDouble cos_of_reduced(DoubleDouble r) {
  const DoubleDouble w = -(r * r);
  return 1.0 + w * series(w, 1, 0);
}

/// sin(x + quarter_turns pi/2).
DoubleDouble shifted_sin(DoubleDouble x, int quarter_turns) {
  if (!(std::fabs(x.hi) <= largest_argument)) return {std::numeric_limits<double>::quiet_NaN(), 0};
  const Reduced at = reduce(x);
  const int quadrant = (at.quadrant + quarter_turns) & 3;
  const DoubleDouble y = (quadrant & 1) != 0 ? cos_of_reduced(at.r) : sin_of_reduced(at.r);
  return (quadrant & 2) != 0 ? -y : y;
}

}  // namespace

DoubleDouble sin(DoubleDouble x) {
  if (x.hi == 0) return x;
  if (std::fabs(x.hi) < 0x1p-60)
    return x - x.hi * (x.hi * x.hi / 6);  // the next term is below 2^-240 relatively
  return shifted_sin(x, 0);
}

DoubleDouble cos(DoubleDouble x) { return shifted_sin(x, 1); }

double sin(double x) { return sin(DoubleDouble{x}).hi; }

double cos(double x) { return cos(DoubleDouble{x}).hi; }

double sin_odd(double x) {
  if (x == 0) return x;
  if (std::fabs(x) < 0x1p-30) return round_to_odd(x, -x);  // 0 < |x| - |sin(x)| < |x|^3 / 6: less than an ulp
  return round_to_odd(sin(DoubleDouble{x}));
}

double cos_odd(double x) {
  if (x == 0) return 1;
  if (std::fabs(x) < 0x1p-27) return 0x1.fffffffffffffp-1;  // 0 < 1 - cos(x) < x^2 / 2 < 2^-55
  return round_to_odd(cos(DoubleDouble{x}));
}

}  // namespace halfulp
