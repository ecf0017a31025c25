#include "halfulp/models/vectors.hpp"

#include <fmt/format.h>

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "halfulp/base/error.hpp"
#include "halfulp/models/json_reading.hpp"
#include "halfulp/models/mapped_file.hpp"
#include "halfulp/models/message.hpp"

namespace halfulp {
namespace {

using nlohmann::json;

constexpr std::size_t largest_file = std::size_t{256} << 20;
constexpr JsonLimits limits = {16, 4'000'000};

/// What the file has there, in a few words.
std::string kind_of(const json& value) {
  if (value.is_string()) return in_quotes(value.get_ref<const std::string&>().substr(0, 40));
  if (value.is_array()) return fmt::format("a list of {}", value.size());
  if (value.is_object()) return "an object";
  return printable(value.dump(-1, ' ', true), 40);
}

Literal literal_of(const json& value) {
  if (value.is_string()) return {value.get<std::string>(), true};
  if (value.is_number_float()) return {fmt::format("{}", value.get<double>()), false};
  return {value.dump(), false};
}

bool is_literal(const json& value) { return value.is_string() || value.is_number(); }

/// The hexadecimal digits of a float: m 2^exponent, m odd or 0.
struct HexParts {
  std::uint64_t m = 0;
  std::int64_t exponent = 0;
};

std::optional<int> hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

/// H.HHHp+-E after "0x".  None if that is not its form or it has more than 53 significant bits.
std::optional<HexParts> hex_parts(std::string_view text) {
  HexParts parts;
  bool has_point = false, has_digit = false;
  std::size_t i = 0;
  std::int64_t dropped = 0;  // zeros after the last non-zero digit
  for (; i < text.size() && text[i] != 'p' && text[i] != 'P'; ++i) {
    if (text[i] == '.' && !has_point) {
      has_point = true;
      continue;
    }
    const auto digit = hex_digit(text[i]);
    if (!digit) return std::nullopt;
    has_digit = true;
    if (has_point) parts.exponent -= 4;
    dropped += 4;
    if (*digit == 0) continue;
    if (parts.m != 0 && (dropped > 60 || parts.m >> (64 - dropped) != 0)) return std::nullopt;
    parts.m = (parts.m == 0 ? 0 : parts.m << dropped) | static_cast<std::uint64_t>(*digit);
    dropped = 0;
  }
  if (!has_digit || i == text.size()) return std::nullopt;
  std::string_view power = text.substr(i + 1);
  if (power.starts_with('+') && !power.starts_with("+-")) power.remove_prefix(1);
  int e = 0;
  const auto [end, error] = std::from_chars(power.data(), power.data() + power.size(), e);
  if (error != std::errc() || end != power.data() + power.size()) return std::nullopt;
  if (parts.m == 0) return HexParts{};
  const int zeros = std::countr_zero(parts.m);
  parts.m >>= zeros;
  parts.exponent += e + dropped + zeros;
  if (parts.m >> 53 != 0) return std::nullopt;
  return parts;
}

}  // namespace

std::optional<double> binary64_of(const Literal& literal) {
  std::string_view text = literal.text;
  if (!literal.is_string) {
    double x = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), x);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return x;
  }
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const double sign = negative ? -1 : 1;
  if (text == "inf") return sign * std::numeric_limits<double>::infinity();
  if (text == "nan") return std::numeric_limits<double>::quiet_NaN();
  if (!text.starts_with("0x") && !text.starts_with("0X")) return std::nullopt;
  const auto parts = hex_parts(text.substr(2));
  if (!parts) return std::nullopt;
  if (parts->m == 0) return sign * 0.0;
  const std::int64_t top = parts->exponent + 64 - std::countl_zero(parts->m);
  if (parts->exponent < -1074 || top > 1024) return std::nullopt;
  return sign * std::ldexp(static_cast<double>(parts->m), static_cast<int>(parts->exponent));
}

VectorValue::VectorValue(const json& value, std::string where, std::string path)
    : value_(&value), where_(std::move(where)), path_(std::move(path)) {}

bool VectorValue::is_list() const { return value_->is_array(); }
bool VectorValue::is_group() const { return value_->is_object(); }
bool VectorValue::is_flag() const { return value_->is_boolean(); }
bool VectorValue::is_literal() const { return halfulp::is_literal(*value_); }
std::string VectorValue::kind() const { return kind_of(*value_); }

void VectorValue::fail(const std::string& problem) const {
  throw input_error(fmt::format("{}: {}: {}", where_, path_, problem));
}

bool VectorValue::flag() const {
  if (!is_flag()) fail("neither true nor false but " + kind());
  return value_->get<bool>();
}

Literal VectorValue::literal() const {
  if (!is_literal()) fail("not a number but " + kind());
  return literal_of(*value_);
}

std::vector<VectorValue> VectorValue::items() const {
  if (!is_list()) fail("not a list but " + kind());
  std::vector<VectorValue> all;
  for (const json& item : *value_) all.emplace_back(item, where_, fmt::format("{}[{}]", path_, all.size()));
  return all;
}

VectorValue VectorValue::member(std::string_view name) const {
  if (!is_group()) fail("not an object but " + kind());
  const auto found = value_->find(name);
  if (found == value_->end()) fail(fmt::format("the field '{}' is missing", name));
  return {*found, where_, fmt::format("{}.{}", path_, name)};
}

VectorFields::VectorFields(const json& object, std::string where, std::string path)
    : object_(&object), where_(std::move(where)), path_(std::move(path)) {}

bool VectorFields::has(std::string_view name) const { return object_->contains(name); }

