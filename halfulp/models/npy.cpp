#include "halfulp/models/npy.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstring>
#include <limits>
#include <string_view>
#include <system_error>
#include <utility>

#include "halfulp/base/error.hpp"
#include "halfulp/models/message.hpp"
#include "halfulp/models/safetensors.hpp"
#include "halfulp/models/token_ids.hpp"

namespace halfulp {
namespace {

constexpr std::string_view magic = "\x93NUMPY";

std::size_t byte_at(std::span<const std::byte> file, std::size_t i) {
  return std::to_integer<std::size_t>(file[i]);
}

/// Reads the one dictionary that NumPy writes:  {'descr': '<i8', 'fortran_order': False, 'shape': (1, 5), }
class HeaderReader {
 public:
  HeaderReader(std::string_view text, const std::string& where, std::size_t first_byte)
      : text_(text), where_(where), first_byte_(first_byte) {}

  void read() {
    expect('{');
    while (!take('}')) {
      const std::string_view key = string();
      expect(':');
      if (key == "descr" && descr.empty()) {
        if (peek() == '[') fail("structured arrays are not supported; save plain integers");
        descr = string();
      } else if (key == "fortran_order" && !has_order_) {
        // Irrelevant: [n] and [1, n] lie the same way in both orders.
        if (!word("True") && !word("False")) fail("'fortran_order' is neither True nor False");
        has_order_ = true;
      } else if (key == "shape" && !has_shape_) {
        read_shape();
        has_shape_ = true;
      } else {
        fail(fmt::format("key {} stands twice or is not part of the format", in_quotes(key)));
      }
      if (!take(',') && peek() != '}') fail("',' or '}' expected");
    }
    if (peek() != '\0' || place_ != text_.size()) fail("text after the dictionary");
    if (descr.empty() || !has_order_ || !has_shape_) fail("'descr', 'fortran_order' or 'shape' is missing");
  }

  std::string_view descr;
  std::vector<std::size_t> shape;

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw input_error(fmt::format("{}: NPY header at byte {}: {}", where_, first_byte_ + place_, what));
  }
  char peek() {
    while (place_ < text_.size() && (text_[place_] == ' ' || text_[place_] == '\n')) ++place_;
    return place_ < text_.size() ? text_[place_] : '\0';
  }
  bool take(char c) {
    if (place_ == text_.size() || peek() != c || place_ == text_.size()) return false;
    ++place_;
    return true;
  }
  void expect(char c) {
    if (!take(c)) fail(fmt::format("'{}' expected", c));
  }
  bool word(std::string_view w) {
    peek();
    if (!text_.substr(place_).starts_with(w)) return false;
    place_ += w.size();
    return true;
  }
  std::string_view string() {
    const char quote = peek();
    if (quote != '\'' && quote != '"') fail("a string expected");
    const std::size_t end = text_.find(quote, place_ + 1);
    if (end == std::string_view::npos) fail("a string without an end");
    const std::string_view content = text_.substr(place_ + 1, end - place_ - 1);
    place_ = end + 1;
    return content;
  }
  void read_shape() {
    expect('(');
    while (!take(')')) {
      peek();
      std::size_t n = 0;
      const auto [stop, error] = std::from_chars(text_.data() + place_, text_.data() + text_.size(), n);
      if (error != std::errc()) fail("a whole number expected in 'shape'");
      if (shape.size() == 32) fail("more than 32 dimensions");
      shape.push_back(n);
      place_ = static_cast<std::size_t>(stop - text_.data());
      if (!take(',') && peek() != ')') fail("',' or ')' expected");
    }
  }

