#include "halfulp/linalg/weight_view.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <span>
#include <vector>

namespace halfulp {
namespace {

/// The definition: sign, exponent and fraction fields of a 16-bit format, by ldexp.
double value_of(std::uint16_t bits, int fraction_bits, int bias) {
  const int exponent_bits = 15 - fraction_bits, top = (1 << exponent_bits) - 1;
  const int exponent = (bits >> fraction_bits) & top, fraction = bits & ((1 << fraction_bits) - 1);
  double x = 0;
  if (exponent == top)
    x = fraction == 0 ? std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
  else if (exponent == 0)
    x = std::ldexp(fraction, 1 - bias - fraction_bits);
  else
    x = std::ldexp(fraction + (1 << fraction_bits), exponent - bias - fraction_bits);
  return std::copysign(x, bits & 0x8000 ? -1.0 : 1.0);
}

bool same(double a, double b) {
  return (std::isnan(a) && std::isnan(b)) ||
         std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

/// Numbers in memory, one byte off every alignment.
template <class T>
struct Misaligned {
  std::vector<std::byte> bytes;
  explicit Misaligned(const std::vector<T>& values) : bytes(values.size() * sizeof(T) + 1) {
    std::memcpy(bytes.data() + 1, values.data(), values.size() * sizeof(T));
  }
  const std::byte* data() const { return bytes.data() + 1; }
};

void check_all_patterns(DType dtype, int fraction_bits, int bias) {
  std::vector<std::uint16_t> patterns(65536);
  for (std::size_t i = 0; i < patterns.size(); ++i) patterns[i] = static_cast<std::uint16_t>(i);
  const Misaligned stored(patterns);
  const WeightView view{stored.data(), dtype, 256, 256, 256, 1};
  std::vector<double> row(256);
  for (std::size_t i = 0; i < 256; ++i) {
    view.read_row(i, 0, row);
    for (std::size_t j = 0; j < 256; ++j) {
      const double truth = value_of(patterns[256 * i + j], fraction_bits, bias);
      ASSERT_TRUE(same(row[j], truth)) << std::hex << patterns[256 * i + j] << " " << row[j] << " " << truth;
      ASSERT_TRUE(same(view.at(i, j), truth)) << std::hex << patterns[256 * i + j];
    }
  }
}

TEST(WeightView, EveryBf16PatternIsReadExactly) { check_all_patterns(DType::bf16, 7, 127); }

TEST(WeightView, EveryFp16PatternIsReadExactly) { check_all_patterns(DType::fp16, 10, 15); }

TEST(WeightView, BinaryFormatsOfTheMachineAreReadExactlyAtAnyAddress) {
  const std::vector<float> singles{1.5F, -0.0F, 0x1p-149F, 0x1.fffffep127F, INFINITY, NAN};
  const Misaligned a(singles);
  const WeightView f{a.data(), DType::fp32, 1, singles.size(), singles.size(), 1};
  const std::vector<double> doubles{1.5, -0.0, 0x1p-1074, 0x1.fffffffffffffp1023, -INFINITY, NAN};
  const Misaligned b(doubles);
  const WeightView d{b.data(), DType::fp64, 1, doubles.size(), doubles.size(), 1};
  for (std::size_t j = 0; j < singles.size(); ++j) {
    EXPECT_TRUE(same(f.at(0, j), singles[j])) << j;
    EXPECT_TRUE(same(d.at(0, j), doubles[j])) << j;
  }
}

TEST(WeightView, StridesTransposeAndSlice) {
  std::vector<float> stored(12);  // [in, out] = [3, 4]
  for (std::size_t i = 0; i < stored.size(); ++i) stored[i] = static_cast<float>(i);
  // Outputs 1 and 2 of W = stored^T.
  const WeightView view{std::as_bytes(std::span(stored)).data() + 4, DType::fp32, 2, 3, 1, 4};
  std::vector<double> row(2);
  view.read_row(1, 1, row);
  EXPECT_EQ(row, (std::vector<double>{6, 10}));
  EXPECT_EQ(view.at(0, 2), 9);
  std::vector<double> spread(6, -1);
  view.read_row(0, 0, Row<double>(spread.data(), 3, 2));
  EXPECT_EQ(spread, (std::vector<double>{1, -1, 5, -1, 9, -1}));
}

TEST(WeightView, NamesAndSizesAreThoseOfSafetensors) {
  EXPECT_STREQ(name_of(DType::bf16), "BF16");
  EXPECT_STREQ(name_of(DType::fp16), "F16");
  EXPECT_EQ(size_of(DType::fp32), 4U);
  EXPECT_EQ(size_of(DType::fp64), 8U);
}

}  // namespace
}  // namespace halfulp
