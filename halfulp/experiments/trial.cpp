#include "halfulp/experiments/trial.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "halfulp/base/parallel.hpp"
#include "halfulp/experiments/trial_kernel.hpp"
#include "halfulp/experiments/trial_layer.hpp"
#include "halfulp/linalg/kernels.hpp"

namespace halfulp {

namespace baseline {
extern const TrialKernel trial_kernel;
}
#ifdef HALFULP_X86_TARGETS
namespace avx2 {
extern const TrialKernel trial_kernel;
}
namespace avx512 {
extern const TrialKernel trial_kernel;
}
#endif

namespace {

PackedWay way_of(const RoundingRule& rule) {
  if (rule.format.is_decimal()) return PackedWay::digits;
  if (rule.format.precision == 53) return PackedWay::native;
  return rule.format.is_unbounded() ? PackedWay::split : PackedWay::grid;
}

}  // namespace

const TrialKernel& trial_kernel() {
#ifdef HALFULP_X86_TARGETS
  const std::string_view target = kernels().name;
  if (target == "avx512") return avx512::trial_kernel;
  if (target == "avx2") return avx2::trial_kernel;
#endif
  return baseline::trial_kernel;
}

PackedRule packed(const Arithmetics& a) {
  PackedRule p;
  p.way = way_of(a.rule);
  p.shift = shift_for(a.rule);
  p.everywhere = rounding_constants<double>(a.rule);
  p.promotion = rounding_constants<double>(a.promotion);
  for (const Site s : a.promoted) p.promoted |= std::uint32_t{1} << static_cast<unsigned>(s);
  return p;
}

namespace {

/// The same trial, one number at a time: any rule that Simulated knows.
class DefinedRun {
 public:
  DefinedRun(const Setup& setup, const Arithmetics& a, std::uint64_t key, const Matrix<double>& x)
      : setup_(setup), shift_(shift_for(a.rule)), ar_(rounded(a.rule, key)), x_(x), z_(x) {
    for (const Site s : a.promoted) ar_.set(s, rounded(a.promotion, key));
    round(x_);
  }
  void layer(PaperBlock<double> w) {
    if (setup_.rounded_weights)
      for (Matrix<double>* m : {&w.wq, &w.wk, &w.wv, &w.a1, &w.a2}) round(*m);
    const MatrixView<const double> x = x_.view();
    if (setup_.granularity == Granularity::operation) {
      trial_layer(ar_, w, setup_, shift_, x, z_.view());
    } else {
      Simulated exact(rounding_rule("fp64"));
      auto to_format = [&](double y) { return ar_[Site::embed].lift(y); };
      trial_layer_of_arrays(exact, to_format, w, setup_, x, z_.view());
    }
    std::swap(x_, z_);
  }
  const Matrix<double>& state() const { return x_; }

 private:
  /// Operands as they come, as on packs.
  static Simulated rounded(const RoundingRule& rule, std::uint64_t key) {
    const RoundingRule as_it_is = rounding_rule("fp64");
    return Simulated({as_it_is, rule, as_it_is}, {}, RandomStream(key));
  }
  void round(Matrix<double>& m) {
    for (double& entry : m.values()) entry = ar_[Site::embed].lift(entry);
  }

  const Setup& setup_;
  Shift shift_;
  Sited<Simulated> ar_;
  Matrix<double> x_, z_;
};

double larger_or_nan(double a, double b) { return b <= a || a != a ? a : b; }

/// number(i): entry i as a difference and as it should be.
template <class Difference, class Number>
void measure(std::size_t count, Difference difference, Number number, double errors[measure_count]) {
  double worst = 0, squares = 0, whole = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const double delta = difference(i), x = number(i);
    worst = larger_or_nan(worst, delta == 0 ? 0.0 : std::fabs(delta) / std::fabs(x));
    squares += delta * delta;
    whole += x * x;
  }
  errors[0] = worst;
  errors[1] = squares == 0 ? 0.0 : std::sqrt(squares) / std::sqrt(whole);
}

/// One tensor of trials first .. first + lanes - 1, the lane of one of them.
std::vector<double> drawn(const Setup& setup, std::uint64_t seed, std::uint64_t trial, std::size_t layer,
                          Drawn tensor, std::size_t count) {
  const TrialKernel& kernel = trial_kernel();
  std::vector<double> all(count * kernel.lanes), mine(count);
  kernel.draw({&setup, seed, trial, layer, tensor, all.data()});
  for (std::size_t i = 0; i < count; ++i) mine[i] = all[i * kernel.lanes];
  return mine;
}
Matrix<double> drawn_matrix(const Setup& setup, std::uint64_t seed, std::uint64_t trial, std::size_t layer,
                            Drawn tensor, std::size_t rows, std::size_t columns) {
  Matrix<double> m(rows, columns);
  m.values() = drawn(setup, seed, trial, layer, tensor, rows * columns);
  return m;
}

/// Of the binary64 run against double-double, the largest after any layer.
std::array<double, measure_count> reference_error_of_trial(const Setup& setup, std::uint64_t seed,
                                                           std::uint64_t trial) {
  std::array<double, measure_count> largest{};
  const Matrix<double> x = input_of(setup, seed, trial);
  Simulated binary64(rounding_rule("fp64"));
  DoubleDoubleArithmetic exact;
  Matrix<double> state = x, next = x;
  Matrix<DoubleDouble> truth = in<DoubleDouble>(x), next_truth = truth;
  for (std::size_t l = 0; l < setup.layers; ++l) {
    const PaperBlock<double> weights = weights_of(setup, seed, trial, l);
    trial_layer(binary64, weights, setup, Shift::by_maximum, MatrixView<const double>(state.view()),
                next.view());
    trial_layer(exact, in<DoubleDouble>(weights), setup, Shift::by_maximum,
                MatrixView<const DoubleDouble>(truth.view()), next_truth.view());
    std::swap(state, next);
    std::swap(truth, next_truth);
    double errors[measure_count];
    measure(
        state.values().size(),
        [&](std::size_t i) {
          return static_cast<double>(DoubleDouble{state.values()[i]} - truth.values()[i]);
        },
        [&](std::size_t i) { return truth.values()[i].hi; }, errors);
    for (std::size_t m = 0; m < measure_count; ++m) largest[m] = larger_or_nan(largest[m], errors[m]);
  }
  return largest;
}

}  // namespace

