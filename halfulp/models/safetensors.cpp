#include "halfulp/models/safetensors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "halfulp/base/error.hpp"
#include "halfulp/models/json_reading.hpp"
#include "halfulp/models/message.hpp"

namespace halfulp {
namespace {

using nlohmann::json;

constexpr std::size_t prefix_bytes = 8, largest_header = 100'000'000, largest_rank = 16;

/// Every dtype of the format with its bits; the four that we read as weights have a DType.
struct DTypeEntry {
  std::string_view name;
  std::size_t bits;
  std::optional<DType> dtype;
};
constexpr std::array<DTypeEntry, 23> dtypes{{
    {"BF16", 16, DType::bf16},
    {"F16", 16, DType::fp16},
    {"F32", 32, DType::fp32},
    {"F64", 64, DType::fp64},
    {"BOOL", 8, {}},
    {"U8", 8, {}},
    {"I8", 8, {}},
    {"U16", 16, {}},
    {"I16", 16, {}},
    {"U32", 32, {}},
    {"I32", 32, {}},
    {"U64", 64, {}},
    {"I64", 64, {}},
    {"C64", 64, {}},
    {"F8_E4M3", 8, {}},
    {"F8_E5M2", 8, {}},
    {"F8_E8M0", 8, {}},
    {"F8_E4M3FNUZ", 8, {}},
    {"F8_E5M2FNUZ", 8, {}},
    {"F6_E2M3", 6, {}},
    {"F6_E3M2", 6, {}},
    {"F4", 4, {}},
    {"F8_E3M4", 8, {}},
}};

/// One tensor's entry, with the words for its errors.
class Entry {
 public:
  Entry(const std::string& where, const std::string& name) : where_(where), name_(name) {}

  [[noreturn]] void fail(const std::string& what) const {
    throw input_error(fmt::format("{}: tensor {}: {}", where_, in_quotes(name_), what));
  }
  const json& get(const json& entry, const char* key) const {
    const auto it = entry.find(key);
    if (it == entry.end()) fail(fmt::format("the header gives no '{}'", key));
    return *it;
  }
  std::size_t whole(const json& value, const char* key) const {
    if (!value.is_number_unsigned())
      fail(fmt::format("'{}' has {} where a whole number from 0 belongs", key, printable(value.dump(), 40)));
    return value.get<std::size_t>();
  }

