#include "halfulp/report/eval_report.hpp"

#include <fmt/format.h>

#include "halfulp/report/digits.hpp"
#include "halfulp/report/provenance.hpp"
#include "halfulp/report/table.hpp"

namespace halfulp {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const QuantityValue& value);

struct ToJson {
  Json operator()(const Ball& x) const { return in_digits(x); }
  Json operator()(const MachineNumber& x) const { return fmt::format("{:a}", x.x); }
  Json operator()(const Decimal& x) const { return text_of(x); }
  Json operator()(bool flag) const { return flag; }
  Json operator()(std::int64_t i) const { return i; }
  Json operator()(const std::vector<QuantityValue>& list) const {
    Json all = Json::array();
    for (const QuantityValue& item : list) all.push_back(json_of(item));
    return all;
  }
  Json operator()(const QuantityGroup& group) const {
    Json all = Json::object();
    for (const auto& [name, value] : group.members) all[name] = json_of(value);
    return all;
  }
};

Json json_of(const QuantityValue& value) { return std::visit(ToJson{}, value.is); }

/// The largest printed radius of a value's balls.
double radius_of(const QuantityValue& value) {
  if (const auto* x = std::get_if<Ball>(&value.is)) return printed_radius(*x);
  double largest = 0;
  if (const auto* list = std::get_if<std::vector<QuantityValue>>(&value.is))
    for (const QuantityValue& item : *list) largest = std::fmax(largest, radius_of(item));
  if (const auto* group = std::get_if<QuantityGroup>(&value.is))
    for (const auto& member : group->members) largest = std::fmax(largest, radius_of(member.second));
  return largest;
}

constexpr int digits_of_entry = 10;  // in vectors and matrices; a number alone has all

std::string word(const QuantityValue& value, int digits) {
  if (const auto* x = std::get_if<Ball>(&value.is)) return in_digits(*x, digits);
  if (const auto* x = std::get_if<MachineNumber>(&value.is)) return fmt::format("{:a} ({})", x->x, x->x);
  if (const auto* x = std::get_if<Decimal>(&value.is)) return text_of(*x);
  if (const auto* flag = std::get_if<bool>(&value.is)) return *flag ? "yes" : "no";
  return std::to_string(std::get<std::int64_t>(value.is));
}

const std::vector<QuantityValue>* list_in(const QuantityValue& value) {
  return std::get_if<std::vector<QuantityValue>>(&value.is);
}

std::string lines(const QuantityValue& value, const std::string& indent) {
  if (const auto* group = std::get_if<QuantityGroup>(&value.is)) {
    std::string text;
    for (const auto& [name, member] : group->members)
      text += list_in(member) != nullptr ? fmt::format("{}{}\n{}", indent, name, lines(member, indent + "  "))
                                         : fmt::format("{}{} = {}\n", indent, name, word(member, 30));
    return text;
  }
  const auto* list = list_in(value);
  if (list == nullptr) return indent + word(value, 30) + "\n";
  if (list->empty()) return indent + "(none)\n";
  std::vector<std::vector<std::string>> rows;
  for (const QuantityValue& item : *list) {
    rows.emplace_back();
    if (const auto* row = list_in(item))
      for (const QuantityValue& entry : *row) rows.back().push_back(word(entry, digits_of_entry));
    else
      rows.back().push_back(word(item, digits_of_entry));
  }
  Table table(rows.front(), 0);
  for (std::size_t i = 1; i < rows.size(); ++i) table.add(rows[i]);
  return table.text(indent);
}

}  // namespace

nlohmann::ordered_json eval_document(const Quantity& quantity, const QuantityValue& value,
                                     const std::string& file, const std::string& command_line) {
  Json all = document_of("halfulp.eval/1", command_line);
  all["quantity"] = quantity.name;
  all["statement"] = quantity.statement;
  all["file"] = file;
  all["value"] = json_of(value);
  const double radius = radius_of(value);
  if (std::isfinite(radius))
    all["radius"] = radius;
  else
    all["radius"] = "inf";
  return all;
}

std::string eval_text(const Quantity& quantity, const QuantityValue& value) {
  std::string text = fmt::format("{}: {}\n", quantity.name, quantity.statement) + lines(value, "  ");
  const double radius = radius_of(value);
  if (std::isinf(radius))
    text +=
        "nan: undefined at this input, or beyond the range of double-double (squares must stay below "
        "1e308).\n";
  else if (radius > 0)
    text += fmt::format(
        "{} +- {:.1e}, our own rounding included.\n",
        list_in(value) != nullptr ? "Entries show 10 digits and are known (--json) to" : "Known to", radius);
  return text;
}

nlohmann::ordered_json quantities_document(const std::string& part, const std::string& command_line) {
  Json all = document_of("halfulp.eval/1", command_line);
  all["quantities"] = Json::array();
  for (const Quantity* quantity : all_quantities()) {
    if (quantity->name.find(part) == std::string_view::npos) continue;
    all["quantities"].push_back({{"name", quantity->name},
                                 {"statement", quantity->statement},
                                 {"inputs", quantity->inputs},
                                 {"value", quantity->value}});
  }
  return all;
}

std::string quantities_text(const std::string& part) {
  Table table({"quantity", "statement", "inputs", "value"}, 4);
  std::size_t count = 0;
  for (const Quantity* quantity : all_quantities()) {
    if (quantity->name.find(part) == std::string_view::npos) continue;
    table.add({std::string(quantity->name), std::string(quantity->statement), std::string(quantity->inputs),
               std::string(quantity->value)});
    ++count;
  }
  return count == 0 ? "" : table.text();
}

}  // namespace halfulp