  std::string_view text_;
  const std::string& where_;
  std::size_t first_byte_, place_ = 0;
  bool has_order_ = false, has_shape_ = false;
};

/// The numbers of one type; `start` is their place in the file.
template <class T>
std::vector<std::uint32_t> read_numbers(std::span<const std::byte> file, std::size_t start, std::size_t count,
                                        const std::string& where) {
  std::vector<std::uint32_t> ids(count);
  for (std::size_t i = 0; i < count; ++i) {
    T value;
    std::memcpy(&value, file.data() + start + i * sizeof(T), sizeof(T));
    if (std::cmp_less(value, 0) || std::cmp_greater(value, std::numeric_limits<std::uint32_t>::max()))
      throw input_error(fmt::format("{}: entry {} at byte {} is {}; token ids are whole numbers from 0 to {}",
                                    where, i, start + i * sizeof(T), value,
                                    std::numeric_limits<std::uint32_t>::max()));
    ids[i] = static_cast<std::uint32_t>(value);
  }
  return ids;
}

}  // namespace

bool is_npy(std::span<const std::byte> file) {
  return file.size() >= magic.size() && std::memcmp(file.data(), magic.data(), magic.size()) == 0;
}

std::vector<std::uint32_t> parse_npy_ids(std::span<const std::byte> file, const std::string& where) {
  // Version 1 has 2 bytes of header length, versions 2 and 3 have 4.
  const std::size_t version = file.size() > 7 ? byte_at(file, 6) : 0;
  if (version < 1 || version > 3)
    throw input_error(fmt::format("{}: NPY version {} at byte 6 is not supported, or the file is truncated",
                                  where, version));
  const std::size_t start = version == 1 ? 10 : 12;
  if (file.size() < start) throw input_error(where + ": NPY header is truncated");
  std::size_t length = 0;
  for (std::size_t i = start; i-- > 8;) length = length << 8 | byte_at(file, i);
  if (length > file.size() - start)
    throw input_error(
        fmt::format("{}: NPY header length at byte 8 is {}, but only {} bytes follow: truncated", where,
                    length, file.size() - start));

  HeaderReader header({reinterpret_cast<const char*>(file.data()) + start, length}, where, start);
  header.read();
  const auto& shape = header.shape;
  if (shape.empty() || shape.size() > 2 || (shape.size() == 2 && shape[0] != 1))
    throw input_error(fmt::format("{}: NPY shape {} is not supported; save the ids as [n] or [1, n]", where,
                                  describe_shape(shape)));
  const std::string_view descr = header.descr;
  const char order = descr.empty() ? '\0' : descr[0];
  const std::string_view type = descr.substr(descr.empty() ? 0 : 1);
  const std::size_t item =
      type.size() == 2 && type[1] >= '1' && type[1] <= '8' ? static_cast<std::size_t>(type[1] - '0') : 0;
  const bool whole =
      (type.starts_with('i') || type.starts_with('u')) && (item == 1 || item == 2 || item == 4 || item == 8);
  if (!whole || !(order == '<' || (item == 1 && order == '|')))
    throw input_error(fmt::format("{}: NPY type {} is not supported; save the ids as little-endian integers",
                                  where, in_quotes(descr)));
  const std::size_t data = start + length, count = shape.back();
  // Compare by division: count may be anything.
  if (count != (file.size() - data) / item || (file.size() - data) % item != 0)
    throw input_error(fmt::format("{}: NPY shape {} of {} does not fit the {} bytes from byte {}", where,
                                  describe_shape(shape), in_quotes(descr), file.size() - data, data));
  if (count > most_token_ids)
    throw input_error(fmt::format("{}: more than {} token ids", where, most_token_ids));

  const bool is_signed = type[0] == 'i';
  switch (item) {
    case 1:
      return is_signed ? read_numbers<std::int8_t>(file, data, count, where)
                       : read_numbers<std::uint8_t>(file, data, count, where);
    case 2:
      return is_signed ? read_numbers<std::int16_t>(file, data, count, where)
                       : read_numbers<std::uint16_t>(file, data, count, where);
    case 4:
      return is_signed ? read_numbers<std::int32_t>(file, data, count, where)
                       : read_numbers<std::uint32_t>(file, data, count, where);
    default:
      return is_signed ? read_numbers<std::int64_t>(file, data, count, where)
                       : read_numbers<std::uint64_t>(file, data, count, where);
  }
}

}  // namespace halfulp
