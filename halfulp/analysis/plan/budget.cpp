#include "halfulp/analysis/plan/budget.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "halfulp/base/error.hpp"
#include "halfulp/base/suggest.hpp"

namespace halfulp {
namespace {

constexpr const char* forms = "a budget is kld=1e-4, kld=10% (of the base), flips=0.1% or logits=0.01";

usage_error wrong(std::string_view text, const std::string& why) {
  return usage_error(fmt::format("--budget {}: {}; {}", text.substr(0, 64), why, forms));
}

}  // namespace

std::string Budget::text() const {
  switch (kind) {
    case Kind::kld:
      return fmt::format("kld={}", limit);
    case Kind::flips:
      return fmt::format("flips={}%", 100 * limit);
    case Kind::logits:
      return fmt::format("logits={}", limit);
    case Kind::relative:
      return fmt::format("kld={}%", 100 * limit);
    case Kind::top:
      break;
  }
  return fmt::format("top {}", count);
}

Budget budget_named(std::string_view text) {
  const auto equals = text.find('=');
  const std::string_view name = text.substr(0, equals);
  if (equals == std::string_view::npos || (name != "kld" && name != "flips" && name != "logits"))
    throw wrong(text, fmt::format("unknown quantity, did you mean {}?",
                                  list_of(nearest_names(name, {"kld", "flips", "logits"}))));
  std::string_view number = text.substr(equals + 1);
  const bool percent = number.ends_with('%');
  if (percent) number.remove_suffix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (error != std::errc() || end != number.data() + number.size() || !std::isfinite(value))
    throw wrong(text, "the limit is not a number");
  if (!(value > 0)) throw wrong(text, "the limit must be above 0");
  Budget budget;
  budget.limit = percent ? value / 100 : value;
  if (name == "flips") {
    budget.kind = Budget::Kind::flips;
    if (budget.limit > 1) throw wrong(text, "more than all tokens cannot flip");
  } else if (name == "kld") {
    budget.kind = percent ? Budget::Kind::relative : Budget::Kind::kld;
  } else {
    if (percent) throw wrong(text, "the rms of the logits' error is no percentage");
    budget.kind = Budget::Kind::logits;
  }
  return budget;
}

}  // namespace halfulp
