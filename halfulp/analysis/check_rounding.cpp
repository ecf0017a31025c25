// Checks of single roundings: round.format, round.bits, round.digits, and op.*, one operation of Model 4.1.
#include <fmt/format.h>

#include <array>

#include "halfulp/analysis/check_values.hpp"
#include "halfulp/arith/simulated.hpp"
#include "halfulp/base/error.hpp"

namespace halfulp {
namespace {

/// "0x1.8p+0"
std::string hex(double x) { return fmt::format("{:a}", x); }

Verdict compare_bits(const TestVector& vector, double got) {
  const double expected = binary64_field(vector.entry, "expected");
  return {same_bits(got, expected), "", hex(expected), hex(got)};
}

Verdict round_format(const TestVector& vector) {
  const Format format = format_field(vector.inputs, "format");
  const RoundingRule rule = {format, Rounding::nearest_even, saturates(vector.inputs, format)};
  return compare_bits(vector, round({binary64_field(vector.inputs, "x"), 0}, rule));
}

Verdict round_bits(const TestVector& vector) {
  const int t = vector.inputs.integer("t", 1, 53);
  const RoundingRule rule = {format_named(fmt::format("bin{}", t)), Rounding::nearest_even, false};
  return compare_bits(vector, round({binary64_field(vector.inputs, "x"), 0}, rule));
}

/// The nearest binary64 number, and the decimal itself where the entry states it.
Verdict round_digits(const TestVector& vector) {
  const int p = vector.inputs.integer("p", 1, 17);
  const double x = binary64_field(vector.inputs, "x");
  const Verdict verdict = compare_bits(vector, round_to_digits(x, p));
  if (!verdict.passed || !vector.entry.has("expected_decimal")) return verdict;
  const Decimal expected = decimal_field(vector.entry, "expected_decimal"), got = ExactDecimal(p).lift(x);
  return {same_number(got, expected), "", text_of(expected), text_of(got)};
}

/// One operation: apply(arithmetic, a, b); b is read when the operation has two operands.
template <class Apply>
Verdict operation(const TestVector& vector, bool is_binary, Apply apply) {
  const VectorFields& in = vector.inputs;
  const Format format = format_field(in, "arith");
  if (format.is_decimal()) {
    ExactDecimal ar(format.digits);
    const Decimal a = decimal_field(in, "a"), b = is_binary ? decimal_field(in, "b") : Decimal{};
    const Decimal expected = decimal_field(vector.entry, "expected"), got = apply(ar, a, b);
    return {same_number(got, expected), "", text_of(expected), text_of(got)};
  }
  Simulated ar(RoundingRule{format, Rounding::nearest_even, saturates(in, format)});
  const double a = binary64_field(in, "a"), b = is_binary ? binary64_field(in, "b") : 0;
  return compare_bits(vector, apply(ar, a, b));
}

Verdict op_add(const TestVector& vector) {
  return operation(vector, true, [](auto& ar, auto a, auto b) { return ar.add(a, b); });
}
Verdict op_sub(const TestVector& vector) {
  return operation(vector, true, [](auto& ar, auto a, auto b) { return ar.sub(a, b); });
}
Verdict op_mul(const TestVector& vector) {
  return operation(vector, true, [](auto& ar, auto a, auto b) { return ar.mul(a, b); });
}
Verdict op_div(const TestVector& vector) {
  return operation(vector, true, [](auto& ar, auto a, auto b) { return ar.div(a, b); });
}
Verdict op_sqrt(const TestVector& vector) {
  return operation(vector, false, [](auto& ar, auto a, auto) { return ar.sqrt(a); });
}
Verdict op_exp(const TestVector& vector) {
  return operation(vector, false, [](auto& ar, auto a, auto) { return ar.exp(a); });
}
Verdict op_tanh(const TestVector& vector) {
  return operation(vector, false, [](auto& ar, auto a, auto) { return ar.tanh(a); });
}
Verdict op_erf(const TestVector& vector) {
  return operation(vector, false, [](auto& ar, auto a, auto) { return ar.erf(a); });
}

constexpr std::array checks = {
    QuantityCheck{"round.format", round_format},
    QuantityCheck{"round.bits", round_bits},
    QuantityCheck{"round.digits", round_digits},
    QuantityCheck{"op.add", op_add},
    QuantityCheck{"op.sub", op_sub},
    QuantityCheck{"op.mul", op_mul},
    QuantityCheck{"op.div", op_div},
    QuantityCheck{"op.sqrt", op_sqrt},
    QuantityCheck{"op.exp", op_exp},
    QuantityCheck{"op.tanh", op_tanh},
    QuantityCheck{"op.erf", op_erf},
};

}  // namespace

std::span<const QuantityCheck> rounding_checks() { return checks; }

Format format_field(const VectorFields& fields, std::string_view name) {
  try {
    return format_named(fields.text(name));
  } catch (const usage_error& error) {
    fields.fail(name, error.what());
  }
}

bool saturates(const VectorFields& fields, const Format& format) {
  if (!fields.has("overflow")) return false;
  const std::string overflow = fields.text("overflow");
  if (overflow == "saturate") return true;
  if (overflow == "none" ? !format.is_unbounded() : overflow != "ieee")
    fields.fail("overflow",
                fmt::format("'{}' for {}: ieee or saturate, none only where the exponent is unbounded",
                            overflow.substr(0, 60), format.name));
  return false;
}

}  // namespace halfulp
