#include "halfulp/models/finite.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "halfulp/base/error.hpp"
#include "halfulp/base/interrupt.hpp"

namespace halfulp {
namespace {

template <class Bits, Bits exponent>
bool is_nonfinite(const std::byte* p) {
  Bits bits;
  std::memcpy(&bits, p, sizeof bits);
  return (bits & exponent) == exponent;
}

/// Blocks of a fixed length without an exit, which a compiler turns into vector code; then the entry.
template <class Bits, Bits exponent>
std::optional<std::size_t> search(std::span<const std::byte> bytes) {
  constexpr std::size_t block = 1024;
  const std::size_t n = bytes.size() / sizeof(Bits);
  std::size_t i = 0;
  for (; i + block <= n; i += block) {
    Bits any = 0;
    const std::byte* const p = bytes.data() + i * sizeof(Bits);
    for (std::size_t j = 0; j < block; ++j)
      any = static_cast<Bits>(any | is_nonfinite<Bits, exponent>(p + j * sizeof(Bits)));
    if (any != 0) break;
  }
  for (; i < n; ++i)
    if (is_nonfinite<Bits, exponent>(bytes.data() + i * sizeof(Bits))) return i;
  return std::nullopt;
}

/// [row, column, ...] of the entry with index i.
std::vector<std::size_t> unravel(std::size_t i, const std::vector<std::size_t>& shape) {
  std::vector<std::size_t> place(shape.size());
  for (std::size_t k = shape.size(); k-- > 0; i /= shape[k]) place[k] = i % shape[k];
  return place;
}

}  // namespace

std::optional<std::size_t> first_nonfinite(std::span<const std::byte> bytes, DType dtype) {
  switch (dtype) {
    case DType::bf16:
      return search<std::uint16_t, 0x7f80>(bytes);
    case DType::fp16:
      return search<std::uint16_t, 0x7c00>(bytes);
    case DType::fp32:
      return search<std::uint32_t, 0x7f800000>(bytes);
    case DType::fp64:
      return search<std::uint64_t, 0x7ff0000000000000>(bytes);
  }
  return std::nullopt;
}

void check_finite(const TensorInfo& weight, const char* cure) {
  constexpr std::size_t step = 4 << 20;  // a multiple of every dtype's size
  const StoredTensor& t = weight.tensor;
  for (std::size_t start = 0; start < t.bytes; start += step) {
    throw_if_interrupted();
    const auto part = t.contents().subspan(start, std::min(step, t.bytes - start));
    if (const auto found = first_nonfinite(part, *t.dtype)) {
      const std::size_t i = start / size_of(*t.dtype) + *found;
      const WeightView entry{t.data + i * size_of(*t.dtype), *t.dtype, 1, 1, 1, 1};
      throw input_error(fmt::format(
          "{}: entry {} is {} (byte {}); {}", weight.describe(), describe_shape(unravel(i, t.shape)),
          std::isnan(entry.at(0, 0)) ? "NaN" : "infinite", t.offset + i * size_of(*t.dtype), cure));
    }
    release_pages(part);
  }
}

}  // namespace halfulp
