// matmul gives the bits of matmul_naive: every format, mode and order, random and hostile operands, odd
// shapes, one and two threads, every instruction set of this processor.
#include "halfulp/linalg/matmul.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "halfulp/base/parallel.hpp"
#include "halfulp/base/random.hpp"
#include "halfulp/linalg/kernels.hpp"

namespace halfulp {
namespace {

bool same_bits(double a, double b) {
  return (std::isnan(a) && std::isnan(b)) ||
         std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

/// Numbers of a stated kind, the same for the same seed.
struct Numbers {
  enum Kind { usual, small, tiny, huge, wide, outlier, special, coarse, kinds };
  std::uint64_t seed;
  Kind kind;

  double operator()(std::uint32_t i, std::uint32_t j) const {
    const auto w = philox(seed, {i, j, static_cast<std::uint32_t>(kind), 99});
    const double sign = w[0] & 1 ? -1 : 1, m = sign * (1 + uniform(w[1], w[2]));
    const int spread = static_cast<int>(w[3] % 8);
    switch (kind) {
      case usual:
        return std::ldexp(m, -spread);
      case small:
        return std::ldexp(m, -10 - spread);
      case tiny:
        return std::ldexp(m, -60 - spread * 10);
      case huge:
        return std::ldexp(m, 40 + spread * 10);
      case wide:
        return std::ldexp(m, static_cast<int>(w[3] % 300) - 150);
      case outlier:
        return (i * 7 + j * 3) % 61 == 5 ? std::ldexp(m, 14) : std::ldexp(m, -3);
      case special: {
        const double infinity = std::numeric_limits<double>::infinity();
        const double list[] = {0.0,   -0.0,   infinity, -infinity, std::nan(""),
                               1e-40, -3e-39, 0x1p-149, 0x1p127,   65504};
        return w[3] % 40 < 10 ? list[w[3] % 10] : w[3] % 5 == 0 ? 0.0 : std::ldexp(m, -spread);
      }
      case coarse:  // many ties and exact cancellations
        return sign * static_cast<double>(w[3] % 5) / 4;
      case kinds:
        break;
    }
    return 0;
  }
};

/// The bits of the fp16 number nearest to x.
std::uint16_t fp16_bits(float x) {
  const double y = round({x, 0}, rounding_rule("fp16"));
  const auto sign = static_cast<std::uint16_t>(std::signbit(y) ? 0x8000 : 0);
  if (std::isnan(y)) return 0x7e00;
  if (std::isinf(y)) return sign | 0x7c00;
  if (std::fabs(y) < 0x1p-14)
    return static_cast<std::uint16_t>(sign | static_cast<int>(std::fabs(y) * 0x1p24));
  const int e = std::ilogb(y);
  return static_cast<std::uint16_t>(sign + ((e + 14) << 10) +
                                    static_cast<int>(std::ldexp(std::fabs(y), 10 - e)));
}

/// A weight of a stated type, its bytes.
struct Weight {
  std::vector<std::byte> bytes;
  WeightView view;

  Weight(DType dtype, std::size_t rows, std::size_t columns, bool down, const Numbers& numbers) {
    view = {nullptr, dtype, rows, columns, down ? 1 : columns, down ? rows : 1};
    bytes.resize(size_of(dtype) * rows * columns + 1);
    view.data = bytes.data();
    for (std::uint32_t i = 0; i < rows; ++i)
      for (std::uint32_t j = 0; j < columns; ++j)
        put((i * view.row_stride + j * view.column_stride), numbers(i, j));
  }
  void put(std::size_t at, double x) {
    std::byte* const p = bytes.data() + at * size_of(view.dtype);
    const float f = static_cast<float>(x);
    const auto as_bits = static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(f) >> 16);
    const std::uint16_t half = fp16_bits(f);
    if (view.dtype == DType::bf16) std::memcpy(p, &as_bits, 2);
    if (view.dtype == DType::fp16) std::memcpy(p, &half, 2);
    if (view.dtype == DType::fp32) std::memcpy(p, &f, 4);
    if (view.dtype == DType::fp64) std::memcpy(p, &x, 8);
  }
};

struct Case {
  std::string in, acc, out;
  Summation order;
  DType dtype = DType::bf16;
  std::size_t m = 13, k = 37, n = 19;
  bool down = false, biased = false;
  Numbers::Kind kind = Numbers::usual;
  std::uint64_t seed = 1;
};

std::string describe(const Case& c) {
  const char* orders[] = {"recursive", "blocked", "pairwise"};
  return c.in + "/" + c.acc + "/" + c.out + " " + orders[static_cast<int>(c.order.order)] +
         (c.order.fused ? " fused " : " ") + name_of(c.dtype) + " " + std::to_string(c.m) + "x" +
         std::to_string(c.k) + "x" + std::to_string(c.n) + (c.down ? " down" : "") +
         (c.biased ? " biased" : "") + " kind " + std::to_string(c.kind) + " seed " + std::to_string(c.seed) +
         " " + kernels().name + " threads " + std::to_string(threads());
}

/// Whether both give the same bits; x is rounded to binary32 first, as activations are.
void expect_same(const Case& c) {
  const Numbers numbers{c.seed, c.kind};
  const Weight w(c.dtype, c.m, c.k, c.down, numbers);
  const Weight b(c.dtype == DType::fp64 ? DType::fp32 : c.dtype, 1, c.m, false, {c.seed + 7, Numbers::usual});
  Matrix<double> x(c.k, c.n), fast(c.m, c.n, 7.0), slow(c.m, c.n, 8.0);
  const Numbers other{c.seed + 1, c.kind};
  for (std::uint32_t i = 0; i < c.k; ++i)
    for (std::uint32_t j = 0; j < c.n; ++j)
      x(i, j) = c.dtype == DType::fp64 ? other(i, j) : static_cast<float>(other(i, j));
  const StepFormats formats{rounding_rule(c.in), rounding_rule(c.acc), rounding_rule(c.out)};
  Simulated one(formats, c.order, RandomStream(c.seed * 3)), two = one;
  const Operand bias = c.biased ? Operand{b.view} : Operand{};
  matmul(one, {w.view}, bias, x.view(), fast.view());
  matmul_naive(two, {w.view}, bias, x.view(), slow.view());
  std::size_t different = 0;
  std::string first;
  for (std::size_t i = 0; i < c.m; ++i)
    for (std::size_t j = 0; j < c.n; ++j)
      if (!same_bits(fast(i, j), slow(i, j)) && different++ == 0) {
        char text[128];
        std::snprintf(text, sizeof text, "(%zu, %zu): fast %a, definition %a", i, j, fast(i, j), slow(i, j));
        first = text;
      }
  EXPECT_EQ(different, 0u) << describe(c) << "\n" << first;
}

const std::vector<std::string> accumulators = {"fp64",
                                               "fp32",
                                               "tf32",
                                               "bf16",
                                               "fp16",
                                               "e4m3fn",
                                               "e5m2",
                                               "e4m3fnuz",
                                               "e5m2fnuz",
                                               "e3m2",
                                               "e2m3",
                                               "e2m1",
                                               "e8m3",
                                               "e5m14",
                                               "bin2",
                                               "bin8",
                                               "bin11",
                                               "bin12",
                                               "bin20",
                                               "e6m9",
                                               "bin24",
                                               "dec4",
                                               "dec8",
                                               "bin30",
                                               "e9m4",
                                               "e7m10",
                                               "e5m2:saturate",
                                               "bf16:saturate",
                                               "fp16:nearest-away",
                                               "bf16:toward-zero",
                                               "fp32:up",
                                               "e4m3fn:down"};
const std::vector<std::string> stochastic = {
    "bf16:stochastic", "fp16:stochastic",     "e4m3fn:stochastic",       "tf32:stochastic",
    "bin8:stochastic", "e4m3fnuz:stochastic", "e3m2:stochastic",         "bin11:stochastic",
    "bin2:stochastic", "bin20:stochastic",    "e5m2:stochastic:saturate"};
const std::vector<Summation> orders = {
    {Order::recursive, 0, false}, {Order::blocked, 8, false}, {Order::pairwise, 0, false}};

std::string operand_format(const std::string& acc) {
  return acc.starts_with("dec") ? acc : acc.substr(0, acc.find(':'));
}

class EveryTarget : public testing::TestWithParam<const Kernels*> {
 protected:
  void SetUp() override { use_kernels(GetParam()); }
  void TearDown() override {
    use_kernels(nullptr);
    set_threads(0);
  }
};
INSTANTIATE_TEST_SUITE_P(Kernels, EveryTarget, testing::ValuesIn(available_kernels()),
                         [](const auto& table) { return std::string(table.param->name); });

TEST_P(EveryTarget, Matmul_EveryFormatAndOrderGivesTheBitsOfTheDefinition) {
  for (const auto& acc : accumulators)
    for (const Summation& order : orders)
      for (int kind = 0; kind < Numbers::kinds; ++kind) {
        const std::string in = operand_format(acc);
        expect_same({in, acc, acc, order, DType::bf16, 7, 37, 19, false, kind % 2 == 0,
                     static_cast<Numbers::Kind>(kind), 11});
      }
}

TEST_P(EveryTarget, Matmul_RandomRoundingDrawsAsTheDefinition) {
  for (const auto& acc : stochastic)
    for (const Summation& order : orders)
      for (int kind = 0; kind < Numbers::kinds; ++kind) {
        const auto numbers = static_cast<Numbers::Kind>(kind);
        const std::string even = operand_format(acc);
        expect_same({even, acc, acc, order, DType::bf16, 3, 21, 70, false, kind % 2 == 0, numbers, 5});
        expect_same({acc, acc, acc, order, DType::bf16, 3, 21, 5, false, kind % 2 == 1, numbers, 6});
        expect_same({"bf16", acc, "bf16", order, DType::bf16, 2, 9, 17, false, true, numbers, 7});
      }
}

TEST_P(EveryTarget, Matmul_FrameworkRecipesGiveTheBitsOfTheDefinition) {
  for (const std::string in : {"bf16", "fp16", "fp32", "tf32", "e4m3fn", "fp64"})
    for (const std::string out : {"bf16", "fp16", "fp32", "bf16:stochastic", "fp64"})
      for (const std::string acc : {"fp32", "fp64", "bf16"})
        for (const DType dtype : {DType::bf16, DType::fp16, DType::fp32, DType::fp64})
          for (const bool down : {false, true}) {
            expect_same({in, acc, out, {}, dtype, 14, 33, 19, down, down, Numbers::usual, 3});
            expect_same(
                {in, acc, out, {Order::blocked, 5, true}, dtype, 7, 33, 5, down, true, Numbers::wide, 4});
            expect_same(
                {in, acc, out, {Order::blocked, 5, false}, dtype, 7, 33, 5, down, true, Numbers::special, 4});
          }
}

TEST_P(EveryTarget, Matmul_OddShapesGiveTheBitsOfTheDefinition) {
  const std::size_t sizes[] = {0, 1, 3, 16, 17, 65, 131};
  for (const std::size_t m : sizes)
    for (const std::size_t n : sizes)
      for (const std::size_t k :
           {std::size_t{0}, std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{40}})
        for (const bool down : {false, true}) {
          if (m * n * k > 100000) continue;
          const Numbers::Kind kind = static_cast<Numbers::Kind>((m + n + k) % Numbers::kinds);
          const std::string acc = accumulators[(m * 3 + n * 5 + k * 7 + down) % 18];
          expect_same({operand_format(acc), acc, "bf16", orders[(m + k) % 3], DType::bf16, m, k, n, down,
                       k % 2 == 0, kind, 9});
          expect_same(
              {"bf16", "fp32", "bf16", orders[(m + n) % 3], DType::fp16, m, k, n, down, true, kind, 8});
        }
}

TEST_P(EveryTarget, Matmul_LongSumsOverflowWhereTheDefinitionDoes) {
  for (const std::string acc :
       {"e4m3fn", "fp16", "e5m2", "e2m1", "bf16", "e4m3fnuz", "bin2", "e5m2:saturate"})
    for (const std::uint64_t seed : {1, 2})
      for (const auto kind : {Numbers::usual, Numbers::outlier, Numbers::coarse, Numbers::small}) {
        expect_same({"bf16", acc, acc, {}, DType::bf16, 2, 700, 66, false, false, kind, seed});
        expect_same({"bf16",
                     acc,
                     acc,
                     {Order::blocked, 64, false},
                     DType::bf16,
                     66,
                     300,
                     9,
                     true,
                     false,
                     kind,
                     seed});
      }
}

TEST_P(EveryTarget, Matmul_BitsDoNotDependOnThreads) {
  for (const std::size_t count : {1, 2}) {
    set_threads(count);
    for (const std::string acc : {"fp32", "bf16", "fp16", "e4m3fn:stochastic", "fp64", "dec4"})
      for (const bool down : {false, true})
        expect_same(
            {operand_format(acc), acc, acc, {}, DType::bf16, 150, 20, 70, down, true, Numbers::usual, 2});
  }
}

TEST_P(EveryTarget, Matmul_NativeIsBinary64WithFusedProducts) {
  for (const DType dtype : {DType::bf16, DType::fp32, DType::fp64})
    for (int kind = 0; kind < Numbers::kinds; ++kind)
      for (const bool down : {false, true}) {
        const Numbers numbers{3, static_cast<Numbers::Kind>(kind)};
        const Weight w(dtype, 23, 41, down, numbers), b(DType::fp32, 1, 23, false, numbers);
        Matrix<double> x(41, 37), fast(23, 37), slow(23, 37);
        for (std::uint32_t i = 0; i < 41; ++i)
          for (std::uint32_t j = 0; j < 37; ++j) x(i, j) = numbers(j, i + 100);
        Native ar;
        matmul(ar, {w.view}, {b.view}, x.view(), fast.view());
        matmul_naive(ar, {w.view}, {b.view}, x.view(), slow.view());
        for (std::size_t i = 0; i < 23; ++i)
          for (std::size_t j = 0; j < 37; ++j) ASSERT_TRUE(same_bits(fast(i, j), slow(i, j))) << kind;
      }
}

TEST_P(EveryTarget, Matmul_DoubleDoubleGivesTheBitsOfTheOperators) {
  for (const std::size_t n : {1, 7, 8, 130})
    for (int kind = 0; kind < Numbers::kinds; ++kind) {
      const Numbers numbers{4, static_cast<Numbers::Kind>(kind)};
      const std::size_t m = 19, k = 35;
      const Weight w(DType::fp32, m, k, kind % 2 == 0, numbers), b(DType::fp32, 1, m, false, numbers);
      Matrix<DoubleDouble> x(k, n), fast(m, n), slow(m, n);
      for (std::uint32_t i = 0; i < k; ++i)
        for (std::uint32_t j = 0; j < n; ++j) {
          const double hi = numbers(j, i + 100);
          x(i, j) = std::isfinite(hi) ? DoubleDouble{hi} + hi * 0x1p-60 : DoubleDouble{hi};
        }
      DoubleDoubleArithmetic ar;
      const Operand bias = n == 7 ? Operand{} : Operand{b.view};
      matmul(ar, {w.view}, bias, x.view(), fast.view());
      matmul_naive(ar, {w.view}, bias, x.view(), slow.view());
      for (std::size_t i = 0; i < m; ++i)
        for (std::size_t j = 0; j < n; ++j) {
          ASSERT_TRUE(same_bits(fast(i, j).hi, slow(i, j).hi)) << kind << " " << i << " " << j;
          ASSERT_TRUE(same_bits(fast(i, j).lo, slow(i, j).lo)) << kind << " " << i << " " << j;
        }
    }
}

TEST(Matmul, EventsSayWhatIsVisibleInTheResult) {
  const Weight w(DType::fp32, 4, 8, false, {1, Numbers::usual});
  Matrix<double> x(8, 3, 3e4), y(4, 3);
  for (std::size_t k = 0; k < 8; ++k) x(k, 1) = 1e-8, x(k, 2) = 1;
  const RoundingRule fp16 = rounding_rule("fp16"), fp32 = rounding_rule("fp32");
  Matrix<double> positive(4, 8, 60000.0);
  Simulated ar(StepFormats{fp32, fp32, fp16});
  matmul(ar, operand_of(positive.view()), {}, x.view(), y.view());
  EXPECT_EQ(ar.events().overflow, 8u);  // columns 0 and 2 leave fp16's range
  EXPECT_EQ(ar.events().nan, 0u);
  Matrix<double> little(4, 8, 1e-9);
  matmul(ar, operand_of(little.view()), {}, x.view(), y.view());
  EXPECT_EQ(ar.events().underflow, 8u);  // columns 1 and 2 are below half of fp16's smallest number
}

TEST(Matmul, ShapesThatDoNotFitAreRefused) {
  Matrix<double> w(3, 4), x(5, 2), y(3, 2);
  Native ar;
  EXPECT_THROW(matmul(ar, operand_of(w.view()), {}, x.view(), y.view()), std::logic_error);
}

}  // namespace
}  // namespace halfulp
