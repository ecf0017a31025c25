// O = V P on packs against the definition, bit for bit, where weights that were dropped matter: sums that
// cancel, values of every size, weights of every size.  On every instruction set.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <random>
#include <string>

#include "halfulp/arith/elementary/elementary.hpp"
#include "halfulp/arith/simulated.hpp"
#include "halfulp/experiments/trial.hpp"
#include "halfulp/experiments/trial_kernel.hpp"
#include "halfulp/linalg/kernels.hpp"
#include "halfulp/linalg/product.hpp"

namespace halfulp {
namespace {

constexpr std::size_t rows = 6;

/// What is mixed: each lane a case of its own.
struct Mixture {
  Matrix<double> values, weights;  // [rows, n lanes], [n, n lanes]
  std::size_t lanes;

  Mixture(std::size_t n, std::size_t all) : values(rows, n * all), weights(n, n * all), lanes(all) {}
  double& value(std::size_t i, std::size_t k, std::size_t lane) { return values(i, k * lanes + lane); }
  double& weight(std::size_t k, std::size_t j, std::size_t lane) { return weights(k, j * lanes + lane); }
};

/// Numbers of a format of about p digits.
class Draws {
 public:
  Draws(unsigned seed, int digits) : Draws(seed, digits, "dec" + std::to_string(digits)) {}
  Draws(unsigned seed, int digits, const std::string& format)
      : random_(seed), digits_(digits), format_(rounding_rule(format)) {}

  double uniform(double low, double high) {
    return low + (high - low) * static_cast<double>(random_() >> 11) * 0x1p-53;
  }
  int below(int count) { return static_cast<int>(random_() % static_cast<unsigned>(count)); }
  double rounded(double x) { return format_.lift(x); }
  double power(double e) { return rounded(halfulp::pow(10, e)); }

  /// Few numbers, so that many sums cancel: 1, 2, 3 or any, times 1, 10^-p, 10^-(p+3) or 10^-20.
  double value() {
    const int kind = below(8);
    if (kind == 0) return 0;
    const double sign = below(2) == 0 ? 1 : -1, size = kind < 6 ? below(3) + 1 : uniform(1, 10);
    const double decades[] = {0, 0, 0, 0, 0, -1.0 * digits_, -3.0 - digits_, -20};
    return rounded(sign * size * halfulp::pow(10, decades[below(8)]));
  }
  /// One of 0 .. spread decades below 1, or that of the row before, or 0.
  double weight(double before, double spread) {
    if (below(10) == 0) return 0;
    if (before != 0 && below(3) == 0) return before;
    return power(-uniform(0, spread));
  }