void VectorFields::fail(std::string_view name, const std::string& problem, const std::string& place) const {
  throw input_error(fmt::format("{}: {}{}{}: {}", where_, path_, name, place, problem));
}

const json& VectorFields::at(std::string_view name) const {
  const auto found = object_->find(name);
  if (found == object_->end()) fail(name, "the field is missing");
  return *found;
}

std::string VectorFields::text(std::string_view name) const {
  const json& value = at(name);
  if (!value.is_string()) fail(name, "not a string but " + kind_of(value));
  return value.get<std::string>();
}

bool VectorFields::flag(std::string_view name) const {
  const json& value = at(name);
  if (!value.is_boolean()) fail(name, "neither true nor false but " + kind_of(value));
  return value.get<bool>();
}

int VectorFields::integer(std::string_view name, int least, int most) const {
  const json& value = at(name);
  const bool fits = value.is_number_unsigned()
                        ? value.get<std::uint64_t>() <= static_cast<std::uint64_t>(most)
                        : value.is_number_integer();
  if (!fits || value.get<std::int64_t>() < least || value.get<std::int64_t>() > most)
    fail(name, fmt::format("not a whole number from {} to {} but {}", least, most, kind_of(value)));
  return value.get<int>();
}

Literal VectorFields::number(std::string_view name) const {
  const json& value = at(name);
  if (!is_literal(value)) fail(name, "not a number but " + kind_of(value));
  return literal_of(value);
}

std::vector<Literal> VectorFields::row(std::string_view name) const {
  const json& list = at(name);
  if (!list.is_array()) fail(name, "not a list but " + kind_of(list));
  std::vector<Literal> literals;
  for (const json& value : list) {
    if (!is_literal(value))
      fail(name, "not a number but " + kind_of(value), fmt::format("[{}]", literals.size()));
    literals.push_back(literal_of(value));
  }
  return literals;
}

Matrix<Literal> VectorFields::matrix(std::string_view name) const {
  const json& rows = at(name);
  if (!rows.is_array() || rows.empty() || !rows[0].is_array())
    fail(name, "not a list of rows but " + kind_of(rows));
  Matrix<Literal> matrix(rows.size(), rows[0].size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::string place = fmt::format("[{}]", i);
    if (!rows[i].is_array()) fail(name, "not a row but " + kind_of(rows[i]), place);
    if (rows[i].size() != matrix.columns())
      fail(name, fmt::format("a row of {}, but the first row has {}", rows[i].size(), matrix.columns()),
           place);
    for (std::size_t j = 0; j < matrix.columns(); ++j) {
      if (!is_literal(rows[i][j]))
        fail(name, "not a number but " + kind_of(rows[i][j]), place + fmt::format("[{}]", j));
      matrix(i, j) = literal_of(rows[i][j]);
    }
  }
  return matrix;
}

VectorValue VectorFields::value(std::string_view name) const {
  return {at(name), where_, path_ + std::string(name)};
}

VectorFields VectorFields::object(std::string_view name) const {
  const json& value = at(name);
  if (!value.is_object()) fail(name, "not an object but " + kind_of(value));
  return {value, where_, path_ + std::string(name) + "."};
}

std::vector<VectorFields> VectorFields::objects(std::string_view name) const {
  const json& list = at(name);
  if (!list.is_array()) fail(name, "not a list but " + kind_of(list));
  std::vector<VectorFields> all;
  for (const json& value : list) {
    const std::string place = fmt::format("[{}]", all.size());
    if (!value.is_object()) fail(name, "not an object but " + kind_of(value), place);
    all.emplace_back(value, where_, path_ + std::string(name) + place + ".");
  }
  return all;
}

VectorFile parse_vectors(std::string_view text, const std::string& path) {
  VectorFile file;
  file.path = path;
  file.document = std::make_shared<const json>(parse_json(text, path, 0, limits));
  const json& document = *file.document;
  if (!document.is_object())
    throw input_error(path + ": not test vectors: an object with 'entries' is expected");
  const std::vector<VectorFields> entries = VectorFields(document, path, "").objects("entries");
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const VectorFields unnamed(document["entries"][i], path, fmt::format("entries[{}].", i));
    const std::string id = unnamed.text("id"), quantity = unnamed.text("quantity");
    const VectorFields entry(document["entries"][i], fmt::format("{}: entry {}", path, in_quotes(id)), "");
    if (!entry.has("expected")) entry.fail("expected", "the field is missing");
    file.vectors.push_back({id, quantity, entry, entry.object("inputs")});
  }
  return file;
}

QuantityFile parse_quantity_inputs(std::string_view text, const std::string& path) {
  const auto document = std::make_shared<const json>(parse_json(text, path, 0, limits));
  if (!document->is_object())
    throw input_error(path + ": not the inputs of a quantity: an object with its fields is expected");
  const VectorFields whole(*document, path, "");
  return {whole.has("inputs") ? whole.object("inputs") : whole, document};
}

namespace {

MappedFile opened(const std::filesystem::path& path) {
  MappedFile file(path);
  if (file.size() > largest_file)
    throw input_error(fmt::format("{}: {} bytes are over the limit of {} for test vectors", display(path),
                                  file.size(), largest_file));
  return file;
}

}  // namespace

VectorFile read_vectors(const std::filesystem::path& path) {
  return parse_vectors(opened(path).text(), display(path));
}

QuantityFile read_quantity_inputs(const std::filesystem::path& path) {
  return parse_quantity_inputs(opened(path).text(), display(path));
}

}  // namespace halfulp
