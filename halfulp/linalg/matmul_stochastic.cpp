#include <algorithm>
#include <mutex>

#include "halfulp/base/parallel.hpp"
#include "halfulp/linalg/matmul_fast.hpp"
#include "halfulp/linalg/matmul_finish.hpp"
#include "halfulp/linalg/number_range.hpp"
#include "halfulp/linalg/operand_pack.hpp"

namespace halfulp {
namespace {

/// How the accumulator's format is rounded at random in binary32.
struct Plan {
  bool possible = false, bits = false, unbounded = false;
  std::uint32_t loads = 0;
};

Plan plan_for(const Simulated& ar) {
  const RoundingRule &acc = ar.acc().rule(), &in = ar.in().rule(), &out = ar.out().rule();
  const int t = acc.format.precision;
  Plan plan;
  RoundingRule even = acc;
  even.mode = Rounding::nearest_even;
  plan.unbounded = acc.format.is_unbounded();
  plan.bits = plan.unbounded || fits_bits(even);
  plan.loads = in.mode == Rounding::stochastic ? 2 : 0;
  plan.possible = acc.mode == Rounding::stochastic && t >= 2 && t <= 11 && !acc.format.is_decimal() &&
                  (plan.bits || fits_grid<float>(even)) && ar.summation().order != Order::pairwise &&
                  !ar.summation().fused && (plan.loads == 0 || in.format.precision <= 11) &&
                  (out.mode != Rounding::stochastic || out == acc);
  return plan;
}

constexpr float far_below_overflow = 0x1p100f;

/// Whether binary32 computes what the definition rounds, for these ranges.
bool is_proved(const Plan& plan, const Simulated& ar, const NumberRange& a, const NumberRange& b) {
  const int quantum = a.quantum + b.quantum;
  const bool on_grid = is_representable(a, ar.in().rule()) && is_representable(b, ar.in().rule());
  if (plan.loads > 0 && !on_grid) return false;  // reading rounds at random, differently for every entry
  if (plan.unbounded) return a.finite && b.finite && quantum >= -126 && a.exponent + b.exponent + 2 <= 60;
  return !plan.bits || quantum >= -149;  // products below the normal range are exact
}

}  // namespace

bool matmul_stochastic(Simulated& ar, const Operand& w, const Operand& bias, MatrixView<const double> x,
                       MatrixView<double> y) {
  const Kernels& kernels = halfulp::kernels();
  const Plan plan = plan_for(ar);
  if (!plan.possible || !kernels.stochastic) return false;
  const std::size_t width = kernels.stochastic_columns, k = w.columns();
  const std::size_t panels = (x.columns() + width - 1) / width, columns = panels * width;
  const auto constants = rounding_constants<float>(ar.acc().rule());
  // Reading rounds to nearest here: at random it is only let through where it changes nothing.
  RoundingRule load_rule = ar.in().rule();
  if (plan.loads > 0) load_rule = rounding_rule("fp64");
  const Rounder load(load_rule);

  AlignedBuffer<float> packed;
  float* const b = packed.reserve(columns * k + 1);
  BitRange x_bits;
  Loader<float> x_loader(Rounder{}, load, kernels);
  for (std::size_t i = 0; i < k; ++i) {
    if (!x_loader.load(view_of(x), false, i, 0, x.columns(), b + i * columns, x_bits)) return false;
    std::fill(b + i * columns + x.columns(), b + (i + 1) * columns, 0.0f);
  }
  const NumberRange x_range = number_range<float>(x_bits);

  const Simulated fresh = ar;
  const Operand none;
  std::mutex counting;
  parallel_for(w.rows(), 1 + 64 / panels, [&](std::size_t first, std::size_t last) {
    thread_local AlignedBuffer<float> row, sums, biases;
    Loader<float> loader(w, load, kernels);
    Finisher<float> finisher(fresh, none, kernels);
    Events events;
    float* const a = row.reserve(k + 1);
    float* const out = sums.reserve(columns);
    for (std::size_t i = first; i < last; ++i) {
      BitRange bits;
      bool fits = loader.load(w.view, false, i, 0, k, a, bits);
      const NumberRange range = number_range<float>(bits);
      fits = fits && is_proved(plan, fresh, range, x_range);
      const double offset = bias.empty() ? 0 : bias.at(0, i);
      fits = fits && (static_cast<double>(static_cast<float>(offset)) == offset || offset != offset);
      float* const offsets = biases.reserve(width);
      std::fill(offsets, offsets + width, static_cast<float>(offset));
      for (std::size_t panel = 0; panel < panels && fits; ++panel) {
        StochasticJob job;
        job.a = a;
        job.b = b + panel * width;
        job.b_step = columns;
        job.out = out + panel * width;
        job.k = k;
        job.block = fresh.summation().order == Order::blocked
                        ? std::max<std::size_t>(fresh.summation().block, 1)
                        : std::max<std::size_t>(k, 1);
        job.rounding = &constants;
        job.bits = plan.bits;
        job.watch = plan.unbounded;
        job.loads = plan.loads;
        job.row = static_cast<std::uint32_t>(i);
        job.column = static_cast<std::uint32_t>(panel * width);
        job.key = fresh.random().key();
        job.bias = bias.empty() ? nullptr : offsets;
        kernels.stochastic(job);
        fits = !plan.unbounded || job.largest < far_below_overflow;
      }
      if (fits)
        finisher.finish(out, x.columns(), i, 0, false, range.finite && x_range.finite, &y(i, 0));
      else
        events += rows_by_definition(fresh, w, bias, x, y, i, i + 1);
    }
    events += finisher.events();
    const std::lock_guard lock(counting);
    ar.count(events);
  });
  return true;
}

}  // namespace halfulp
