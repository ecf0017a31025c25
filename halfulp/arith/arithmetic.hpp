// What an arithmetic is: a context object, passed first, that owns everything a rounded computation depends
// on. Values stay bare; one call is one rounding.  Array operations (linalg/) take the context too.
#pragma once

#include <concepts>
#include <cstddef>
#include <type_traits>

#include "halfulp/arith/double_double.hpp"
#include "halfulp/arith/summation.hpp"

namespace halfulp {

template <class A>
using Value = typename std::remove_cvref_t<A>::Value;

/// mul_root, div_root: by the exact constant sqrt(x).  lift: a constant of the algorithm, rounded.  exactly:
/// a binary64 number taken as it is.  load and store: the roundings of a step's operands and result
/// (identities unless simulated).
template <class A>
concept Arithmetic = requires(A& ar, Value<A> a, double x) {
  { ar.lift(x) } -> std::same_as<Value<A>>;
  { ar.lift(DoubleDouble{x, 0}) } -> std::same_as<Value<A>>;
  { ar.exactly(x) } -> std::same_as<Value<A>>;
  { ar.load(a) } -> std::same_as<Value<A>>;
  { ar.store(a) } -> std::same_as<Value<A>>;
  { ar.add(a, a) } -> std::same_as<Value<A>>;
  { ar.sub(a, a) } -> std::same_as<Value<A>>;
  { ar.mul(a, a) } -> std::same_as<Value<A>>;
  { ar.div(a, a) } -> std::same_as<Value<A>>;
  { ar.fma(a, a, a) } -> std::same_as<Value<A>>;
  { ar.sqrt(a) } -> std::same_as<Value<A>>;
  { ar.mul_root(a, x) } -> std::same_as<Value<A>>;
  { ar.div_root(a, x) } -> std::same_as<Value<A>>;
  { ar.exp(a) } -> std::same_as<Value<A>>;
  { ar.tanh(a) } -> std::same_as<Value<A>>;
  { ar.erf(a) } -> std::same_as<Value<A>>;
  { ar.neg(a) } -> std::same_as<Value<A>>;
  { ar.max(a, a) } -> std::same_as<Value<A>>;
  { ar.summation() } -> std::convertible_to<Summation>;
};

/// Says that what follows computes entry (row, column) of a result: arithmetics that draw random bits give
/// each entry a stream of its own.
template <class A>
void begin_entry(A& ar, std::size_t row, std::size_t column) {
  if constexpr (requires { ar.begin_entry(row, column); }) ar.begin_entry(row, column);
}

}  // namespace halfulp
