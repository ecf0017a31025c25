// Activation functions, each in the order of operations of the implementations that use it.
//
//   relu       max(x, 0)                          exact
//   silu       x / (1 + exp(-x))                  one stored result, the inside in the accumulator's format
//   gelu_erf   x/2 (1 + erf(x / sqrt 2))          one stored result
//   gelu_tanh  x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))   every operation stored, as GPT-2 writes it;
//              the cube is two products: pow(x, 3) of PyTorch rounds twice in bfloat16
#pragma once

#include "halfulp/layers/architecture.hpp"
#include "halfulp/layers/staged.hpp"

namespace halfulp {

/// Constants of the two forms of GELU, binary64 numbers as every implementation has them.
constexpr double root_half = 0.70710678118654752440;
constexpr double root_two_over_pi = 0.79788456080286535588;
constexpr double cube_of_gelu_tanh = 0.044715;

template <class A>
Value<A> relu(A& op, Value<A> x) {
  return op.max(x, op.exactly(0.0));
}

template <class A>
Value<A> silu(A& op, Value<A> x) {
  const auto one = op.exactly(1.0);
  return op.store(op.div(x, op.add(one, op.exp(op.neg(x)))));
}

template <class A>
Value<A> gelu_erf(A& op, Value<A> x) {
  const auto tail = op.add(op.exactly(1.0), op.erf(op.mul(x, op.lift(root_half))));
  return op.store(op.mul(op.mul(x, op.exactly(0.5)), tail));
}

template <class A>
Value<A> gelu_tanh(A& op, Value<A> x) {
  const auto cube = op.store(op.mul(op.store(op.mul(x, x)), x));
  const auto cubic = op.store(op.mul(cube, op.lift(cube_of_gelu_tanh)));
  const auto inner = op.store(op.mul(op.store(op.add(x, cubic)), op.lift(root_two_over_pi)));
  const auto tail = op.store(op.add(op.exactly(1.0), op.store(op.tanh(inner))));
  return op.store(op.mul(op.store(op.mul(x, op.exactly(0.5))), tail));
}

/// One value activated and stored.  x is loaded first.
template <class A>
Value<A> activate(A& op, Activation which, Value<A> x) {
  x = op.load(x);
  switch (which) {
    case Activation::relu:
      return op.store(relu(op, x));
    case Activation::silu:
      return silu(op, x);
    case Activation::gelu_erf:
      return gelu_erf(op, x);
    case Activation::gelu_tanh:
      break;
  }
  return gelu_tanh(op, x);
}

}  // namespace halfulp
