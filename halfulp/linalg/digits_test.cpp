// Decimal rounding on packs gives the bits of round_to_digits(), on every instruction set of this processor.
// Packs are reached through products: with weight 1 and one term, entry j of w x is x_j rounded, twice.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "halfulp/arith/round.hpp"
#include "halfulp/linalg/kernels.hpp"
#include "halfulp/linalg/matmul.hpp"

namespace halfulp {
namespace {

double power_of_ten(int e) { return std::strtod(("1e" + std::to_string(e)).c_str(), nullptr); }

/// Numbers to round, with both signs.
struct Numbers {
  std::vector<double> all;

  void add(double x) { all.insert(all.end(), {x, -x}); }
  /// x and two neighbours on either side.
  void add_around(double x) {
    add(x);
    double below = x, above = x;
    for (int i = 0; i < 2; ++i) {
      add(below = std::nextafter(below, 0));
      add(above = std::nextafter(above, HUGE_VAL));
    }
  }
};

class DigitsOfPacks : public testing::TestWithParam<const Kernels*> {
 protected:
  void SetUp() override { use_kernels(GetParam()); }
  void TearDown() override { use_kernels(nullptr); }

  static void expect_rounded(const Numbers& numbers, int p) {
    const RoundingRule fp64 = rounding_rule("fp64"), dec = rounding_rule("dec" + std::to_string(p));
    Simulated ar(StepFormats{fp64, dec, fp64});
    const double one = 1;
    const Operand w{{reinterpret_cast<const std::byte*>(&one), DType::fp64, 1, 1, 1, 1}};
    constexpr std::size_t step = 4096;
    Matrix<double> x(1, step), y(1, step);
    for (std::size_t first = 0; first < numbers.all.size(); first += step) {
      const auto number = [&](std::size_t j) {
        return first + j < numbers.all.size() ? numbers.all[first + j] : 1.0;
      };
      for (std::size_t j = 0; j < step; ++j) x(0, j) = number(j);
      matmul(ar, w, {}, x.view(), y.view());
      for (std::size_t j = 0; j < step; ++j) {
        const double want = round_to_digits(number(j), p) + 0.0;  // the sum starts at +0
        const bool same = std::isnan(want)
                              ? std::isnan(y(0, j))
                              : std::bit_cast<std::uint64_t>(want) == std::bit_cast<std::uint64_t>(y(0, j));
        ASSERT_TRUE(same) << kernels().name << ": " << std::hexfloat << number(j) << " to " << std::dec << p
                          << " digits is " << std::hexfloat << want << ", not " << y(0, j);
      }
    }
  }
};

TEST_P(DigitsOfPacks, EveryIntegerOfFewDigitsOverEveryExactPower) {
  for (int p = 1; p <= 4; ++p)
    for (int s = 0; s <= 22; ++s) {
      Numbers numbers;
      for (double n = std::pow(10.0, p - 1), end = 10 * n; n < end; ++n) {
        numbers.add(n / power_of_ten(s));
        numbers.add((n + 0.5) / power_of_ten(s));  // a tie, or a neighbour of one
      }
      expect_rounded(numbers, p);
    }
}

TEST_P(DigitsOfPacks, RandomIntegersOverEveryPower) {
  std::mt19937_64 random(5);
  for (int p = 5; p <= 15; ++p) {
    std::uniform_int_distribution<std::int64_t> whole(static_cast<std::int64_t>(power_of_ten(p - 1)),
                                                      static_cast<std::int64_t>(power_of_ten(p)) - 1);
    Numbers numbers;
    for (int s = -30; s <= 30; ++s)
      for (int i = 0; i < 400; ++i) {
        const auto n = static_cast<double>(whole(random));
        const double power = power_of_ten(std::abs(s));
        numbers.add(s < 0 ? n * power : n / power);
        numbers.add_around(s < 0 ? (n + 0.5) * power : (n + 0.5) / power);
      }
    expect_rounded(numbers, p);
  }
}

TEST_P(DigitsOfPacks, TiesThatAreBinary) {
  std::mt19937_64 random(6);
  for (int p = 1; p <= 15; ++p) {
    std::uniform_real_distribution<double> uniform(power_of_ten(p - 1), power_of_ten(p));
    Numbers numbers;
    for (int i = 0; i < 300; ++i) {
      const double n = std::floor(uniform(random));
      // (n + 1/2) 10^-s when 5^s divides 2 n + 1; (n + 1/2) 10^s while it has 53 bits
      for (int s = 0; s < 22 && std::pow(5.0, s) < power_of_ten(p); ++s) {
        const double five = std::pow(5.0, s), odd = 2 * std::floor(n / five) + 1;
        numbers.add_around(odd * std::ldexp(1.0, -s - 1));
        numbers.add_around(odd * five * std::ldexp(1.0, -s - 1));
      }
      for (const int s : {1, 2, 5, 9, 21, 22}) numbers.add_around((n + 0.5) * power_of_ten(s));
    }
    for (int s = 1; s <= 22; ++s)
      for (int i = 1; i < 100; ++i) numbers.add((i + 0.5) * power_of_ten(s));
    expect_rounded(numbers, p);
  }
}

TEST_P(DigitsOfPacks, PowersOfTenAndTheirNeighbours) {
  for (int p = 1; p <= 15; ++p) {
    Numbers numbers;
    for (int k = -323; k <= 308; ++k) {
      numbers.add_around(power_of_ten(k));
      numbers.add_around(9.5 * power_of_ten(k));
      numbers.add_around((1 - 0.05 / power_of_ten(p - 1)) * power_of_ten(k));  // 9...95
    }
    expect_rounded(numbers, p);
  }
}

TEST_P(DigitsOfPacks, AnyBitsAtAll) {
  std::mt19937_64 random(7);
  for (int p = 1; p <= 15; ++p) {
    Numbers numbers;
    for (int i = 0; i < 10000; ++i) numbers.add(std::bit_cast<double>(random()));
    const double infinity = std::numeric_limits<double>::infinity();
    for (const double x : {0.0, infinity, std::nan(""), 0x1p-1074, 0x1.fffffffffffffp1023}) numbers.add(x);
    for (const double x : {0x1p-1022, 0x1p-1018, 0x1p1019}) numbers.add_around(x);
    expect_rounded(numbers, p);
  }
}

/// Lanes that need care beside lanes that do not.
TEST_P(DigitsOfPacks, LanesDoNotDisturbEachOther) {
  const double infinity = std::numeric_limits<double>::infinity();
  const double hostile[] = {0.0, infinity, std::nan(""), 1e-250, 1.5e22, 25, 12345, 0x1p-1074, 1e300};
  for (const int p : {1, 4, 8, 15}) {
    Numbers numbers;
    for (const double x : hostile)
      for (std::size_t at = 0; at < 8; ++at)
        for (std::size_t l = 0; l < 8; ++l)
          numbers.all.push_back(l == at ? x : 1.0 / (3.0 + static_cast<double>(l)));
    expect_rounded(numbers, p);
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, DigitsOfPacks, testing::ValuesIn(available_kernels()),
                         [](const auto& target) { return std::string(target.param->name); });

}  // namespace
}  // namespace halfulp
