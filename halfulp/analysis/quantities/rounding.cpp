// Single roundings: round.format, round.bits, round.digits, and op.*, one operation of Model 4.1.
#include <fmt/format.h>

#include <array>

#include "halfulp/analysis/quantities/quantity.hpp"
#include "halfulp/analysis/quantities/reading.hpp"
#include "halfulp/arith/simulated.hpp"

namespace halfulp {
namespace {

QuantityValue bits(double x) { return {MachineNumber{x, true}}; }

QuantityValue round_format(const VectorFields& in) {
  const Format format = format_field(in, "format");
  const RoundingRule rule = {format, Rounding::nearest_even, saturates(in, format)};
  return bits(round({binary64_field(in, "x"), 0}, rule));
}

QuantityValue round_bits(const VectorFields& in) {
  const int t = in.integer("t", 1, 53);
  const RoundingRule rule = {format_named(fmt::format("bin{}", t)), Rounding::nearest_even, false};
  return bits(round({binary64_field(in, "x"), 0}, rule));
}

QuantityValue round_digits(const VectorFields& in) {
  return bits(round_to_digits(binary64_field(in, "x"), in.integer("p", 1, 17)));
}

/// The decimal number itself.
QuantityValue round_digits_decimal(const VectorFields& in) {
  return value_of(ExactDecimal(in.integer("p", 1, 17)).lift(binary64_field(in, "x")));
}

/// One operation: apply(arithmetic, a, b); b is read when the operation has two operands.
template <class Apply>
QuantityValue operation(const VectorFields& in, bool is_binary, Apply apply) {
  const Format format = format_field(in, "arith");
  if (format.is_decimal()) {
    ExactDecimal ar(format.digits);
    const Decimal a = decimal_field(in, "a"), b = is_binary ? decimal_field(in, "b") : Decimal{};
    return value_of(apply(ar, a, b));
  }
  Simulated ar(RoundingRule{format, Rounding::nearest_even, saturates(in, format)});
  const double a = binary64_field(in, "a"), b = is_binary ? binary64_field(in, "b") : 0;
  return bits(apply(ar, a, b));
}

QuantityValue op_add(const VectorFields& in) {
  return operation(in, true, [](auto& ar, auto a, auto b) { return ar.add(a, b); });
}
QuantityValue op_sub(const VectorFields& in) {
  return operation(in, true, [](auto& ar, auto a, auto b) { return ar.sub(a, b); });
}
QuantityValue op_mul(const VectorFields& in) {
  return operation(in, true, [](auto& ar, auto a, auto b) { return ar.mul(a, b); });
}
QuantityValue op_div(const VectorFields& in) {
  return operation(in, true, [](auto& ar, auto a, auto b) { return ar.div(a, b); });
}
QuantityValue op_sqrt(const VectorFields& in) {
  return operation(in, false, [](auto& ar, auto a, auto) { return ar.sqrt(a); });
}
QuantityValue op_exp(const VectorFields& in) {
  return operation(in, false, [](auto& ar, auto a, auto) { return ar.exp(a); });
}
QuantityValue op_tanh(const VectorFields& in) {
  return operation(in, false, [](auto& ar, auto a, auto) { return ar.tanh(a); });
}
QuantityValue op_erf(const VectorFields& in) {
  return operation(in, false, [](auto& ar, auto a, auto) { return ar.erf(a); });
}

constexpr std::array table = {
    Quantity{"round.format", "(13)", "format, x, overflow", "number", round_format},
    Quantity{"round.bits", "(13), unbounded exponent", "t, x", "number", round_bits},
    Quantity{"round.digits", "nearest binary64 number to p decimal digits", "p, x", "number", round_digits},
    Quantity{"round.digits.decimal", "p decimal digits, half to even", "p, x", "decimal",
             round_digits_decimal},
    Quantity{"op.add", "Model 4.1", "arith, a, b, overflow", "number", op_add},
    Quantity{"op.sub", "Model 4.1", "arith, a, b, overflow", "number", op_sub},
    Quantity{"op.mul", "Model 4.1", "arith, a, b, overflow", "number", op_mul},
    Quantity{"op.div", "Model 4.1", "arith, a, b, overflow", "number", op_div},
    Quantity{"op.sqrt", "Model 4.1", "arith, a, overflow", "number", op_sqrt},
    Quantity{"op.exp", "Model 4.1", "arith, a, overflow", "number", op_exp},
    Quantity{"op.tanh", "Model 4.1", "arith, a, overflow", "number", op_tanh},
    Quantity{"op.erf", "Model 4.1", "arith, a, overflow", "number", op_erf},
};

}  // namespace

std::span<const Quantity> rounding_quantities() { return table; }

}  // namespace halfulp
