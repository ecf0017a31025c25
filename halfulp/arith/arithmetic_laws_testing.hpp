// For tests only: laws that every arithmetic passes, written once.
//
//   check_identities(ar)   a + 0 = a, a / a = 1, commutativity, max, exp(0) = 1, ...: any context
//   check_containment<A>   the exact result of an operation on any numbers of its operand balls lies in the
//   check_inclusion<A>     ball returned; larger balls in, larger ball out: contexts whose values are
//                          enclosures (BallArithmetic, RunningError)
//
// Operands are drawn over the whole range of exponents, with those that hurt: zeros, subnormals, the ends of
// the range, equal, cancelling, products and quotients at the ends, balls that touch or straddle zero.  The
// exact result is MPFR's.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "halfulp/arith/adjoint.hpp"
#include "halfulp/arith/ball.hpp"
#include "halfulp/arith/decimal/decimal.hpp"
#include "halfulp/arith/dual.hpp"
#include "halfulp/arith/mpfr_oracle.hpp"
#include "halfulp/arith/running_error.hpp"

namespace halfulp::testing {

using Big = oracle::Real;

// ----- what a value says -----

/// The numbers from mid - rad to mid + rad.
struct Enclosure {
  DoubleDouble mid;
  double rad = 0;
  bool is_bounded() const { return rad < HUGE_VAL; }
};
inline Enclosure enclosure(const Ball& a) { return {a.mid, a.rad}; }
inline Enclosure enclosure(Bounded a) { return {{a.x, 0}, a.e}; }
inline Enclosure enclosure(double a) { return {{a, 0}, 0}; }
inline Enclosure enclosure(DoubleDouble a) { return {a, 0}; }
inline Enclosure enclosure(TapedNumber a) { return enclosure(a.x); }
template <class V>
Enclosure enclosure(const DualNumber<V>& a) {
  return enclosure(a.x);
}

/// Whether both may be the same number.
template <class V>
bool agree(const V& a, const V& b) {
  const Enclosure x = enclosure(a), y = enclosure(b);
  return !(std::fabs((x.mid - y.mid).hi) > x.rad + y.rad) && x.mid.hi == x.mid.hi && y.mid.hi == y.mid.hi;
}
inline bool agree(const Decimal& a, const Decimal& b) { return a == b; }

inline std::string text_of(const Enclosure& a) {
  char buffer[120];
  std::snprintf(buffer, sizeof buffer, "(%a + %a +- %a)", a.mid.hi, a.mid.lo, a.rad);
  return buffer;
}
template <class V>
std::string text(const V& a) {
  if constexpr (std::same_as<V, Decimal>)
    return text_of(a);
  else
    return text_of(enclosure(a));
}

// ----- identities -----

/// Small numbers of the arithmetic, and numbers that arise in it (quotients, roots).
template <class A>
std::vector<Value<A>> numbers_of(A ar) {
  std::vector<Value<A>> numbers;
  for (const double x : {0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0}) {
    if (!agree(ar.lift(x), ar.exactly(x))) continue;
    numbers.push_back(ar.lift(x));
    if (x != 0) numbers.push_back(ar.neg(ar.lift(x)));
  }
  const std::size_t count = numbers.size();
  for (const double d : {3.0, 1.5, 2.0}) {
    numbers.push_back(ar.div(numbers[count - 1], ar.lift(d)));
    numbers.push_back(ar.sqrt(ar.lift(d)));
  }
  return numbers;
}

/// Identities that hold whatever the rounding.  Each side starts from the same state of the context, so that
/// random roundings draw the same bits.  odd: rounding treats both signs alike.
template <class A>
void check_identities(const A& start, const std::string& name, bool odd = true) {
  using V = Value<A>;
  const auto same = [&](auto left, auto right, const char* law, const V& a, const V& b) {
    A one = start, other = start;
    const V l = left(one), r = right(other);
    EXPECT_TRUE(agree(l, r)) << name << ": " << law << " at a = " << text(a) << ", b = " << text(b) << ": "
                             << text(l) << " and " << text(r);
  };
  A constants = start;
  const V zero = constants.exactly(0), one = constants.exactly(1), two = constants.exactly(2);
  const auto is = [](const V& v) { return [v](A&) { return v; }; };
  const std::vector<V> numbers = numbers_of(start);
  for (const V& a : numbers) {
    same([&](A& ar) { return ar.add(a, zero); }, is(a), "a + 0 = a", a, zero);
    same([&](A& ar) { return ar.sub(a, zero); }, is(a), "a - 0 = a", a, zero);
    same([&](A& ar) { return ar.sub(a, a); }, is(zero), "a - a = 0", a, a);
    same([&](A& ar) { return ar.mul(a, one); }, is(a), "1 a = a", a, one);
    same([&](A& ar) { return ar.mul(a, zero); }, is(zero), "0 a = 0", a, zero);
    same([&](A& ar) { return ar.div(a, one); }, is(a), "a / 1 = a", a, one);
    if (!agree(a, zero)) same([&](A& ar) { return ar.div(a, a); }, is(one), "a / a = 1", a, a);
    same([&](A& ar) { return ar.neg(ar.neg(a)); }, is(a), "-(-a) = a", a, a);
    same([&](A& ar) { return ar.max(a, a); }, is(a), "max(a, a) = a", a, a);
    same([&](A& ar) { return ar.store(ar.load(a)); }, is(a), "store(load(a)) = a", a, a);
    same([&](A& ar) { return ar.mul_root(a, 4); }, [&](A& ar) { return ar.mul(a, two); }, "a sqrt(4) = 2a", a,
         two);
    same([&](A& ar) { return ar.div_root(a, 4); }, [&](A& ar) { return ar.div(a, two); },
         "a / sqrt(4) = a / 2", a, two);
    if (odd) {
      same([&](A& ar) { return ar.tanh(ar.neg(a)); }, [&](A& ar) { return ar.neg(ar.tanh(a)); },
           "tanh is odd", a, a);
      same([&](A& ar) { return ar.erf(ar.neg(a)); }, [&](A& ar) { return ar.neg(ar.erf(a)); }, "erf is odd",
           a, a);
    }
    for (const V& b : numbers) {
      same([&](A& ar) { return ar.add(a, b); }, [&](A& ar) { return ar.add(b, a); }, "a + b = b + a", a, b);
      same([&](A& ar) { return ar.mul(a, b); }, [&](A& ar) { return ar.mul(b, a); }, "a b = b a", a, b);
      same([&](A& ar) { return ar.sub(a, b); }, [&](A& ar) { return ar.add(a, ar.neg(b)); }, "a - b = a + -b",
           a, b);
      same([&](A& ar) { return ar.fma(a, one, b); }, [&](A& ar) { return ar.add(a, b); }, "1 a + b", a, b);
      same([&](A& ar) { return ar.fma(a, b, zero); }, [&](A& ar) { return ar.mul(a, b); }, "a b + 0", a, b);
      same([&](A& ar) { return ar.max(a, b); }, [&](A& ar) { return ar.max(b, a); }, "max(a, b) = max(b, a)",
           a, b);
      const V larger = constants.max(a, b);
      EXPECT_TRUE(agree(larger, a) || agree(larger, b))
          << name << ": max(" << text(a) << ", " << text(b) << ")";
      same([&](A& ar) { return ar.max(larger, a); }, is(larger), "max(max(a, b), a) = max(a, b)", a, b);
      if (odd)
        same([&](A& ar) { return ar.mul(ar.neg(a), b); }, [&](A& ar) { return ar.neg(ar.mul(a, b)); },
             "(-a) b = -(a b)", a, b);
    }
  }
  same([&](A& ar) { return ar.exp(zero); }, is(one), "exp(0) = 1", zero, zero);
  same([&](A& ar) { return ar.tanh(zero); }, is(zero), "tanh(0) = 0", zero, zero);
  same([&](A& ar) { return ar.erf(zero); }, is(zero), "erf(0) = 0", zero, zero);
  for (const double x : {0.0, 0.5, 1.0, 1.5, 2.0, 3.0}) {  // squares that the arithmetic holds exactly
    const V a = constants.lift(x), square = constants.lift(x * x);
    if (!agree(a, constants.exactly(x)) || !agree(square, constants.exactly(x * x))) continue;
    same([&](A& ar) { return ar.mul(a, a); }, is(square), "a a", a, a);
    same([&](A& ar) { return ar.sqrt(square); }, is(a), "sqrt(a a) = a", a, a);
  }
}

// ----- enclosures -----

/// Whether z, from MPFR, lies in the enclosure; the distance is computed to the precision of z, rounded down.
inline bool holds(const Enclosure& a, mpfr_srcptr z) {
  if (a.rad == HUGE_VAL) return true;
  if (!std::isfinite(a.mid.hi))  // exactly +-inf
    return mpfr_inf_p(z) && (mpfr_sgn(z) > 0) == (a.mid.hi > 0);
  if (!mpfr_number_p(z)) return false;
  Big distance(mpfr_get_prec(z));
  mpfr_sub_d(distance, z, a.mid.hi, MPFR_RNDZ);
  mpfr_sub_d(distance, distance, a.mid.lo, MPFR_RNDZ);
  mpfr_abs(distance, distance, MPFR_RNDZ);
  return mpfr_cmp_d(distance, a.rad) <= 0;
}

/// Whether all numbers of `inner` are numbers of `outer`.
inline bool includes(const Enclosure& outer, const Enclosure& inner) {
  if (!outer.is_bounded()) return outer.rad == HUGE_VAL;
  if (!inner.is_bounded()) return false;
  if (!std::isfinite(outer.mid.hi) || !std::isfinite(inner.mid.hi)) return outer.mid.hi == inner.mid.hi;
  Big end(2400);
  for (const double side : {-1.0, 1.0}) {
    end.set(inner.mid);
    mpfr_add_d(end, end, side * inner.rad, MPFR_RNDN);
    if (!holds(outer, end)) return false;
  }
  return true;
}

/// A number of a bounded enclosure: the midpoint, the ends, zero if it is there, or any.
inline void pick(const Enclosure& a, int which, oracle::Arguments& random, mpfr_ptr point) {
  Big part(2400);
  mpfr_set_d(point, a.mid.hi, MPFR_RNDN);
  mpfr_add_d(point, point, a.mid.lo, MPFR_RNDN);
  if (which == 0 || a.rad == 0) return;
  if (which == 3) {
    mpfr_abs(part, point, MPFR_RNDN);
    if (mpfr_cmp_d(part, a.rad) <= 0) mpfr_set_zero(point, 1);
    return;
  }
  mpfr_set_d(part, a.rad, MPFR_RNDN);
  mpfr_mul_d(part, part, which == 1 ? 1 : which == 2 ? -1 : random.uniform(-1, 1), MPFR_RNDN);
  mpfr_add(point, point, part, MPFR_RNDN);
}
inline constexpr int picks = 5;

/// Midpoints and radii that hurt.
class HostileBalls {
 public:
  explicit HostileBalls(std::uint64_t seed) : random_(seed) {}

