// No correct norm exceeds its tolerance; counts are the rooms'.
#include "halfulp/analysis/tolerance/judge_testing.hpp"
#include "halfulp/layers/layer_norm/radius.hpp"

namespace halfulp {
namespace {

using namespace halfulp::testing;

struct Token {
  std::vector<double> x, gain, bias;
  double eps;
};

Token drawn(Numbers& numbers, const Formats& f, int trial) {
  Token t;
  const std::size_t d = numbers.size(1, 40);
  const double largest = f.acc == "fp16" || f.in == "e4m3fn" ? 8 : std::ldexp(4, trial % 7 - 3);
  t.x = numbers.row(f.in, d, largest);
  t.gain = numbers.row(f.in, d, 2);
  t.bias = numbers.row(f.in, d, 1);
  t.eps = trial % 3 == 0 ? 1e-3 : f.acc == "fp16" ? 1e-4 : 1e-6;
  return t;
}

/// The steps of a norm: statistics and products in the accumulator's format, the normalised token stored in
/// `inner`, the result in f.out.
StagedOf<Sloppy> steps_of(const Formats& f, const std::string& inner, Summation summation) {
  auto steps = staged<Sloppy>(f, summation, Step::gain, {});
  const RoundingRule acc = rounding_rule(f.acc);
  steps.set(Step::normalise, Sloppy({acc, acc, rounding_rule(inner)}, summation));
  return steps;
}

template <class A>
std::vector<Value<A>> rms(A& ar, const Token& t) {
  std::vector<Value<A>> x, y(t.x.size());
  for (const double entry : t.x) x.push_back(step(ar, Step::stats).exactly(entry));
  const Matrix<double> gain = [&] {
    Matrix<double> g(1, t.gain.size());
    g.values() = t.gain;
    return g;
  }();
  rms_norm(ar, Row<const Value<A>>(x), operand_of(gain), t.eps, Row<Value<A>>(y));
  return y;
}

template <class A>
std::vector<Value<A>> layer(A& ar, const Token& t) {
  std::vector<Value<A>> x, centred(t.x.size()), y(t.x.size());
  for (const double entry : t.x) x.push_back(step(ar, Step::stats).exactly(entry));
  Matrix<double> gain(1, t.gain.size()), bias(1, t.bias.size());
  gain.values() = t.gain, bias.values() = t.bias;
  layer_norm(ar, Row<const Value<A>>(x), operand_of(gain), operand_of(bias), t.eps, Row<Value<A>>(centred),
             Row<Value<A>>(y));
  return y;
}

/// Exact up to 2^-90.
double deviation_of(const std::vector<double>& x) {
  DoubleDouble sum{0}, squares{0};
  for (const double entry : x) sum = sum + entry;
  const DoubleDouble mean = sum / DoubleDouble{static_cast<double>(x.size())};
  for (const double entry : x)
    squares = squares + (DoubleDouble{entry} - mean) * (DoubleDouble{entry} - mean);
  return std::sqrt(squares.hi / static_cast<double>(x.size())) * (1 - 0x1p-50);
}

template <class Evaluate, class Request>
void examine(std::uint64_t seed, double floor, Judge* by_entry, Request request_for, Evaluate evaluate) {
  Numbers numbers(seed);
  Judge judge;
  for (int trial = 0; trial < trials(120); ++trial) {
    for (const Formats& f : formats_of_kernels()) {
      for (const NamedOrder& order : orders_of_sums()) {
        const Token t = drawn(numbers, f, trial);
        const bool stores = trial % 4 == 1;
        ToleranceRequest request = request_for(t);
        request.in = f.in, request.acc = f.acc, request.out = f.out, request.order = order.name;
        if (stores) request.inner = f.out;
        request.d = t.x.size();
        request.eps = t.eps;
        judge.begin(request, numbers.replay() + ", trial " + std::to_string(trial) + ", " + f.in + ", " +
                                 f.acc + ", " + order.name);
        auto ar = steps_of(f, stores ? f.out : f.acc, order.summation);
        Native native;
        DoubleDoubleArithmetic wide;
        const auto got = evaluate(ar, t), other = evaluate(ar, t), b = evaluate(native, t);
        const auto exact = evaluate(wide, t);
        std::array<DataTolerance, 4> data;
        for (std::size_t against = 0; by_entry != nullptr && against < 4; ++against) {
          ToleranceRequest own = request;
          own.against = static_cast<Reference>(against);
          own.deviation.reset();
          data[against] = layer_norm_tolerance(own, {t.x.data(), t.x.size(), 1}, t.gain, t.bias);
        }
        for (std::size_t i = 0; i < t.x.size(); ++i) {
          const bool is_nan = std::isnan(exact[i].hi);
          if (is_nan) continue;
          const Entry entry{got[i], other[i], b[i], exact[i]};
          judge.expect(entry, t.x.size() >= 8 && f.acc == f.out);
          if (by_entry == nullptr) continue;
          std::array<ToleranceValue, 4> values;
          for (std::size_t against = 0; against < 4; ++against)
            values[against] = {data[against].atol(i, 0), data[against].rtol};
          by_entry->begin(values, rounding_rule(f.out),
                          "data, " + f.acc + ", trial " + std::to_string(trial));
          by_entry->expect(entry, t.x.size() >= 8 && f.acc == f.out);
        }
        if (judge.has_failed()) return;
      }
    }
  }
  judge.expect_thorough(floor);
}

TEST(NormTolerance, NoCorrectRmsNormExceedsTheWorstCase) {
  examine(
      5, 0.4, nullptr,
      [](const Token& t) {
        ToleranceRequest request{.op = Operation::rmsnorm};
        request.absmax = {largest_of(t.x), largest_of(t.gain)};
        return request;
      },
      [](auto& ar, const Token& t) { return rms(ar, t); });
}

TEST(NormTolerance, NoCorrectLayerNormExceedsTheWorstCase) {
  Judge by_entry;
  examine(
      6, 0.3, &by_entry,
      [](const Token& t) {
        ToleranceRequest request{.op = Operation::layernorm};
        request.absmax = {largest_of(t.x), largest_of(t.gain), largest_of(t.bias)};
        request.deviation = deviation_of(t.x);
        return request;
      },
      [](auto& ar, const Token& t) { return layer(ar, t); });
  by_entry.expect_thorough(0.4);
}

/// 1/sqrt within one ulp stands for the room's root and quotient; a rounded 1/d adds half a rounding, the
/// gain one.
TEST(NormTolerance, CountsAreTheRooms) {
  for (const NamedOrder& order : orders_of_sums()) {
    ToleranceRequest request{
        .op = Operation::rmsnorm, .d = 96, .in = "bin11", .acc = "bin11", .out = "bin11"};
    request.order = order.name;
    request.rsqrt_ulp = 1, request.div_ulp = 0.5;
    request.against = Reference::exact;
    const RoundingModel model{0x1p-11, order.name == "any" ? Summation{} : order.summation};
    const Upper room = model.gamma(normalising_roundings(model, 96) + 1.5);
    EXPECT_EQ(tolerance_of(request).worst.rtol, room.value()) << order.name;
    EXPECT_EQ(tolerance_of(request).worst.atol, 0) << order.name;
  }
}

/// The radius of the room encloses a box and keeps no relative part; of rows that are not constant.
TEST(NormTolerance, OfALayerNormIsNoWiderThanTheRoomsRadius) {
  Numbers numbers(8);
  double widest = 0;
  for (int trial = 0; trial < 200; ++trial) {
    const auto x = numbers.row("bin24", 64, 4), gain = numbers.row("bin24", 64, 2),
               bias = numbers.row("bin24", 64, 1);
    if (!(deviation_of(x) > 0.01)) continue;
    ToleranceRequest request{.op = Operation::layernorm, .in = "bin24", .acc = "bin24", .out = "bin24"};
    request.order = "recursive";
    request.rsqrt_ulp = 1, request.div_ulp = 0.5;
    request.against = Reference::exact;
    request.eps = 1e-5;
    const DataTolerance mine = layer_norm_tolerance(request, {x.data(), 64, 1}, gain, bias);
    const std::vector<Upper> none(64), radius = layer_norm_radius({0x1p-24, {}}, x, none, gain, bias, 1e-5);
    Native native;
    const auto y = layer(native, {x, gain, bias, 1e-5});
    for (std::size_t i = 0; i < 64; ++i) {
      const double ours = mine.atol(i, 0) + mine.rtol * std::fabs(y[i]);
      if (ours > 0) widest = std::fmax(widest, ours / radius[i].value());
    }
  }
  // The bias enters with theta where it meets no cancellation: at most a few times wider.
  EXPECT_LT(widest, 4);
  EXPECT_GT(widest, 0.1);
}

}  // namespace
}  // namespace halfulp
