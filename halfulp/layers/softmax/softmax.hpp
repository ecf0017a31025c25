// Softmax of one query's scores:  y_i = e_i / sum_k e_k,  e_i = exp(s_i - m),  m = max_k s_k  (shifted), or
// e_i = exp(s_i)  (unshifted, as the paper has it: Lemma 4.19 counts n + 2 roundings for this form only;
// narrow formats overflow).  Shapes: s, y are [t].  Scores may be -inf (weight exactly 0), but not all of
// them (NaN). Source: arXiv:2503.10251, eq. (4), Lemma 4.19.
#pragma once

#include "halfulp/layers/staged.hpp"
#include "halfulp/linalg/sum.hpp"

namespace halfulp {

enum class Shift { none, by_maximum };

/// An arithmetic of unbounded exponents in a carrier that has bounds may offer exp_scaled(a, m): exp(a)
/// rounded, in a scale that depends on m only (scaled_exponential.hpp).  Up to |m| = 10^6 it is a power of
/// the radix: the weights keep their digits.
/// Steps: exp (subtraction and exponential, stored), sum, divide.  `e` is scratch of t values.
template <class A>
void softmax(A& ar, Row<const Value<A>> s, Shift shift, Row<Value<A>> e, Row<Value<A>> y) {
  auto& exponential = step(ar, Step::exp);
  auto m = s[0];
  for (std::size_t i = 1; i < s.size(); ++i) m = exponential.max(m, s[i]);
  for (std::size_t i = 0; i < s.size(); ++i) {
    const auto argument = exponential.load(s[i]);
    if constexpr (requires { exponential.exp_scaled(argument, m); }) {
      if (shift == Shift::none) {
        e[i] = exponential.store(exponential.exp_scaled(argument, m));
        continue;
      }
    }
    const auto shifted = shift == Shift::none ? argument : exponential.sub(argument, exponential.load(m));
    e[i] = exponential.store(exponential.exp(shifted));
  }
  auto& adding = step(ar, Step::sum);
  const auto total = adding.store(sum(adding, Row<const Value<A>>(e)));
  auto& quotient = step(ar, Step::divide);
  for (std::size_t i = 0; i < s.size(); ++i) y[i] = quotient.store(quotient.div(e[i], total));
}

}  // namespace halfulp
