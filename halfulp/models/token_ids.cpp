#include "halfulp/models/token_ids.hpp"

#include <fmt/format.h>

#include <charconv>
#include <limits>
#include <nlohmann/json.hpp>
#include <string_view>
#include <system_error>
#include <utility>

#include "halfulp/base/error.hpp"
#include "halfulp/models/json_reading.hpp"
#include "halfulp/models/mapped_file.hpp"
#include "halfulp/models/message.hpp"
#include "halfulp/models/npy.hpp"

namespace halfulp {
namespace {

using nlohmann::json;

constexpr std::size_t largest_file = std::size_t{1} << 30, deepest_json = 32;
constexpr std::uint64_t largest_id = std::numeric_limits<std::uint32_t>::max();

/// Keeps the ids and nothing else of the parser's events, so that memory follows the ids, not the text.
class IdReader {
 public:
  explicit IdReader(const std::string& where) : where_(where) {}

  bool null() { return other("null"); }
  bool boolean(bool value) { return other(value ? "true" : "false"); }
  bool number_integer(json::number_integer_t value) { return other(std::to_string(value)); }
  bool number_unsigned(json::number_unsigned_t value) {
    if (!in_list_) return other("a number");
    if (value > largest_id) return other(std::to_string(value));
    if (ids_.size() == most_token_ids)
      throw input_error(fmt::format("{}: more than {} token ids", where_, most_token_ids));
    ids_.push_back(static_cast<std::uint32_t>(value));
    return true;
  }
  bool number_float(json::number_float_t, const std::string& text) { return other(printable(text, 40)); }
  bool string(std::string&) { return other("a string"); }
  bool binary(json::binary_t&) { return false; }
  bool start_object(std::size_t) {
    if (depth_ > 0) other("an object");
    return deeper();
  }
  bool start_array(std::size_t) {
    if (depth_ == 0 || at_ids_) {
      in_list_ = found_ = true;
      at_ids_ = false;
      list_depth_ = depth_ + 1;
    } else {
      other("a list");
    }
    return deeper();
  }
  bool key(std::string& name) {
    at_ids_ = depth_ == 1 && name == "ids";
    if (at_ids_ && found_) throw input_error(where_ + ": key 'ids' stands twice");
    return true;
  }
  bool end_object() { return --depth_, true; }
  bool end_array() {
    if (in_list_ && depth_ == list_depth_) in_list_ = false;
    return --depth_, true;
  }
  bool parse_error(std::size_t position, const std::string& token, const json::exception&) {
    fail_json(where_, position > 0 ? position - 1 : 0, token);
  }

  std::vector<std::uint32_t> take() {
    if (!found_) throw input_error(where_ + ": key 'ids' is missing; give a list, or an object with 'ids'");
    return std::move(ids_);
  }

 private:
  bool other(const std::string& what) {
    if (in_list_)
      throw input_error(fmt::format("{}: entry {} is {}; token ids are whole numbers from 0 to {}", where_,
                                    ids_.size(), what, largest_id));
    if (at_ids_) throw input_error(fmt::format("{}: key 'ids' is {}, not a list", where_, what));
    return true;
  }
  bool deeper() {
    if (++depth_ > deepest_json)
      throw input_error(fmt::format("{}: JSON nested more than {} deep", where_, deepest_json));
    return true;
  }

  const std::string& where_;
  std::vector<std::uint32_t> ids_;
  std::size_t depth_ = 0, list_depth_ = 0;
  bool in_list_ = false, at_ids_ = false, found_ = false;
};

std::vector<std::uint32_t> parse_json_ids(std::string_view text, const std::string& where) {
  refuse_nul(text, where, 0);
  IdReader reader(where);
  json::sax_parse(text, &reader);
  return reader.take();
}

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v'; }

std::vector<std::uint32_t> parse_text_ids(std::string_view text, const std::string& where) {
  std::vector<std::uint32_t> ids;
  const char* const end = text.data() + text.size();
  for (const char* p = text.data(); p != end;) {
    if (is_space(*p)) {
      ++p;
      continue;
    }
    std::uint32_t id = 0;
    const auto [stop, error] = std::from_chars(p, end, id);
    if (error != std::errc() || (stop != end && !is_space(*stop))) {
      const char* word_end = p;
      while (word_end != end && !is_space(*word_end) && word_end - p < 40) ++word_end;
      throw input_error(fmt::format("{}: entry {} at byte {} is {}; token ids are whole numbers from 0 to {}",
                                    where, ids.size(), p - text.data(),
                                    in_quotes({p, static_cast<std::size_t>(word_end - p)}), largest_id));
    }
    if (ids.size() == most_token_ids)
      throw input_error(fmt::format("{}: more than {} token ids", where, most_token_ids));
    ids.push_back(id);
    p = stop;
  }
  return ids;
}

}  // namespace

std::vector<std::uint32_t> parse_token_ids(std::span<const std::byte> file, const std::string& where) {
  const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  if (is_npy(file)) return parse_npy_ids(file, where);
  if (text.starts_with("PK\x03\x04") || text.starts_with("\x80\x02"))
    throw input_error(where + ": an archive or pickle; save the ids as JSON, NPY or text");
  std::size_t first = 0;
  while (first < text.size() && is_space(text[first])) ++first;
  if (first < text.size() && (text[first] == '[' || text[first] == '{')) return parse_json_ids(text, where);
  return parse_text_ids(text, where);
}

std::vector<std::uint32_t> read_token_ids(const std::filesystem::path& path) {
  const MappedFile file(path);
  if (file.size() > largest_file)
    throw input_error(fmt::format("{}: {} bytes are over the limit of {} for token ids", display(path),
                                  file.size(), largest_file));
  return parse_token_ids(file.bytes(), display(path));
}

void check_token_ids(std::span<const std::uint32_t> ids, const Architecture& architecture,
                     const std::filesystem::path& path) {
  if (ids.empty()) throw input_error(display(path) + ": holds no token ids");
  for (std::size_t i = 0; i < ids.size(); ++i)
    if (ids[i] >= architecture.vocabulary)
      throw input_error(
          fmt::format("{}: entry {} is {}, outside the vocabulary of {}; the ids belong to another model",
                      display(path), i, ids[i], architecture.vocabulary));
  if (ids.size() > architecture.positions)
    throw input_error(
        fmt::format("{}: {} token ids, but the model has {} positions; --tokens {} takes the first ones",
                    display(path), ids.size(), architecture.positions, architecture.positions));
}

}  // namespace halfulp
