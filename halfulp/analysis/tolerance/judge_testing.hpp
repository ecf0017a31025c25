// For tests only: results of simulated kernels against the tolerances of their requests, for every reference.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <string>

#include "halfulp/analysis/tolerance/tolerance.hpp"
#include "halfulp/arith/mpfr_oracle.hpp"
#include "halfulp/arith/simulated.hpp"
#include "halfulp/layers/room_testing.hpp"
#include "halfulp/layers/staged.hpp"

namespace halfulp::testing {

/// Formats of inputs, accumulator and result.
struct Formats {
  std::string in, acc, out;
};
inline std::vector<Formats> formats_of_kernels() {
  return {{"bf16", "fp32", "bf16"},
          {"fp16", "fp32", "fp16"},
          {"fp16", "fp16", "fp16"},
          {"bin8", "bin8", "bin8"},
          {"bf16", "fp32:toward-zero", "bf16"},
          {"fp32", "fp32", "fp32"},
          {"e4m3fn", "fp32", "bf16"},
          {"bf16", "bf16", "bf16"}};
}

/// One entry: what the kernel stored, what another correct kernel stored, binary64, exact.
struct Entry {
  double got, other, binary64;
  DoubleDouble exact;
};

/// Entries of many requests; none may exceed the worst-case value, and some come near.
class Judge {
 public:
  /// atol and rtol of the request against all four references.
  void begin(ToleranceRequest request, std::string replay) {
    out_ = Rounder(rounding_rule(request.out));
    for (std::size_t i = 0; i < 4; ++i) {
      request.against = static_cast<Reference>(i);
      value_[i] = tolerance_of(request).worst;
    }
    replay_ = std::move(replay);
  }
  void begin(const std::array<ToleranceValue, 4>& values, const RoundingRule& out, std::string replay) {
    value_ = values;
    out_ = Rounder(out);
    replay_ = std::move(replay);
  }
  /// Sums of few terms reach their bounds anyway: they do not count for sharpness.
  void expect(const Entry& entry, bool counts = true) {
    ++cases_;
    if (!value_[0].is_statement()) return;
    ++statements_;
    const double error = std::fabs((entry.exact - entry.got).hi);
    const double allowed = value_[0].atol + value_[0].rtol * std::fabs(entry.exact.hi);
    if (error > 0 && counts) worst_ = std::fmax(worst_, error / allowed);
    // Double-double and this evaluation err by less than 2^-40 of the tolerance.
    EXPECT_LE(error, allowed * (1 + 0x1p-40))
        << replay_ << ", exactly " << entry.exact.hi << ", got " << entry.got;
    const double references[] = {entry.exact.hi, entry.binary64, out_(entry.binary64), entry.other};
    for (std::size_t i = 1; i < 4; ++i) {
      // Where two kernels may differ by all of the reference there is no statement.
      if (!value_[i].is_statement()) continue;
      EXPECT_TRUE(value_[i].holds(entry.got, references[i]))
          << replay_ << ", " << name_of(static_cast<Reference>(i)) << " " << references[i] << ", got "
          << entry.got;
    }
  }
  bool has_failed() const { return ::testing::Test::HasFailure(); }
  /// At least 10^5 cases (TEST_EFFORT more), most of them with a statement; the worst error over tolerance.
  void expect_thorough(double floor) const {
    EXPECT_GE(cases_, 100000u);
    EXPECT_GE(statements_, cases_ * 7 / 10);
    EXPECT_GE(worst_, floor) << "the bound is approached";
    EXPECT_LE(worst_, 1 + 0x1p-40);
    ::testing::Test::RecordProperty("worst_ratio", std::to_string(worst_));
    ::testing::Test::RecordProperty("statements", std::to_string(statements_));
  }

 private:
  std::array<ToleranceValue, 4> value_;
  Rounder out_;
  std::string replay_;
  double worst_ = 0;
  std::size_t cases_ = 0, statements_ = 0;
};

inline int trials(int count) { return count * oracle::effort(); }

/// Simulated arithmetic whose functions err by up to 1.5 ulps, and whose exponentials are exp2 of arguments
/// that were multiplied by log2(e), where asked.
class Sloppy : public Simulated {
 public:
  Sloppy() = default;
  Sloppy(const StepFormats& formats, Summation summation, bool base_two = false)
      : Simulated(formats, summation, RandomStream(7)), base_two_(base_two) {}

