#include "halfulp/linalg/weight_view.hpp"

#include <bit>
#include <cstring>

namespace halfulp {
namespace {

// Each format's bits to binary64.  Exact: all four are subsets of binary64, and no step meets a subnormal
// of the carrier, so that flush-to-zero cannot spoil it.
struct Bf16 {
  using Bits = std::uint16_t;
  static double value(Bits b) {
    // The upper half of a binary32.  A subnormal one (exponent 0) is its fraction times 2^-133.
    const double subnormal = static_cast<double>(b & 0x7f) * 0x1p-133;
    if ((b & 0x7f80) == 0) return (b & 0x8000) ? -subnormal : subnormal;
    return std::bit_cast<float>(static_cast<std::uint32_t>(b) << 16);
  }
};

struct Fp16 {
  using Bits = std::uint16_t;
  static double value(Bits b) {
    const std::uint64_t sign = static_cast<std::uint64_t>(b & 0x8000) << 48;
    const std::uint64_t exponent = (b >> 10) & 0x1f, fraction = b & 0x3ff;
    // Subnormals are fraction * 2^-24; the others get bias 1023 - 15 more, or all ones for inf and NaN.
    const std::uint64_t subnormal = std::bit_cast<std::uint64_t>(static_cast<double>(fraction) * 0x1p-24);
    const std::uint64_t normal = ((exponent == 31 ? 2047 : exponent + 1008) << 52) | (fraction << 42);
    return std::bit_cast<double>(sign | (exponent == 0 ? subnormal : normal));
  }
};

struct Fp32 {
  using Bits = std::uint32_t;
  static double value(Bits b) { return std::bit_cast<float>(b); }
};

struct Fp64 {
  using Bits = std::uint64_t;
  static double value(Bits b) { return std::bit_cast<double>(b); }
};

/// The number at p, which need not be aligned.
template <class Format>
double number_at(const std::byte* p) {
  typename Format::Bits bits;
  std::memcpy(&bits, p, sizeof bits);
  return Format::value(bits);
}

template <class Format>
void read(const std::byte* p, std::size_t stride, Row<double> out) {
  constexpr std::size_t bytes = sizeof(typename Format::Bits);
  const std::size_t n = out.size();
  if (stride == 1 && out.stride() == 1) {  // nothing but this loop, so that the compiler sees it is one
    double* const y = out.data();
    for (std::size_t i = 0; i < n; ++i) y[i] = number_at<Format>(p + i * bytes);
  } else {
    for (std::size_t i = 0; i < n; ++i) out[i] = number_at<Format>(p + i * stride * bytes);
  }
}

}  // namespace

std::size_t size_of(DType dtype) {
  switch (dtype) {
    case DType::bf16:
    case DType::fp16:
      return 2;
    case DType::fp32:
      return 4;
    case DType::fp64:
      return 8;
  }
  return 0;
}

const char* name_of(DType dtype) {
  switch (dtype) {
    case DType::bf16:
      return "BF16";
    case DType::fp16:
      return "F16";
    case DType::fp32:
      return "F32";
    case DType::fp64:
      return "F64";
  }
  return "?";
}

double WeightView::at(std::size_t i, std::size_t j) const {
  assert(i < rows && j < columns);
  const std::byte* const p = data + (i * row_stride + j * column_stride) * size_of(dtype);
  switch (dtype) {
    case DType::bf16:
      return number_at<Bf16>(p);
    case DType::fp16:
      return number_at<Fp16>(p);
    case DType::fp32:
      return number_at<Fp32>(p);
    case DType::fp64:
      return number_at<Fp64>(p);
  }
  return 0;
}

void WeightView::read_row(std::size_t i, std::size_t first, Row<double> out) const {
  assert(i < rows && first + out.size() <= columns);
  const std::byte* const p = data + (i * row_stride + first * column_stride) * size_of(dtype);
  switch (dtype) {
    case DType::bf16:
      return read<Bf16>(p, column_stride, out);
    case DType::fp16:
      return read<Fp16>(p, column_stride, out);
    case DType::fp32:
      return read<Fp32>(p, column_stride, out);
    case DType::fp64:
      return read<Fp64>(p, column_stride, out);
  }
}

}  // namespace halfulp
