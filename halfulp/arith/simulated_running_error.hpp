// Running error analysis of simulated arithmetic: the value that Simulated gives and, beside it, a bound on
// its distance from the exact result of the exact operations on the exact inputs.
//
// RunningError says where the exact result lies, within e of z, z the operation in binary64 on the same
// operands; Simulated says what became of it, y.  Then  |y - exact| <= e + |y - z|:  what a rounding did is
// seen, not bounded by u, so that this holds for every format and direction, underflow and saturation
// included.  An infinity or NaN makes no statement (e = inf).
//
// Of a recipe that rounds at random one run is not all runs.  With Runs::all, [x - e, x + e] also holds what
// the operation gives with any other random bits:  the roundings of numbers in [z - e, z + e] are within
//   u (|z| + e) + (smallest subnormal) / 2     nearest,
//   2 u (|z| + e) + smallest subnormal         directed and stochastic
// of them while nothing is beyond the format's range.  Source: Higham, Accuracy and Stability, sections 2.1,
// 3.3; docs/theory.md, 5.
#pragma once

#include <utility>

#include "halfulp/arith/rounding_radius.hpp"
#include "halfulp/arith/running_error.hpp"
#include "halfulp/arith/simulated.hpp"

namespace halfulp {

/// Which runs of a recipe a bound encloses: the one at hand, or with it those with other random bits.
enum class Runs { this_one, all };

class SimulatedRunningError {
 public:
  using Value = Bounded;

  SimulatedRunningError() = default;
  explicit SimulatedRunningError(Simulated arithmetic, Runs runs = Runs::this_one)
      : simulated_(std::move(arithmetic)), runs_(runs) {
    if (runs == Runs::all) {
      in_ = RoundingRadius(simulated_.in().rule());
      acc_ = RoundingRadius(simulated_.acc().rule());
      out_ = RoundingRadius(simulated_.out().rule());
    }
  }

  /// The arithmetic of the values.
  Simulated& simulated() { return simulated_; }
  const Simulated& simulated() const { return simulated_; }
  Runs runs() const { return runs_; }
  const Summation& summation() const { return simulated_.summation(); }
  const Events& events() const { return simulated_.events(); }
  void count(const Events& events) { simulated_.count(events); }
  void clear_events() { simulated_.clear_events(); }
  void begin_entry(std::size_t row, std::size_t column) { simulated_.begin_entry(row, column); }

  Bounded lift(double x) { return became(simulated_.lift(x), exact_.lift(x), acc_); }
  Bounded lift(DoubleDouble x) { return became(simulated_.lift(x), exact_.lift(x), acc_); }
  Bounded exactly(double x) const { return exact_.exactly(x); }
  Bounded load(Bounded a) { return became(simulated_.load(a.x), a, in_); }
  Bounded store(Bounded a) { return became(simulated_.store(a.x), a, out_); }

  Bounded add(Bounded a, Bounded b) { return became(simulated_.add(a.x, b.x), exact_.add(a, b), acc_); }
  Bounded sub(Bounded a, Bounded b) { return became(simulated_.sub(a.x, b.x), exact_.sub(a, b), acc_); }
  Bounded mul(Bounded a, Bounded b) { return became(simulated_.mul(a.x, b.x), exact_.mul(a, b), acc_); }
  Bounded div(Bounded a, Bounded b) { return became(simulated_.div(a.x, b.x), exact_.div(a, b), acc_); }
  Bounded fma(Bounded a, Bounded b, Bounded c) {
    return became(simulated_.fma(a.x, b.x, c.x), exact_.fma(a, b, c), acc_);
  }
  Bounded sqrt(Bounded a) { return became(simulated_.sqrt(a.x), exact_.sqrt(a), acc_); }
  Bounded mul_root(Bounded a, double d) {
    return became(simulated_.mul_root(a.x, d), exact_.mul_root(a, d), acc_);
  }
  Bounded div_root(Bounded a, double d) {
    return became(simulated_.div_root(a.x, d), exact_.div_root(a, d), acc_);
  }
  Bounded exp(Bounded a) { return became(simulated_.exp(a.x), exact_.exp(a), acc_); }
  /// The scale is that of the m at hand, for the exact number too: it leaves the weights.  Other runs have
  /// other scales.
  Bounded exp_scaled(Bounded a, Bounded m) {
    const double radix_scaled = simulated_.exp_scaled(a.x, m.x);
    const Format& f = simulated_.acc().rule().format;
    if (!f.is_unbounded() || !(std::fabs(m.x) > 600)) return became(radix_scaled, exact_.exp(a), acc_);
    if (runs_ == Runs::all) return {radix_scaled, std::numeric_limits<double>::infinity()};
    const double z = exp_in_scale_of(a.x, m.x, f.is_decimal() ? 10 : 2);
    return became(radix_scaled, exact_.exponential(z, a.e), acc_);
  }
  Bounded tanh(Bounded a) { return became(simulated_.tanh(a.x), exact_.tanh(a), acc_); }
  Bounded erf(Bounded a) { return became(simulated_.erf(a.x), exact_.erf(a), acc_); }
  Bounded sin(Bounded a) { return became(simulated_.sin(a.x), exact_.sin(a), acc_); }
  Bounded cos(Bounded a) { return became(simulated_.cos(a.x), exact_.cos(a), acc_); }
  Bounded neg(Bounded a) const { return exact_.neg(a); }
  Bounded max(Bounded a, Bounded b) const { return exact_.max(a, b); }

 private:
  /// y, made of what lies within z.e of z.
  static Bounded became(double y, Bounded z, const RoundingRadius& other_runs) {
    return {y, RunningError::up(z.e + std::fabs(y - z.x) + other_runs(std::fabs(z.x) + z.e))};
  }

  RunningError exact_;
  Simulated simulated_;
  Runs runs_ = Runs::this_one;
  RoundingRadius in_, acc_, out_;
};

}  // namespace halfulp