  Enclosure next() {
    if (random_.bits() % 64 == 0) return {{random_.bits() % 2 ? HUGE_VAL : -HUGE_VAL, 0}, 0};
    const DoubleDouble mid = midpoint();
    return {mid, radius(mid)};
  }
  /// One that is hard beside a.
  Enclosure beside(const Enclosure& a) {
    const int e = detail::has_error_term(a.mid.hi) ? std::ilogb(a.mid.hi) : 0;
    DoubleDouble mid;
    if (std::isinf(a.mid.hi)) return next();
    switch (random_.bits() % 8) {
      case 0:
        mid = -a.mid;
        break;
      case 1:
        mid = std::fabs(a.mid.hi) < 1e300 ? random_.with_tail(-a.mid.hi) : -a.mid;
        break;
      case 2:
        mid = of_exponent(e - static_cast<int>(random_.bits() % 110));
        break;
      case 3:
        mid = of_exponent(-1074 - e + small());  // product at the bottom
        break;
      case 4:
        mid = of_exponent(1023 - e + small());  // product at the top
        break;
      case 5:
        mid = of_exponent(e + 1074 + small());  // quotient at the bottom
        break;
      case 6:
        mid = of_exponent(e - 1023 + small());  // quotient at the top
        break;
      default:
        return next();
    }
    return {mid, radius(mid)};
  }
  /// a with the same midpoint and a larger radius.
  Enclosure wider(Enclosure a) {
    if (std::isinf(a.mid.hi)) return a;  // exact
    const double other = radius(a.mid);
    a.rad = std::fmax(std::fmax(a.rad, other), random_.bits() % 2 ? std::nextafter(a.rad, HUGE_VAL) : 0);
    return a;
  }
  oracle::Arguments& random() { return random_; }

