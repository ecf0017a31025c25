#include "halfulp/analysis/quantities/reading.hpp"

#include "halfulp/base/error.hpp"

namespace halfulp {

double number_field(const VectorFields& fields, std::string_view name, double least, double most) {
  const double x = read_literal(fields, name, "", fields.number(name), binary64_of, finite_kind);
  if (!(x >= least && x <= most))
    fields.fail(name, fmt::format("{} is not between {} and {}", x, least, most));
  return x;
}

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
