// Trials on packs: one lane, one trial.  The layers' weights are drawn once and used by the binary64
// reference and by every rounded run; the reference shifts its softmax, which changes nothing in exact
// arithmetic.
#include <memory>

#include "halfulp/experiments/packed_attention.hpp"
#include "halfulp/experiments/random_model.hpp"
#include "halfulp/experiments/trial.hpp"
#include "halfulp/experiments/trial_layer.hpp"

namespace halfulp::HALFULP_TARGET {
namespace {

using Block = PaperBlock<PackD>;
using Exact = PackedArithmetic<Native<double>>;

class Run {
 public:
  virtual ~Run() = default;
  virtual void begin(const Matrix<PackD>& x) = 0;
  virtual void layer(const Block& weights) = 0;
  const Matrix<PackD>& state() const { return x_; }

 protected:
  Matrix<PackD> x_, z_;
};

template <class Round>
class RoundedRun final : public Run {
 public:
  RoundedRun(const Setup& setup, const PackedRule& rule)
      : setup_(setup),
        shift_(rule.shift),
        round_(rule.promoted >> static_cast<unsigned>(Site::embed) & 1 ? rule.promotion : rule.everywhere),
        ar_(PackedArithmetic<Round>(rule.everywhere)) {
    for (std::size_t s = 0; s < site_count; ++s)
      if (rule.promoted >> s & 1) ar_.set(static_cast<Site>(s), PackedArithmetic<Round>(rule.promotion));
  }
  void begin(const Matrix<PackD>& x) override {
    x_ = z_ = x;
    detail::round_all(round_, x_.view());
  }
  void layer(const Block& weights) override {
    if (setup_.rounded_weights) rounded_ = weights;
    if (setup_.rounded_weights)
      for (Matrix<PackD>* w : {&rounded_.wq, &rounded_.wk, &rounded_.wv, &rounded_.a1, &rounded_.a2})
        detail::round_all(round_, w->view());
    const Block& used = setup_.rounded_weights ? rounded_ : weights;
    const MatrixView<const PackD> x = x_.view();
    if (setup_.granularity == Granularity::operation)
      trial_layer(ar_, used, setup_, shift_, x, z_.view());
    else
      trial_layer_of_arrays(exact_, round_, used, setup_, x, z_.view());
    std::swap(x_, z_);
  }

 private:
  const Setup& setup_;
  Shift shift_;
  Round round_;
  Sited<PackedArithmetic<Round>> ar_;
  Exact exact_{RoundingConstants<double>{}};
  Block rounded_;
};

class Reference final : public Run {
 public:
  explicit Reference(const Setup& setup) : setup_(setup) {}
  void begin(const Matrix<PackD>& x) override { x_ = z_ = x; }
  void layer(const Block& weights) override {
    trial_layer(exact_, weights, setup_, Shift::by_maximum, MatrixView<const PackD>(x_.view()), z_.view());
    std::swap(x_, z_);
  }

