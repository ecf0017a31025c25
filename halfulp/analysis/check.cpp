#include "halfulp/analysis/check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "halfulp/base/error.hpp"
#include "halfulp/base/interrupt.hpp"
#include "halfulp/models/message.hpp"

namespace halfulp {
namespace {

constexpr double widest = 1e-12;  // radius of a ball over the largest entry (over 1e-12 where that is less)

bool same_number(double x, double y) { return (std::isnan(x) && std::isnan(y)) || x == y; }
bool same_bits(double x, double y) {
  return (std::isnan(x) && std::isnan(y)) || (x == y && std::signbit(x) == std::signbit(y));
}
bool same_number(const Decimal& x, const Decimal& y) {
  return (x.kind == Decimal::Kind::nan && y.kind == Decimal::Kind::nan) || x == y;
}

/// The largest number in a value.
double largest_of(const QuantityValue& value) {
  double largest = 0;
  if (const auto* x = std::get_if<Ball>(&value.is)) return std::fabs(x->mid.hi);
  if (const auto* list = std::get_if<std::vector<QuantityValue>>(&value.is))
    for (const QuantityValue& item : *list) largest = std::fmax(largest, largest_of(item));
  return largest;
}

/// Walks through the value and what was expected; keeps the first difference.
class Comparison {
 public:
  Verdict verdict;

  void compare(const QuantityValue& got, const VectorValue& expected, const std::string& place,
               double largest) {
    std::visit([&](const auto& value) { entry(value, expected, place, largest); }, got.is);
  }

 private:
  void differ(const std::string& place, const std::string& expected, std::string got) {
    if (verdict.passed) verdict = {false, place, expected, std::move(got)};
  }
  void entry(const Ball& got, const VectorValue& expected, const std::string& place, double largest) {
    const Literal literal = expected.literal();
    const auto wanted = double_double_of(literal.text);
    if (!wanted) expected.fail(fmt::format("'{}' is not a decimal number", literal.text.substr(0, 60)));
    if (std::isnan(wanted->hi)) {  // undefined: nothing is known of it
      if (got.is_bounded()) differ(place, literal.text, fmt::format("{}", got.mid.hi));
      return;
    }
    if (!std::isfinite(got.mid.hi) || !std::isfinite(wanted->hi)) {
      if (!same_number(got.mid.hi, wanted->hi) || !got.is_exact())
        differ(place, literal.text,
               got.is_bounded() ? fmt::format("{}", got.mid.hi) : "a ball that makes no statement");
      return;
    }
    const DoubleDouble off = got.mid - *wanted;
    const double allowed = got.rad * (1 + 0x1p-40) + 1e-30 * std::fabs(wanted->hi);
    if (!(std::fabs(off.hi) <= allowed))
      return differ(
          place, literal.text,
          fmt::format("{} (off by {:.2e}, the ball's radius is {:.2e})", got.mid.hi, off.hi, got.rad));
    if (!(got.rad <= widest * std::fmax(largest, widest)))
      differ(place, literal.text, fmt::format("{} +- {:.2e}: too wide to be compared", got.mid.hi, got.rad));
  }
  void entry(const MachineNumber& got, const VectorValue& expected, const std::string& place, double) {
    const Literal literal = expected.literal();
    const auto wanted = binary64_of(literal);
    if (!wanted) expected.fail(fmt::format("'{}' is not a hexadecimal float", literal.text.substr(0, 60)));
    if (!(got.sign_of_zero ? same_bits(got.x, *wanted) : same_number(got.x, *wanted)))
      differ(place, fmt::format("{:a}", *wanted), fmt::format("{:a}", got.x));
  }
  void entry(const Decimal& got, const VectorValue& expected, const std::string& place, double) {
    const Literal literal = expected.literal();
    const auto wanted = decimal_of(literal.text);
    if (!wanted)
      expected.fail(
          fmt::format("'{}' is not a decimal number of at most 17 digits", literal.text.substr(0, 60)));
    if (!same_number(got, *wanted)) differ(place, text_of(*wanted), text_of(got));
  }
  void entry(bool got, const VectorValue& expected, const std::string& place, double) {
    if (expected.flag() != got) differ(place, got ? "false" : "true", got ? "true" : "false");
  }
  void entry(std::int64_t got, const VectorValue& expected, const std::string& place, double) {
    const std::string wanted = expected.literal().text;
    if (wanted != std::to_string(got)) differ(place, wanted, std::to_string(got));
  }
  void entry(const std::vector<QuantityValue>& got, const VectorValue& expected, const std::string& place,
             double largest) {
    const std::vector<VectorValue> items = expected.items();
    if (items.size() != got.size())
      expected.fail(fmt::format("has {} entries, the quantity {}", items.size(), got.size()));
    for (std::size_t i = 0; i < got.size(); ++i)
      compare(got[i], items[i], fmt::format("{}[{}]", place, i), largest);
  }
  /// Members are numbers of their own: each is compared by its own size.
  void entry(const QuantityGroup& got, const VectorValue& expected, const std::string& place, double) {
    for (const auto& [name, value] : got.members)
      compare(value, expected.member(name), fmt::format("{}.{}", place, name), largest_of(value));
  }
};

QuantityCount& count_of(std::vector<QuantityCount>& quantities, const std::string& name) {
  const auto place =
      std::lower_bound(quantities.begin(), quantities.end(), name,
                       [](const QuantityCount& count, const std::string& n) { return count.name < n; });
  if (place != quantities.end() && place->name == name) return *place;
  return *quantities.insert(place, QuantityCount{name});
}

Verdict judged(const Quantity& quantity, const TestVector& vector) {
  Verdict verdict = compared(quantity.evaluate(vector.inputs), vector.entry.value("expected"));
  if (!verdict.passed || !vector.entry.has("expected_decimal")) return verdict;
  const Quantity* decimal = quantity_named(std::string(quantity.name) + ".decimal");
  if (decimal == nullptr) vector.entry.fail("expected_decimal", "the quantity has no decimal value");
  return compared(decimal->evaluate(vector.inputs), vector.entry.value("expected_decimal"));
}

}  // namespace

Verdict compared(const QuantityValue& got, const VectorValue& expected) {
  Comparison comparison;
  comparison.compare(got, expected, "", largest_of(got));
  return comparison.verdict;
}

void CheckResult::add(const VectorFile& file) {
  for (const TestVector& vector : file.vectors) {
    throw_if_interrupted();
    QuantityCount& count = count_of(quantities, vector.quantity);
    const Quantity* quantity = quantity_named(vector.quantity);
    if (quantity == nullptr) {
      ++count.skipped;
      ++total.skipped;
      continue;
    }
    bool passed = false;
    try {
      Verdict verdict = judged(*quantity, vector);
      passed = verdict.passed;
      if (!passed) failures.push_back({file.path, vector.id, vector.quantity, std::move(verdict)});
    } catch (const input_error& error) {
      broken.push_back({file.path, vector.id, vector.quantity, error.what()});
    } catch (const resource_error& error) {
      broken.push_back({file.path, vector.id, vector.quantity,
                        fmt::format("{}: entry {}: {}", file.path, in_quotes(vector.id), error.what())});
    }
    ++(passed ? count.passed : count.failed);
    ++(passed ? total.passed : total.failed);
  }
}

}  // namespace halfulp