 private:
  std::mt19937_64 random_;
  int digits_;
  Simulated format_;
};

/// Weights masked as attention's are, those of one column within `spread` decades.
Mixture drawn(Draws& draws, std::size_t n, double spread, double scale = 1) {
  Mixture m(n, trial_kernel().lanes);
  for (std::size_t lane = 0; lane < m.lanes; ++lane) {
    for (std::size_t i = 0; i < rows; ++i)
      for (std::size_t k = 0; k < n; ++k) m.value(i, k, lane) = draws.rounded(scale * draws.value());
    for (std::size_t j = 0; j < n; ++j)
      for (std::size_t k = 0; k <= j; ++k)
        m.weight(k, j, lane) =
            draws.weight(k == 0 ? 0 : m.weight(k - 1, j, lane), draws.below(2) == 0 ? spread : 1);
  }
  return m;
}

void expect_definition(const std::string& format, Mixture m, const std::string& what,
                       Summation summation = {}) {
  const std::size_t n = m.weights.rows();
  const PackedRule rule = packed({format, rounding_rule(format), {}, rounding_rule(format)});
  Mixture got(n, m.lanes);
  trial_kernel().mix({&rule, summation, rows, n, m.values.values().data(), m.weights.values().data(),
                      got.values.values().data()});
  const RoundingRule as_it_is = rounding_rule("fp64");
  for (std::size_t lane = 0; lane < m.lanes; ++lane) {
    Matrix<double> v(rows, n), p(n, n), o(rows, n);
    for (std::size_t k = 0; k < n; ++k) {
      for (std::size_t i = 0; i < rows; ++i) v(i, k) = m.value(i, k, lane);
      for (std::size_t j = 0; j < n; ++j) p(k, j) = m.weight(k, j, lane);
    }
    Simulated scalar({as_it_is, rounding_rule(format), as_it_is}, summation);
    product(scalar, MatrixView<const double>(v), MatrixView<const double>(p), o.view());
    for (std::size_t i = 0; i < rows; ++i)
      for (std::size_t j = 0; j < n; ++j) {
        const double y = got.value(i, j, lane), defined = o(i, j);
        if (std::isnan(y) && std::isnan(defined)) continue;
        ASSERT_EQ(std::bit_cast<std::uint64_t>(y), std::bit_cast<std::uint64_t>(defined))
            << kernels().name << ", " << format << ", " << what << ": entry " << i << ", " << j << " of lane "
            << lane << " is " << y << ", not " << defined;
      }
  }
}

class PackedAttention : public testing::TestWithParam<const Kernels*> {
 protected:
  void SetUp() override { use_kernels(GetParam()); }
  void TearDown() override { use_kernels(nullptr); }
};

const std::vector<double> spreads{1, 4, 8, 20, 60, 300};

TEST_P(PackedAttention, CancellingValuesOfEverySizeGiveTheDefinitionsBits) {
  for (const int p : {1, 2, 3, 4, 8, 15})
    for (const double spread : spreads) {
      Draws draws(static_cast<unsigned>(100 * p) + static_cast<unsigned>(spread), p);
      for (int c = 0; c < 15; ++c)
        expect_definition("dec" + std::to_string(p),
                          drawn(draws, static_cast<std::size_t>(2 + draws.below(11)), spread),
                          "weights over " + std::to_string(spread) + " decades, case " + std::to_string(c));
    }
}

TEST_P(PackedAttention, LongSequencesGiveTheDefinitionsBits) {
  for (const int p : {2, 3, 4, 6})
    for (const double spread : spreads) {
      Draws draws(static_cast<unsigned>(p), p);
      expect_definition("dec" + std::to_string(p), drawn(draws, 97, spread),
                        "97 weights over " + std::to_string(spread) + " decades");
    }
}

/// Products below the carrier's smallest numbers, and beyond its largest.
TEST_P(PackedAttention, TinyHugeAndInfiniteValuesGiveTheDefinitionsBits) {
  for (const double scale : {1e-320, 1e-300, 1e-280, 1e-250, 1e100, 1e150, 1e300, 1e307})
    for (const double spread : spreads) {
      Draws draws(5, 4);
      for (int c = 0; c < 8; ++c)
        expect_definition("dec4", drawn(draws, 7, spread, scale), "values near " + std::to_string(scale));
    }
  for (const double odd : {HUGE_VAL, std::nan("")})
    for (const std::string format : {"dec4", "fp16"}) {
      Draws draws(5, 4, format);
      for (int c = 0; c < 8; ++c) {
        Mixture m = drawn(draws, 8, 20);
        m.value(1, 5, 0) = odd;  // masked in most columns, yet infinity times 0 is NaN
        expect_definition(format, m, "a value of " + std::to_string(odd));
      }
    }
}

TEST_P(PackedAttention, MaskedWeightsEndSumsOfBinaryFormatsToo) {
  for (const std::size_t n : {1, 2, 4, 5, 9, 23}) {
    Draws bin11(static_cast<unsigned>(n), 3, "bin11"), fp64(static_cast<unsigned>(n), 15, "fp64");
    expect_definition("bin11", drawn(bin11, n, 8), std::to_string(n) + " tokens");
    expect_definition("fp64", drawn(fp64, n, 8), std::to_string(n) + " tokens");
    expect_definition("dec4", Mixture(n, trial_kernel().lanes), "nothing but zeros");
  }
}

/// Columns are scaled by 2^s before they are used: not those with more digits than the format, nor so large.
TEST_P(PackedAttention, WeightsOfMoreDigitsAndHugeOnesGiveTheDefinitionsBits) {
  for (const char* format : {"bin8", "bin11", "bin24"}) {
    Draws draws(3, 3, format), longer(4, 6, "bin28");
    for (int c = 0; c < 8; ++c) {
      Mixture m = drawn(draws, 12, 3);
      for (double& w : m.weights.values())
        if (w != 0) w = longer.rounded(w * longer.uniform(1, 2));
      expect_definition(format, m, "weights of 28 bits");
      Mixture huge = drawn(draws, 12, 3);
      for (double& w : huge.weights.values()) w *= 0x1p1015;
      for (double& v : huge.values.values()) v *= 0x1p-900;
      expect_definition(format, huge, "weights near 2^1015");
    }
  }
}

TEST_P(PackedAttention, OtherOrdersOfSummationAreKept) {
  Draws draws(11, 4);
  for (int c = 0; c < 8; ++c)
    expect_definition("dec4", drawn(draws, 12, 8), "pairwise", Summation{Order::pairwise});
}

INSTANTIATE_TEST_SUITE_P(Targets, PackedAttention, testing::ValuesIn(available_kernels()),
                         [](const auto& target) { return std::string(target.param->name); });

}  // namespace
}  // namespace halfulp