 private:
  int small() { return static_cast<int>(random_.bits() % 9) - 4; }
  DoubleDouble of_exponent(int e) {
    const int within = std::clamp(e, -1074, 1023);
    const double x = random_.log_uniform(within, within);
    return within > 1020 || random_.bits() % 2 ? DoubleDouble{x} : random_.with_tail(x);
  }
  DoubleDouble midpoint() {
    const double sign = random_.bits() % 2 ? 1 : -1;
    switch (random_.bits() % 12) {
      case 0:
        return {0, 0};
      case 1:
        return of_exponent(-1074 + static_cast<int>(random_.bits() % 130));
      case 2:
        return of_exponent(1023 - static_cast<int>(random_.bits() % 60));
      case 3:
        return of_exponent(static_cast<int>(random_.bits() % 2098) - 1074);
      case 4:
        return random_.with_tail(sign);
      case 5:
        return {sign * static_cast<double>(random_.bits() % 50)};
      case 6:
        return random_.with_tail(sign * 0x1.921fb54442d18p0 * static_cast<double>(random_.bits() % 40));
      case 7:
        return {sign * std::numeric_limits<double>::max()};
      case 8:
        return random_.with_tail(sign * random_.uniform(690, 750));  // the ends of exp
      default:
        return of_exponent(static_cast<int>(random_.bits() % 16) - 8);
    }
  }
  double radius(DoubleDouble mid) {
    const double size = std::fabs(mid.hi);
    switch (random_.bits() % 10) {
      case 0:
        return std::ldexp(size, -static_cast<int>(random_.bits() % 110));
      case 1:
        return size;
      case 2:
        return std::nextafter(size, 0);
      case 3:
        return size * random_.uniform(0.5, 2) < HUGE_VAL ? size * random_.uniform(0.5, 1) : size;
      case 4:
        return std::fabs(of_exponent(static_cast<int>(random_.bits() % 2098) - 1074).hi);
      case 5:
        return 0x1p-1074;
      case 6:
        return std::fabs(of_exponent(static_cast<int>(random_.bits() % 20) - 8).hi);
      case 7:
        return random_.bits() % 8 ? random_.uniform(0, 800) : HUGE_VAL;
      default:
        return 0;
    }
  }