Matrix<double> input_of(const Setup& setup, std::uint64_t seed, std::uint64_t trial) {
  return drawn_matrix(setup, seed, trial, 0, Drawn::input, setup.d, setup.n);
}

PaperBlock<double> weights_of(const Setup& s, std::uint64_t seed, std::uint64_t trial, std::size_t layer) {
  if (s.blocks == Blocks::identical) layer = 0;
  const auto matrix = [&](Drawn tensor, std::size_t rows, std::size_t columns) {
    return drawn_matrix(s, seed, trial, layer, tensor, rows, columns);
  };
  PaperBlock<double> b;
  b.wq = matrix(Drawn::wq, s.d, s.d);
  b.wk = matrix(Drawn::wk, s.d, s.d);
  b.wv = matrix(Drawn::wv, s.d, s.d);
  if (s.attention_only) return b;
  b.a1 = matrix(Drawn::a1, s.inner, s.d);
  b.a2 = matrix(Drawn::a2, s.d, s.inner);
  return b;
}

bool run_on_packs(const Arithmetics& a) {
  if (!runs_on_packs(a.rule)) return false;
  return a.promoted.empty() || (runs_on_packs(a.promotion) && way_of(a.rule) == way_of(a.promotion));
}

void run_by_definition(const Setup& setup, const std::vector<Arithmetics>& arithmetics, std::uint64_t seed,
                       std::uint64_t trial, double* errors) {
  const Matrix<double> x = input_of(setup, seed, trial);
  std::vector<DefinedRun> runs;
  for (const Arithmetics& a : arithmetics) runs.emplace_back(setup, a, seed ^ (trial << 20), x);
  Simulated exact(rounding_rule("fp64"));
  Matrix<double> state = x, next = x;
  for (std::size_t l = 0; l < setup.layers; ++l) {
    const PaperBlock<double> weights = weights_of(setup, seed, trial, l);
    trial_layer(exact, weights, setup, Shift::by_maximum, MatrixView<const double>(state.view()),
                next.view());
    std::swap(state, next);
    for (std::size_t r = 0; r < runs.size(); ++r) {
      runs[r].layer(weights);
      const std::vector<double>&computed = runs[r].state().values(), &reference = state.values();
      measure(
          reference.size(), [&](std::size_t i) { return computed[i] - reference[i]; },
          [&](std::size_t i) { return reference[i]; },
          errors + cell(setup.layers, r, l, Measure::componentwise));
    }
  }
}

void run_trials(const Setup& setup, const std::vector<Arithmetics>& arithmetics, std::uint64_t seed,
                std::uint64_t first, double* errors) {
  std::vector<Arithmetics> slow;
  std::vector<PackedRule> rules;
  std::vector<bool> is_fast;
  for (const Arithmetics& a : arithmetics) {
    is_fast.push_back(run_on_packs(a));
    if (is_fast.back())
      rules.push_back(packed(a));
    else
      slow.push_back(a);
  }
  const TrialKernel& kernel = trial_kernel();
  const std::size_t each = setup.layers * measure_count;
  std::vector<double> fast_errors(trials_at_once * rules.size() * each), slow_errors(slow.size() * each);
  if (!rules.empty())
    for (std::size_t done = 0; done < trials_at_once; done += kernel.lanes)
      kernel.run({&setup, rules.data(), rules.size(), seed, first + done,
                  fast_errors.data() + done * rules.size() * each});
  for (std::size_t t = 0; t < trials_at_once; ++t) {
    if (!slow.empty()) run_by_definition(setup, slow, seed, first + t, slow_errors.data());
    const double *from_fast = fast_errors.data() + t * rules.size() * each, *from_slow = slow_errors.data();
    for (const bool fast : is_fast) {
      const double*& from = fast ? from_fast : from_slow;
      errors = std::copy_n(from, each, errors);
      from += each;
    }
  }
}

std::vector<double> reference_error(const Setup& setup, std::uint64_t seed, std::size_t trials) {
  std::vector<std::array<double, measure_count>> all(trials);
  parallel_for(trials, 1, [&](std::size_t trial, std::size_t) {
    all[trial] = reference_error_of_trial(setup, seed, trial);
  });
  std::vector<double> largest(measure_count, 0.0);
  for (const auto& of_trial : all)
    for (std::size_t m = 0; m < measure_count; ++m) largest[m] = larger_or_nan(largest[m], of_trial[m]);
  return largest;
}

}  // namespace halfulp
