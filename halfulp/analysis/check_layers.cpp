// Checks of the layers' values: each room in double-double against 34 digits.
//
// The tolerance is the running error of the same room in binary64, times 2^-46.  Both runs round at the same
// places; an operation that binary64 bounds by u = 2^-53 relatively, double-double does within 2^-100 (exp;
// + - * / sqrt within 2^-102), and a fused product that binary64 does not round adds at most as much again as
// the sums before and after it: 2^-99 / 2^-53.  So the error of double-double is below 2^-46 of the bound, to
// first order, whatever cancels.  The vectors themselves have at least 30 good digits.  Where the running
// error makes no statement (inf), 10^-25 of the largest entry.
#include <fmt/format.h>

#include <array>
#include <cmath>

#include "halfulp/analysis/check_rooms.hpp"
#include "halfulp/arith/double_double_arithmetic.hpp"
#include "halfulp/arith/running_error.hpp"

namespace halfulp {
namespace {

constexpr const char* input_kind = "a finite hexadecimal float of 53 bits";

std::optional<DoubleDouble> exact(const Literal& literal) {
  const auto x = binary64_of(literal);
  if (!x || !std::isfinite(*x)) return std::nullopt;
  return DoubleDouble{*x, 0};
}
std::optional<Bounded> without_error(const Literal& literal) {
  const auto x = binary64_of(literal);
  if (!x || !std::isfinite(*x)) return std::nullopt;
  return Bounded{*x, 0};
}
std::optional<DoubleDouble> digits(const Literal& literal) { return double_double_of(literal.text); }

/// How far got is from expected, over the tolerance; above 1 is a failure.
double excess(DoubleDouble got, DoubleDouble expected, double radius, double largest) {
  if (!std::isfinite(got.hi) || !std::isfinite(expected.hi))
    return same_number(got.hi, expected.hi) ? 0 : HUGE_VAL;
  const double size = std::fabs(expected.hi);
  const double tolerance =
      std::isfinite(radius) ? 0x1p-46 * radius + 1e-30 * size + 0x1p-1060 : 1e-25 * largest;
  return std::fabs((got - expected).hi) / tolerance;
}

template <class Room>
Verdict layer(const TestVector& vector) {
  DoubleDoubleArithmetic reference;
  RunningError running;
  const auto got = Room::run(reference, RoomInputs<DoubleDouble>(vector.inputs, exact, input_kind, false));
  const auto bounded =
      Room::run(running, RoomInputs<Bounded>(vector.inputs, without_error, input_kind, false));
  const Matrix<Literal> literals = expected_of(vector, got);
  Matrix<DoubleDouble> expected(literals.rows(), literals.columns());
  double largest = 0;
  for (std::size_t i = 0; i < expected.rows(); ++i) {
    for (std::size_t j = 0; j < expected.columns(); ++j) {
      expected(i, j) = value_of(vector.entry, "expected", place_of(got.rank, i, j), literals(i, j), digits,
                                "a decimal number");
      largest = std::fmax(largest, std::fabs(expected(i, j).hi));
    }
  }
  Verdict verdict;
  double worst = -1;
  for (std::size_t i = 0; i < expected.rows(); ++i) {
    for (std::size_t j = 0; j < expected.columns(); ++j) {
      const double ratio = excess(got.values(i, j), expected(i, j), bounded.values(i, j).e, largest);
      if (!(ratio > worst)) continue;
      worst = ratio;
      const DoubleDouble off = got.values(i, j) - expected(i, j);
      verdict = {
          ratio <= 1, place_of(got.rank, i, j), literals(i, j).text,
          fmt::format("{} (off by {:.2e}, {:.2g} times the tolerance)", got.values(i, j).hi, off.hi, ratio)};
    }
  }
  return verdict;
}

constexpr auto before = NormPlace::before_attention, after = NormPlace::after_attention;

constexpr std::array checks = {
    QuantityCheck{"mean", layer<rooms::Mean>},
    QuantityCheck{"variance", layer<rooms::Variance>},
    QuantityCheck{"centring", layer<rooms::Centring>},
    QuantityCheck{"rms_norm", layer<rooms::Normalise<Norm::rms>>},
    QuantityCheck{"layer_norm", layer<rooms::Normalise<Norm::layer>>},
    QuantityCheck{"affine", layer<rooms::Affine>},
    QuantityCheck{"mlp", layer<rooms::Mlp>},
    QuantityCheck{"softmax", layer<rooms::Softmax>},
    QuantityCheck{"scores", layer<rooms::Scores>},
    QuantityCheck{"attention", layer<rooms::Attention>},
    QuantityCheck{"f_A", layer<rooms::AttentionHalf<Norm::rms, before>>},
    QuantityCheck{"g_A", layer<rooms::AttentionHalf<Norm::layer, before>>},
    QuantityCheck{"post_A", layer<rooms::AttentionHalf<Norm::layer, after>>},
    QuantityCheck{"f_M", layer<rooms::PerceptronHalf<Norm::rms>>},
    QuantityCheck{"g_M", layer<rooms::PerceptronHalf<Norm::layer>>},
    QuantityCheck{"block_Q", layer<rooms::Block<Norm::rms, before>>},
    QuantityCheck{"block_T", layer<rooms::Block<Norm::layer, before>>},
    QuantityCheck{"block_T_post", layer<rooms::Block<Norm::layer, after>>},
    QuantityCheck{"deep_Q", layer<rooms::Deep<Norm::rms, before>>},
    QuantityCheck{"deep_T", layer<rooms::Deep<Norm::layer, before>>},
    QuantityCheck{"deep_T_post", layer<rooms::Deep<Norm::layer, after>>},
};

}  // namespace

std::span<const QuantityCheck> layer_checks() { return checks; }

}  // namespace halfulp