  double exp(double a) {
    if (!base_two_) return moved(Simulated::exp(a));
    return exp2(mul(a, lift(log2_e)));
  }
  double exp2(double a) {
    static constexpr DoubleDouble ln2{0.6931471805599453, 2.3190468138462996e-17};
    if (!std::isfinite(a)) return a < 0 ? 0 : a;
    return moved(lift(halfulp::exp(ln2 * a)));
  }
  double div(double a, double b) { return moved(Simulated::div(a, b)); }
  double sqrt(double a) { return Simulated::sqrt(a); }
  double cos(double a) { return moved(Simulated::cos(a)); }
  double sin(double a) { return moved(Simulated::sin(a)); }
  static constexpr double log2_e = 1.4426950408889634;

 private:
  /// One place up, down or not at all.
  double moved(double y) {
    if (y == 0 || !std::isfinite(y)) return y;
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    const auto direction = static_cast<int>(state_ >> 61) % 3 - 1;
    const Format& f = acc().rule().format;
    int exponent;
    std::frexp(y, &exponent);
    if (!f.is_unbounded() && exponent - 1 < f.emin) exponent = f.emin + 1;
    const double moved = y + direction * std::ldexp(1, exponent - f.precision);
    return std::fabs(moved) <= (f.is_unbounded() ? HUGE_VAL : f.max_finite) ? moved : y;
  }

  bool base_two_ = false;
  std::uint64_t state_ = 1;
};

/// Every step inside the accumulator's format; the last step stores the result, `read` loads the inputs.
template <class A>
StagedOf<A> staged(const Formats& f, Summation summation, Step last, std::initializer_list<Step> read,
                   bool base_two = false) {
  const RoundingRule in = rounding_rule(f.in), acc = rounding_rule(f.acc), out = rounding_rule(f.out);
  StagedOf<A> steps;
  for (std::size_t i = 0; i < step_count; ++i) {
    const Step step = static_cast<Step>(i);
    StepFormats formats{acc, acc, acc};
    for (const Step reading : read)
      if (reading == step) formats.in = in;
    if (step == last) formats.out = out;
    steps.set(step, A(formats, summation, base_two));
  }
  return steps;
}

struct NamedOrder {
  std::string name;
  Summation summation;
};
inline std::vector<NamedOrder> orders_of_sums() {
  return {{"any", {Order::recursive, 0, false}},      {"any", {Order::pairwise, 0, false}},
          {"recursive", {Order::recursive, 0, true}}, {"recursive", {Order::recursive, 0, false}},
          {"blocked:4", {Order::blocked, 4, false}},  {"pairwise", {Order::pairwise, 0, false}}};
}

/// Numbers of a format, random and hostile, none larger than `largest`, at least one not zero.
class Numbers {
 public:
  explicit Numbers(std::uint64_t seed) : seed_(seed), random_(seed) {}

  std::size_t size(std::size_t least, std::size_t most) { return least + random_() % (most - least + 1); }
  double uniform() { return static_cast<double>(random_() >> 11) * 0x1p-53; }
  double gaussian() { return normal_(random_); }

  std::vector<double> row(const std::string& format, std::size_t n, double largest) {
    const RoundingRule rule = rounding_rule(format);
    const double ulp = 2 * rule.format.unit_roundoff();
    std::vector<double> x(n);
    const auto kind = random_() % 8;
    const double constant = (random_() % 2 == 0 ? 1 : (1 + uniform()) / 2) * largest;
    const double share = random_() % 2 == 0 ? 0.499 : 0.25 + uniform() / 2;
    for (std::size_t i = 0; i < n; ++i) {
      x[i] = kind == 0   ? constant                                          // the same error again and again
             : kind == 1 ? constant * (1 + ulp * std::floor(3 * uniform()))  // nearly constant
             : kind == 2 ? (i == 0 ? largest : largest * ulp * share)        // lost additions
             : kind == 3 ? (i % 2 == 1 ? -x[i - 1] * (1 + ulp) : largest * (uniform() - 0.5))  // cancelling
             : kind == 4 ? (i == n / 2 ? largest : gaussian() * largest * 0x1p-8)              // one outlier
             : kind == 5
                 ? std::ldexp(largest * (uniform() - 0.5), -static_cast<int>(random_() % 24))  // scales
                 : gaussian() * largest / 4;
    }
    for (double& entry : x) {
      entry = std::fmin(std::fmax(entry, -largest), largest);
      entry = Rounder({rule.format, Rounding::toward_zero, false})(entry);
    }
    bool is_zero = true;
    for (const double entry : x) is_zero &= entry == 0;
    if (is_zero) x[0] = Rounder({rule.format, Rounding::toward_zero, false})(largest);
    return x;
  }
  std::string replay() const { return "seed " + std::to_string(seed_); }

 private:
  std::uint64_t seed_;
  std::mt19937_64 random_;
  std::normal_distribution<double> normal_;
};

inline double largest_of(const std::vector<double>& x) {
  double largest = 0;
  for (const double entry : x) largest = std::fmax(largest, std::fabs(entry));
  return largest;
}

}  // namespace halfulp::testing
