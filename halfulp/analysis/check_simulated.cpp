// Checks of simulated algorithms, bit for bit: the rooms of the layers' values with every operation rounded,
// in binary formats (Simulated) and in exact decimal arithmetic.  Zeros are compared without sign.
#include <fmt/format.h>

#include <array>

#include "halfulp/analysis/check_rooms.hpp"
#include "halfulp/arith/simulated.hpp"

namespace halfulp {
namespace {

std::string written(double x) { return fmt::format("{:a}", x); }
std::string written(const Decimal& x) { return text_of(x); }

template <class Room, class A>
Verdict run_in(A& ar, const TestVector& vector, std::optional<Value<A>> (*read)(const Literal&),
               const char* kind) {
  const auto got = Room::run(ar, RoomInputs<Value<A>>(vector.inputs, read, kind, true));
  const Matrix<Literal> expected = expected_of(vector, got);
  for (std::size_t i = 0; i < expected.rows(); ++i) {
    for (std::size_t j = 0; j < expected.columns(); ++j) {
      const std::string place = place_of(got.rank, i, j);
      const auto wanted = value_of(vector.entry, "expected", place, expected(i, j), read, kind);
      if (!same_number(got.values(i, j), wanted))
        return {false, place, expected(i, j).text, written(got.values(i, j))};
    }
  }
  return {};
}

template <class Room>
Verdict simulated(const TestVector& vector) {
  const Format format = format_field(vector.inputs, "arith");
  if (format.is_decimal()) {
    ExactDecimal ar(format.digits);
    return run_in<Room>(ar, vector, decimal_literal, decimal_kind);
  }
  Simulated ar(RoundingRule{format, Rounding::nearest_even, saturates(vector.inputs, format)});
  return run_in<Room>(ar, vector, binary64_of, hex_kind);
}

constexpr auto before = NormPlace::before_attention, after = NormPlace::after_attention;

constexpr std::array checks = {
    QuantityCheck{"sim.sum", simulated<rooms::Sum>},
    QuantityCheck{"sim.matvec", simulated<rooms::Matvec>},
    QuantityCheck{"sim.affine", simulated<rooms::Affine>},
    QuantityCheck{"sim.mean", simulated<rooms::Mean>},
    QuantityCheck{"sim.centring", simulated<rooms::Centring>},
    QuantityCheck{"sim.rms_norm", simulated<rooms::Normalise<Norm::rms>>},
    QuantityCheck{"sim.layer_norm", simulated<rooms::Normalise<Norm::layer>>},
    QuantityCheck{"sim.mlp", simulated<rooms::Mlp>},
    QuantityCheck{"sim.softmax", simulated<rooms::Softmax>},
    QuantityCheck{"sim.scores", simulated<rooms::Scores>},
    QuantityCheck{"sim.attention", simulated<rooms::Attention>},
    QuantityCheck{"sim.block_Q", simulated<rooms::Block<Norm::rms, before>>},
    QuantityCheck{"sim.block_T", simulated<rooms::Block<Norm::layer, before>>},
    QuantityCheck{"sim.block_T_post", simulated<rooms::Block<Norm::layer, after>>},
};

}  // namespace

std::span<const QuantityCheck> simulated_checks() { return checks; }

}  // namespace halfulp
