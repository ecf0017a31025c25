#include "halfulp/models/json_reading.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "halfulp/base/error.hpp"
#include "halfulp/models/message.hpp"

namespace halfulp {
namespace {

using nlohmann::json;

/// Receives the parser's events and builds the document; the stack is ours, so nothing recurses.
class Builder {
 public:
  Builder(const std::string& where, std::size_t first_byte, JsonLimits limits)
      : where_(where), first_byte_(first_byte), limits_(limits) {}

  bool null() { return put(nullptr), true; }
  bool boolean(bool value) { return put(value), true; }
  bool number_integer(json::number_integer_t value) { return put(value), true; }
  bool number_unsigned(json::number_unsigned_t value) { return put(value), true; }
  bool number_float(json::number_float_t value, const std::string&) { return put(value), true; }
  bool string(std::string& value) { return put(std::move(value)), true; }
  bool binary(json::binary_t&) { return false; }
  bool start_object(std::size_t) { return open(json::object()), true; }
  bool start_array(std::size_t) { return open(json::array()), true; }
  bool end_object() { return open_.pop_back(), true; }
  bool end_array() { return open_.pop_back(), true; }
  bool key(std::string& name) {
    auto& object = open_.back()->get_ref<json::object_t&>();
    const auto [place, is_new] = object.try_emplace(name);
    if (object.size() > limits_.keys)
      throw input_error(fmt::format("{}: JSON with more than {} keys in one object", where_, limits_.keys));
    if (!is_new) throw input_error(fmt::format("{}: key {} stands twice", where_, in_quotes(name)));
    slot_ = &place->second;
    return true;
  }
  bool parse_error(std::size_t position, const std::string& token, const json::exception&) {
    fail_json(where_, first_byte_ + (position > 0 ? position - 1 : 0), token);
  }

  json take() { return std::move(root_); }

 private:
  json* put(json value) {
    if (++values_ > limits_.values)
      throw input_error(fmt::format("{}: JSON with more than {} values", where_, limits_.values));
    if (open_.empty()) return &(root_ = std::move(value));
    if (open_.back()->is_array()) {
      auto& list = open_.back()->get_ref<json::array_t&>();
      return &list.emplace_back(std::move(value));
    }
    return &(*slot_ = std::move(value));
  }
  void open(json container) {
    if (open_.size() >= limits_.depth)
      throw input_error(fmt::format("{}: JSON nested more than {} deep", where_, limits_.depth));
    open_.push_back(put(std::move(container)));
  }

  const std::string& where_;
  std::size_t first_byte_;
  JsonLimits limits_;
  json root_;
  std::vector<json*> open_;  // containers not yet closed; a parent does not grow while its child is open
  json* slot_ = nullptr;     // where the value of the last key goes
  std::size_t values_ = 0;
};

}  // namespace

json parse_json(std::string_view text, const std::string& where, std::size_t first_byte, JsonLimits limits) {
  refuse_nul(text, where, first_byte);
  Builder builder(where, first_byte, limits);
  json::sax_parse(text, &builder);
  return builder.take();
}

void fail_json(const std::string& where, std::size_t byte, const std::string& near) {
  throw input_error(fmt::format("{}: invalid JSON at byte {}, near '{}'", where, byte, printable(near, 40)));
}

void refuse_nul(std::string_view text, const std::string& where, std::size_t first_byte) {
  const std::size_t nul = text.find('\0');
  if (nul != std::string_view::npos) fail_json(where, first_byte + nul, "\\0");
}

}  // namespace halfulp
