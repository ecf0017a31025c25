#include "halfulp/models/finite.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace halfulp {
namespace {

/// The index found in `values` stored as `dtype`.
template <class T>
std::optional<std::size_t> find_in(const std::vector<T>& values, DType dtype) {
  return first_nonfinite(std::as_bytes(std::span(values)), dtype);
}

TEST(FirstNonfinite, IsRightForEvery16BitPattern) {
  for (const DType dtype : {DType::bf16, DType::fp16})
    for (unsigned b = 0; b < 65536; ++b) {
      const std::vector<std::uint16_t> one{static_cast<std::uint16_t>(b)};
      const WeightView entry{std::as_bytes(std::span(one)).data(), dtype, 1, 1, 1, 1};
      ASSERT_EQ(find_in(one, dtype).has_value(), !std::isfinite(entry.at(0, 0)))
          << name_of(dtype) << " " << b;
    }
}

template <class T>
void check_ends(DType dtype) {
  using Limits = std::numeric_limits<T>;
  EXPECT_FALSE(find_in<T>({0, Limits::max(), Limits::lowest(), Limits::denorm_min(), T(-0.0)}, dtype));
  for (const T bad : {Limits::infinity(), -Limits::infinity(), Limits::quiet_NaN(), -Limits::quiet_NaN()})
    EXPECT_EQ(find_in<T>({1, Limits::max(), bad}, dtype), 2U);
}

TEST(FirstNonfinite, LargestNumbersAreFinite) {
  check_ends<float>(DType::fp32);
  check_ends<double>(DType::fp64);
}

TEST(FirstNonfinite, FindsTheFirstWhereverItLies) {
  for (const std::size_t place : {0, 1, 1023, 1024, 2047, 2048, 2999}) {
    std::vector<float> values(3000, 1.0F);
    values[place] = values[2999] = INFINITY;
    EXPECT_EQ(find_in(values, DType::fp32), place);
  }
  EXPECT_FALSE(find_in(std::vector<float>(3000, 1.0F), DType::fp32));
  EXPECT_FALSE(find_in(std::vector<float>{}, DType::fp32));
}

}  // namespace
}  // namespace halfulp
