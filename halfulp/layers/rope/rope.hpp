// Rotary position embedding of one head of one token: pairs (i, i + r/2) turn by the angle  p omega_i,
//
//   y_i       = x_i       cos - x_{i+r/2} sin
//   y_{i+r/2} = x_{i+r/2} cos + x_i       sin,     omega_i = theta^(-2i/r) (scaled), i < r/2,
//
// p the position, r <= d_h the rotary dimensions; entries from r on stay.  Shapes: x, y [d_h]; cos, sin
// [r/2].
#pragma once

#include "halfulp/layers/architecture.hpp"
#include "halfulp/layers/staged.hpp"

namespace halfulp {

/// theta^(2i/r), i < r/2, each with relative error below 2^-85.
std::vector<DoubleDouble> rotary_powers(const Architecture& architecture);
/// The factor on 1 / theta^(2i/r) that the architecture's scaling asks for; all 1 when there is none.
std::vector<double> rotary_scales(const Architecture& architecture);

/// cos and sin of the angles of position p.  Step: table (the angle in the accumulator's format, cos and sin
/// stored).
template <class A>
void rope_table(A& ar, const Architecture& architecture, double position, Row<Value<A>> cosine,
                Row<Value<A>> sine) {
  auto& op = step(ar, Step::table);
  const auto powers = rotary_powers(architecture);
  const auto scales = rotary_scales(architecture);
  for (std::size_t i = 0; i < powers.size(); ++i) {
    auto frequency = op.div(op.exactly(1.0), op.lift(powers[i]));
    if (scales[i] != 1) frequency = op.mul(frequency, op.lift(scales[i]));
    const auto angle = op.mul(op.exactly(position), frequency);
    cosine[i] = op.store(op.cos(angle));
    sine[i] = op.store(op.sin(angle));
  }
}

/// Step: rotate; each product and the sum stored.
template <class A>
void rope(A& ar, Row<const Value<A>> x, Row<const Value<A>> cosine, Row<const Value<A>> sine,
          Row<Value<A>> y) {
  auto& op = step(ar, Step::rotate);
  const std::size_t half = cosine.size();
  for (std::size_t i = 0; i < half; ++i) {
    const auto a = op.load(x[i]), b = op.load(x[i + half]);
    y[i] = op.store(op.sub(op.store(op.mul(a, cosine[i])), op.store(op.mul(b, sine[i]))));
    y[i + half] = op.store(op.add(op.store(op.mul(b, cosine[i])), op.store(op.mul(a, sine[i]))));
  }
  for (std::size_t i = 2 * half; i < x.size(); ++i) y[i] = x[i];
}

}  // namespace halfulp
