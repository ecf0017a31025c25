// Simulated algorithms, bit for bit: the rooms with every operation rounded, in binary formats (Simulated)
// and in exact decimal arithmetic.
#include <array>

#include "halfulp/analysis/quantities/quantity.hpp"
#include "halfulp/analysis/quantities/rooms.hpp"
#include "halfulp/arith/simulated.hpp"

namespace halfulp {
namespace {

template <class Room>
QuantityValue simulated(const VectorFields& in) {
  const Format format = format_field(in, "arith");
  if (format.is_decimal()) {
    ExactDecimal ar(format.digits);
    return value_of(Room::run(ar, RoomInputs<Decimal>(in, decimal_literal, decimal_kind, true)));
  }
  Simulated ar(RoundingRule{format, Rounding::nearest_even, saturates(in, format)});
  return value_of(Room::run(ar, RoomInputs<double>(in, binary64_of, hex_kind, true)));
}

constexpr auto before = NormPlace::before_attention, after = NormPlace::after_attention;

constexpr std::array table = {
    Quantity{"sim.sum", "4.3", "arith, x [d]", "number", simulated<rooms::Sum>},
    Quantity{"sim.matvec", "4.3", "arith, A [D, d], x [d]", "[D]", simulated<rooms::Matvec>},
    Quantity{"sim.affine", "4.3", "arith, A [D, d], b [D], x [d]", "[D]", simulated<rooms::Affine>},
    Quantity{"sim.mean", "4.10", "arith, x [d]", "number", simulated<rooms::Mean>},
    Quantity{"sim.centring", "4.10", "arith, x [d]", "[d]", simulated<rooms::Centring>},
    Quantity{"sim.rms_norm", "4.6", "arith, x [d], sqrtd", "[d]", simulated<rooms::Normalise<Norm::rms>>},
    Quantity{"sim.layer_norm", "4.11", "arith, x [d], sqrtd", "[d]",
             simulated<rooms::Normalise<Norm::layer>>},
    Quantity{"sim.mlp", "4.14", "arith, A1 [D, d], b1 [D], A2 [d, D], b2 [d], x [d]", "[d]",
             simulated<rooms::Mlp>},
    Quantity{"sim.softmax", "4.19", "arith, s [n], shift", "[n]", simulated<rooms::Softmax>},
    Quantity{"sim.scores", "4.17", "arith, Wq [d, d], Wk [d, d], X [d, n], sqrtd", "[n]",
             simulated<rooms::Scores>},
    Quantity{"sim.attention", "4.21", "arith, Wq, Wk, Wv [d, d], X [d, n], order, shift, sqrtd", "[d, n]",
             simulated<rooms::Attention>},
    Quantity{"sim.block_Q", "4.29",
             "arith, Wq, Wk, Wv [d, d], A1 [D, d], b1, A2, b2, X [d, n], order, shift, sqrtd", "[d, n]",
             simulated<rooms::Block<Norm::rms, before>>},
    Quantity{"sim.block_T", "4.29",
             "arith, Wq, Wk, Wv [d, d], A1 [D, d], b1, A2, b2, X [d, n], order, shift, sqrtd", "[d, n]",
             simulated<rooms::Block<Norm::layer, before>>},
    Quantity{"sim.block_T_post", "4.29",
             "arith, Wq, Wk, Wv [d, d], A1 [D, d], b1, A2, b2, X [d, n], order, shift, sqrtd", "[d, n]",
             simulated<rooms::Block<Norm::layer, after>>},
};

}  // namespace

std::span<const Quantity> simulated_quantities() { return table; }

}  // namespace halfulp