 private:
  const Setup& setup_;
  Exact exact_{RoundingConstants<double>{}};
};

std::unique_ptr<Run> run_of(const Setup& setup, const PackedRule& rule) {
  switch (rule.way) {
    case PackedWay::native:
      return std::make_unique<RoundedRun<Native<double>>>(setup, rule);
    case PackedWay::split:
      return std::make_unique<RoundedRun<Split<double>>>(setup, rule);
    case PackedWay::grid:
      return std::make_unique<RoundedRun<Grid<double>>>(setup, rule);
    case PackedWay::digits:
      break;
  }
  return std::make_unique<RoundedRun<DecimalDigits>>(setup, rule);
}

/// The larger; NaN where either is.
HWY_INLINE PackD larger_or_nan(PackD a, PackD b) { return select((b <= a) | (a != a), a, b); }

void measure(const Matrix<PackD>& computed, const Matrix<PackD>& exact, PackD errors[measure_count]) {
  PackD worst(0.0), squares(0.0), whole(0.0);
  for (std::size_t i = 0; i < exact.values().size(); ++i) {
    const PackD x = exact.values()[i], difference = computed.values()[i] - x;
    const PackD relative = select(difference == PackD(0.0), PackD(0.0), abs(difference) / abs(x));
    worst = larger_or_nan(worst, relative);
    squares = squares + difference * difference;
    whole = whole + x * x;
  }
  errors[0] = worst;
  errors[1] = select(squares == PackD(0.0), PackD(0.0), sqrt(squares) / sqrt(whole));
}

void run(const TrialJob& job) {
  const Setup& setup = *job.setup;
  const RandomModel model(setup, job.seed, job.first);
  const Matrix<PackD> x = model.input();
  std::vector<std::unique_ptr<Run>> runs;
  for (std::size_t r = 0; r < job.rule_count; ++r) runs.push_back(run_of(setup, job.rules[r]));
  Reference reference(setup);
  reference.begin(x);
  for (auto& rounded : runs) rounded->begin(x);
  const std::size_t cells = job.rule_count * setup.layers * measure_count;
  Block weights;
  for (std::size_t l = 0; l < setup.layers; ++l) {
    if (l == 0 || setup.blocks == Blocks::independent) model.draw(l, weights);
    reference.layer(weights);
    for (std::size_t r = 0; r < job.rule_count; ++r) {
      runs[r]->layer(weights);
      PackD errors[measure_count];
      measure(runs[r]->state(), reference.state(), errors);
      for (std::size_t m = 0; m < measure_count; ++m) {
        alignas(64) double lanes[PackD::lanes];
        errors[m].store(lanes);
        for (std::size_t lane = 0; lane < PackD::lanes; ++lane)
          job.errors[lane * cells + cell(setup.layers, r, l, static_cast<Measure>(m))] = lanes[lane];
      }
    }
  }
}

void draw(const DrawJob& job) {
  const RandomModel model(*job.setup, job.seed, job.first);
  const auto write = [&](const Matrix<PackD>& m) {
    for (std::size_t i = 0; i < m.values().size(); ++i) m.values()[i].store(job.numbers + i * PackD::lanes);
  };
  if (job.tensor == Drawn::input) return write(model.input());
  Block b;
  model.draw(job.layer, b);
  switch (job.tensor) {
    case Drawn::wq:
      return write(b.wq);
    case Drawn::wk:
      return write(b.wk);
    case Drawn::wv:
      return write(b.wv);
    case Drawn::a1:
      return write(b.a1);
    default:
      return write(b.a2);
  }
}

template <class Round>
void mix_rounded_by(const MixJob& job) {
  const auto loaded = [&](const double* numbers, std::size_t rows) {
    Matrix<PackD> m(rows, job.n);
    for (std::size_t i = 0; i < m.values().size(); ++i)
      m.values()[i] = PackD::load(numbers + i * PackD::lanes);
    return m;
  };
  const Matrix<PackD> values = loaded(job.values, job.rows), weights = loaded(job.weights, job.n);
  Matrix<PackD> mixed(job.rows, job.n);
  PackedArithmetic<Round> ar(job.rule->everywhere, job.summation);
  mix(ar, values.view(), weights.view(), mixed.view());
  for (std::size_t i = 0; i < mixed.values().size(); ++i)
    mixed.values()[i].store(job.mixed + i * PackD::lanes);
}

void mix_of(const MixJob& job) {
  switch (job.rule->way) {
    case PackedWay::native:
      return mix_rounded_by<Native<double>>(job);
    case PackedWay::split:
      return mix_rounded_by<Split<double>>(job);
    case PackedWay::grid:
      return mix_rounded_by<Grid<double>>(job);
    case PackedWay::digits:
      return mix_rounded_by<DecimalDigits>(job);
  }
}

}  // namespace

extern const TrialKernel trial_kernel;
const TrialKernel trial_kernel = {PackD::lanes, run, draw, mix_of};

}  // namespace halfulp::HALFULP_TARGET