  oracle::Arguments random_;
};

/// An operation of a context, and the exact one, to so many bits; where that is NaN nothing is asked.
template <class A>
struct Law {
  using V = Value<A>;
  const char* name;
  int operands;
  std::function<V(A&, const V&, const V&, const V&)> operation;
  std::function<void(mpfr_ptr, mpfr_srcptr, mpfr_srcptr, mpfr_srcptr)> exact;
  mpfr_prec_t precision = 2400;
};

template <class A>
std::vector<Law<A>> laws_of_enclosures() {
  using V = Value<A>;
  using P = mpfr_srcptr;
  constexpr auto N = MPFR_RNDN;
  constexpr mpfr_prec_t ample = 300;
  return {
      {"add", 2, [](A& ar, const V& a, const V& b, const V&) { return ar.add(a, b); },
       [](mpfr_ptr z, P x, P y, P) { mpfr_add(z, x, y, N); }},
      {"sub", 2, [](A& ar, const V& a, const V& b, const V&) { return ar.sub(a, b); },
       [](mpfr_ptr z, P x, P y, P) { mpfr_sub(z, x, y, N); }},
      {"mul", 2, [](A& ar, const V& a, const V& b, const V&) { return ar.mul(a, b); },
       [](mpfr_ptr z, P x, P y, P) { mpfr_mul(z, x, y, N); }},
      {"div", 2, [](A& ar, const V& a, const V& b, const V&) { return ar.div(a, b); },
       [](mpfr_ptr z, P x, P y, P) { mpfr_div(z, x, y, N); }},
      {"max", 2, [](A& ar, const V& a, const V& b, const V&) { return ar.max(a, b); },
       [](mpfr_ptr z, P x, P y, P) { mpfr_max(z, x, y, N); }},
      {"fma", 3, [](A& ar, const V& a, const V& b, const V& c) { return ar.fma(a, b, c); },
       [](mpfr_ptr z, P x, P y, P w) { mpfr_fma(z, x, y, w, N); }},
      {"neg", 1, [](A& ar, const V& a, const V&, const V&) { return ar.neg(a); },
       [](mpfr_ptr z, P x, P, P) { mpfr_neg(z, x, N); }},
      {"sqrt", 1, [](A& ar, const V& a, const V&, const V&) { return ar.sqrt(a); },
       [](mpfr_ptr z, P x, P, P) { mpfr_sqrt(z, x, N); }},
      {"mul_root", 1, [](A& ar, const V& a, const V&, const V&) { return ar.mul_root(a, 7); },
       [](mpfr_ptr z, P x, P, P) { mpfr_sqrt_ui(z, 7, N), mpfr_mul(z, z, x, N); }},
      {"div_root", 1, [](A& ar, const V& a, const V&, const V&) { return ar.div_root(a, 7); },
       [](mpfr_ptr z, P x, P, P) { mpfr_sqrt_ui(z, 7, N), mpfr_div(z, x, z, N); }},
      {"exp", 1, [](A& ar, const V& a, const V&, const V&) { return ar.exp(a); },
       [](mpfr_ptr z, P x, P, P) { mpfr_exp(z, x, N); }, ample},
      {"tanh", 1, [](A& ar, const V& a, const V&, const V&) { return ar.tanh(a); },
       [](mpfr_ptr z, P x, P, P) { mpfr_tanh(z, x, N); }, ample},
      {"erf", 1, [](A& ar, const V& a, const V&, const V&) { return ar.erf(a); },
       [](mpfr_ptr z, P x, P, P) { mpfr_erf(z, x, N); }, ample},
      {"sin", 1, [](A& ar, const V& a, const V&, const V&) { return ar.sin(a); },
       [](mpfr_ptr z, P x, P, P) { mpfr_sin(z, x, N); }, ample},
      {"cos", 1, [](A& ar, const V& a, const V&, const V&) { return ar.cos(a); },
       [](mpfr_ptr z, P x, P, P) { mpfr_cos(z, x, N); }, ample},
  };
}

/// make: an enclosure as a value of the context.
template <class A, class Make>
void check_containment(const std::vector<Law<A>>& laws, Make make, int trials, A ar = A()) {
  HostileBalls balls(31);
  Big x(2400), y(2400), w(2400);
  for (const Law<A>& law : laws) {
    int failures = 0;
    for (int trial = 0; trial < trials * oracle::effort() && failures < 3; ++trial) {
      const Enclosure first = balls.next();
      const Value<A> a = make(first), b = make(balls.beside(first)), c = make(balls.beside(first));
      const Enclosure result = enclosure(law.operation(ar, a, b, c));
      if (result.rad == HUGE_VAL) continue;  // nothing is claimed
      Big z(law.precision);
      for (int point = 0; point<picks * picks; point += law.operands> 1 ? 1 : picks) {
        pick(enclosure(a), point / picks, balls.random(), x);
        pick(enclosure(b), point % picks, balls.random(), y);
        pick(enclosure(c), (point + trial) % picks, balls.random(), w);
        law.exact(z, x, y, w);
        if (mpfr_nan_p(static_cast<mpfr_ptr>(z))) continue;  // the root of a negative number
        if (holds(result, z)) continue;
        ADD_FAILURE() << law.name << text(a) << (law.operands > 1 ? text(b) : "")
                      << (law.operands > 2 ? text(c) : "") << " = " << text_of(result) << " does not contain "
                      << mpfr_get_d(z, MPFR_RNDN) << ", point " << point << ", trial " << trial;
        ++failures;
        break;
      }
    }
  }
}

/// The same midpoints, larger radii; only where the operation is defined at the midpoints.
template <class A, class Make>
void check_inclusion(const std::vector<Law<A>>& laws, Make make, int trials) {
  HostileBalls balls(32);
  A ar;
  for (const Law<A>& law : laws) {
    int failures = 0;
    for (int trial = 0; trial < trials * oracle::effort() && failures < 3; ++trial) {
      const Enclosure a = balls.next(), b = balls.beside(a), c = balls.beside(a);
      const Enclosure wide_a = balls.wider(a), wide_b = balls.wider(b), wide_c = balls.wider(c);
      if (std::string(law.name) == "sqrt" && a.mid.hi < 0) continue;
      const Enclosure inner = enclosure(law.operation(ar, make(a), make(b), make(c)));
      const Enclosure outer = enclosure(law.operation(ar, make(wide_a), make(wide_b), make(wide_c)));
      if (includes(outer, inner)) continue;
      ADD_FAILURE() << law.name << text_of(a) << (law.operands > 1 ? text_of(b) : "") << " = "
                    << text_of(inner) << " is not within " << law.name << text_of(wide_a)
                    << (law.operands > 1 ? text_of(wide_b) : "") << " = " << text_of(outer);
      ++failures;
    }
  }
}

}  // namespace halfulp::testing