 private:
  const std::string& where_;
  const std::string& name_;
};

/// Bytes of the shape's entries, or nothing when the number does not fit or is no whole number of bytes.
std::optional<std::size_t> bytes_of(const std::vector<std::size_t>& shape, std::size_t bits) {
  std::size_t total = bits;
  for (const std::size_t n : shape)
    if (__builtin_mul_overflow(total, n, &total)) return std::nullopt;
  if (total % 8 != 0) return std::nullopt;
  return total / 8;
}

StoredTensor read_entry(const std::string& where, const std::string& name, const json& value,
                        std::size_t data_start, std::span<const std::byte> file) {
  const Entry entry(where, name);
  if (!value.is_object()) entry.fail("its header entry is not an object");
  for (const auto& [key, unused] : value.items())
    if (key != "dtype" && key != "shape" && key != "data_offsets")
      entry.fail(fmt::format("header key {} is not part of the format", in_quotes(key)));

  StoredTensor tensor;
  tensor.name = name;
  const json& dtype = entry.get(value, "dtype");
  if (!dtype.is_string()) entry.fail("'dtype' is not a string");
  tensor.dtype_name = dtype.get<std::string>();
  const auto known =
      std::find_if(dtypes.begin(), dtypes.end(), [&](const auto& d) { return d.name == tensor.dtype_name; });
  if (known == dtypes.end())
    entry.fail(fmt::format("dtype {} is unknown; save the model as BF16, F16, F32 or F64",
                           in_quotes(tensor.dtype_name)));
  tensor.dtype = known->dtype;

  const json& shape = entry.get(value, "shape");
  if (!shape.is_array()) entry.fail("'shape' is not a list");
  if (shape.size() > largest_rank) entry.fail(fmt::format("'shape' has {} dimensions", shape.size()));
  for (const json& n : shape) tensor.shape.push_back(entry.whole(n, "shape"));

  const json& offsets = entry.get(value, "data_offsets");
  if (!offsets.is_array() || offsets.size() != 2) entry.fail("'data_offsets' is not a pair [begin, end]");
  const std::size_t begin = entry.whole(offsets[0], "data_offsets");
  const std::size_t end = entry.whole(offsets[1], "data_offsets");
  const std::size_t data_size = file.size() - data_start;
  if (begin > end) entry.fail(fmt::format("data_offsets [{}, {}] run backwards", begin, end));
  if (end > data_size)
    entry.fail(
        fmt::format("data_offsets [{}, {}] need {} bytes after the header, but the file has {}; it is "
                    "truncated (copy or download it again) or its header lies",
                    begin, end, end, data_size));
  tensor.offset = data_start + begin;
  tensor.bytes = end - begin;
  tensor.data = file.data() + tensor.offset;
  const auto expected = bytes_of(tensor.shape, known->bits);
  if (!expected)
    entry.fail(fmt::format("shape {} of {} is no possible number of bytes", describe_shape(tensor.shape),
                           tensor.dtype_name));
  if (*expected != tensor.bytes)
    entry.fail(fmt::format("at byte {}: shape {} of {} takes {} bytes, but data_offsets [{}, {}] hold {}",
                           tensor.offset, describe_shape(tensor.shape), tensor.dtype_name, *expected, begin,
                           end, tensor.bytes));
  return tensor;
}

/// Every byte after the header must belong to exactly one tensor; `tensors` are sorted by place.
void check_layout(const std::string& where, const std::vector<StoredTensor>& tensors, std::size_t data_start,
                  std::size_t file_size) {
  std::size_t reached = data_start;
  const std::string* previous = nullptr;
  for (const StoredTensor& t : tensors) {
    if (t.offset < reached)
      throw input_error(fmt::format("{}: tensor {} at byte {} overlaps tensor {}, which ends at byte {}",
                                    where, in_quotes(t.name), t.offset, in_quotes(*previous), reached));
    if (t.offset > reached)
      throw input_error(fmt::format("{}: bytes {} to {}, before tensor {}, belong to no tensor", where,
                                    reached, t.offset, in_quotes(t.name)));
    reached = t.offset + t.bytes;
    previous = &t.name;
  }
  if (reached != file_size)
    throw input_error(fmt::format("{}: {} bytes after the last tensor, from byte {}, belong to no tensor",
                                  where, file_size - reached, reached));
}

/// What the file may be instead, from its first bytes.
std::string other_format(std::span<const std::byte> file) {
  const std::string_view text(reinterpret_cast<const char*>(file.data()),
                              std::min<std::size_t>(file.size(), 8));
  if (text.starts_with("GGUF")) return "; this is a GGUF file, which is not supported";
  if (text.starts_with("PK\x03\x04") || text.starts_with("\x80\x02"))
    return "; this looks like a pickle, which is never opened: convert it to safetensors";
  if (text.starts_with("version ")) return "; this looks like a Git LFS pointer: fetch the file itself";
  return "";
}

std::size_t header_length(std::span<const std::byte> file, const std::string& where) {
  if (file.size() < prefix_bytes)
    throw input_error(fmt::format("{}: truncated: {} bytes, but the header length alone takes 8{}", where,
                                  file.size(), other_format(file)));
  std::uint64_t length = 0;
  for (std::size_t i = prefix_bytes; i-- > 0;) length = length << 8 | std::to_integer<std::uint64_t>(file[i]);
  if (length > largest_header)
    throw input_error(fmt::format("{}: header length at byte 0 is {}, over the limit of 100 MB{}", where,
                                  length, other_format(file)));
  if (length > file.size() - prefix_bytes)
    throw input_error(fmt::format("{}: header length at byte 0 is {}, but only {} bytes follow: truncated{}",
                                  where, length, file.size() - prefix_bytes, other_format(file)));
  return length;
}

void check_metadata(const std::string& where, const json& metadata) {
  if (!metadata.is_object()) throw input_error(where + ": '__metadata__' in the header is not an object");
  for (const auto& [key, value] : metadata.items())
    if (!value.is_string())
      throw input_error(fmt::format("{}: '__metadata__' key {} is not a string", where, in_quotes(key)));
}

}  // namespace

std::string describe_shape(const std::vector<std::size_t>& shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) text += fmt::format("{}{}", i == 0 ? "" : ", ", shape[i]);
  return text += "]";
}

std::vector<StoredTensor> parse_safetensors(std::span<const std::byte> file, const std::string& where) {
  const std::size_t length = header_length(file, where);
  const std::string_view text(reinterpret_cast<const char*>(file.data()) + prefix_bytes, length);
  if (!text.starts_with('{'))
    throw input_error(where + ": the header does not begin with '{' at byte 8: this is no safetensors file");
  const json header = parse_json(text, where, prefix_bytes);
  const std::size_t data_start = prefix_bytes + length;
  std::vector<StoredTensor> tensors;
  for (const auto& [name, value] : header.items()) {
    if (name == "__metadata__") {
      check_metadata(where, value);
    } else {
      tensors.push_back(read_entry(where, name, value, data_start, file));
    }
  }
  // Empty tensors may share their place with the next one; they come first.
  std::stable_sort(tensors.begin(), tensors.end(), [](const StoredTensor& a, const StoredTensor& b) {
    return a.offset != b.offset ? a.offset < b.offset : a.bytes < b.bytes;
  });
  check_layout(where, tensors, data_start, file.size());
  return tensors;
}

SafetensorsFile open_safetensors(const std::filesystem::path& path) {
  SafetensorsFile result{MappedFile(path), {}};
  result.tensors = parse_safetensors(result.file.bytes(), display(path));
  return result;
}

}  // namespace halfulp
