#include "halfulp/report/formats_report.hpp"

#include <fmt/format.h>

#include "halfulp/arith/round.hpp"
#include "halfulp/report/provenance.hpp"

namespace halfulp {
namespace {

const std::vector<Rounding>& modes() {
  static const std::vector<Rounding> all = {Rounding::nearest_even, Rounding::nearest_away,
                                            Rounding::toward_zero,  Rounding::up,
                                            Rounding::down,         Rounding::stochastic};
  return all;
}

bool has_infinities(const Format& f) { return f.specials == Specials::ieee || f.specials == Specials::none; }
bool has_nan(const Format& f) { return f.specials != Specials::finite; }
bool has_negative_zero(const Format& f) { return f.specials != Specials::fnuz; }

std::vector<Rounding> modes_of(const Format& f) {
  return f.is_decimal() ? std::vector<Rounding>{Rounding::nearest_even} : modes();
}

nlohmann::ordered_json to_json(const Format& f) {
  nlohmann::ordered_json entry;
  const auto unless = [](bool missing, auto value) {
    return missing ? nlohmann::ordered_json() : nlohmann::ordered_json(value);
  };
  entry["name"] = f.name;
  entry["significand_bits"] = unless(f.is_decimal(), f.precision);
  entry["decimal_digits"] = unless(!f.is_decimal(), f.digits);
  entry["emin"] = unless(f.is_unbounded(), f.emin);
  entry["emax"] = unless(f.is_unbounded(), f.emax);
  entry["bias"] = unless(f.is_unbounded(), f.bias());
  entry["largest"] = unless(f.is_unbounded(), f.max_finite);
  entry["smallest_normal"] = unless(f.is_unbounded(), f.smallest_normal());
  entry["smallest_subnormal"] = unless(f.is_unbounded(), f.smallest_subnormal());
  entry["unit_roundoff"] = f.unit_roundoff();
  entry["infinities"] = has_infinities(f);
  entry["nan"] = has_nan(f);
  entry["negative_zero"] = has_negative_zero(f);
  entry["stochastic_bits"] = unless(f.is_decimal(), stochastic_bits(f));
  for (const Rounding mode : modes_of(f))
    entry["overflow"][std::string(name_of(mode))] = {{"positive", overflow_result(f, mode, false)},
                                                     {"negative", overflow_result(f, mode, true)}};
  return entry;
}

/// All digits where they fit, else six; --json has all of them.
std::string short_number(const Format& f, double x) {
  if (f.is_unbounded()) return "-";
  const std::string all = fmt::format("{}", x);
  return all.size() <= 12 ? all : fmt::format("{:.6g}", x);
}

/// What overflow gives at both ends: "+-inf", "+max -inf", "nan".
std::string overflow_cell(const Format& f, Rounding mode) {
  const std::string above = overflow_result(f, mode, false), below = overflow_result(f, mode, true);
  if (above == "none") return "-";
  if (above == below) return above == "nan" ? above : "+-" + above;
  const auto with_sign = [](const char* sign, const std::string& word) {
    return word == "nan" ? word : sign + word;
  };
  return with_sign("+", above) + " " + with_sign("-", below);
}

}  // namespace

const char* const also_formats =
    "Also: eXmY      X exponent bits (2 to 10), Y fraction bits (1 to 51), with infinities, NaN and "
    "subnormals as IEEE 754\n"
    "                has them (e4m3 ends at 240; e4m3fn above, the OCP format, at 448)\n"
    "      bin<t>    t significand bits (1 to 53), unbounded exponent: the paper's Model 4.1 (carried in "
    "binary64)\n"
    "      dec<p>    the binary64 operation, its result rounded to p significant decimal digits (1 to 17)\n";

nlohmann::ordered_json formats_document(const std::vector<Format>& formats, const std::string& command_line) {
  nlohmann::ordered_json document = document_of("halfulp.formats/1", command_line);
  document["formats"] = nlohmann::ordered_json::array();
  for (const Format& f : formats) document["formats"].push_back(to_json(f));
  return document;
}

std::string formats_text(const std::vector<Format>& formats) {
  std::string out;
  const auto yes = [](bool is) { return is ? "yes" : "no"; };
  out += fmt::format("{:<10}{:>4}{:>7}{:>6}{:>6}  {:<13}{:<14}{:<14}{:<13}{:<5}{:<5}{:<5}{}\n", "format", "t",
                     "emin", "emax", "bias", "largest", "least normal", "subnormal", "u", "inf", "nan", "-0",
                     "r");
  for (const Format& f : formats) {
    const auto exponent = [&](int e) { return f.is_unbounded() ? std::string("-") : std::to_string(e); };
    out += fmt::format("{:<10}{:>4}{:>7}{:>6}{:>6}  {:<13}{:<14}{:<14}{:<13}{:<5}{:<5}{:<5}{}\n", f.name,
                       f.is_decimal() ? "-" : std::to_string(f.precision), exponent(f.emin), exponent(f.emax),
                       exponent(f.bias()), short_number(f, f.max_finite),
                       short_number(f, f.smallest_normal()), short_number(f, f.smallest_subnormal()),
                       fmt::format("{:.6g}", f.unit_roundoff()), yes(has_infinities(f)), yes(has_nan(f)),
                       yes(has_negative_zero(f)), f.is_decimal() ? "-" : std::to_string(stochastic_bits(f)));
  }
  out +=
      "t: significand bits with the leading one; exponents of 2 of normal numbers 1.xxx; u: unit "
      "roundoff;\n"
      "r: random bits of stochastic rounding.\n\n";
  out += fmt::format("{:<10}", "overflow");
  for (const Rounding mode : modes()) out += fmt::format("  {:>12}", name_of(mode));
  out += '\n';
  for (const Format& f : formats) {
    out += fmt::format("{:<10}", f.name);
    for (const Rounding mode : modes()) out += fmt::format("  {:>12}", overflow_cell(f, mode));
    out += '\n';
  }
  out += "max: the largest finite number, which `saturate` gives in every mode.\n\n";
  return out + also_formats;
}

}  // namespace halfulp
