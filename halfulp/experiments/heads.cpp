#include "halfulp/experiments/heads.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "halfulp/arith/double_double_arithmetic.hpp"
#include "halfulp/experiments/figure_parts.hpp"
#include "halfulp/experiments/nearest.hpp"
#include "halfulp/experiments/numbers.hpp"
#include "halfulp/layers/self_attention/mixed_error.hpp"

namespace halfulp {
namespace {

const std::vector<std::string> usual{"bin8", "bin24"};

Setup setup_of(const FigureOptions& o) {
  Setup s;
  s.d = s.n = s.inner = 32;
  s = changed(s, o);
  s.perceptron_deviation = perceptron_deviation(s.d);
  s.blocks = o.blocks.value_or(Blocks::independent);
  s.lambda = one_of("--lambda", o.lambda, 1.0);
  if (s.d == 0) throw usage_error("--d 0: a whole number from 1 to 4096");
  return s;
}

std::vector<std::size_t> splits(std::size_t d) {
  std::vector<std::size_t> all;
  for (std::size_t h = 1; h <= d && d % h == 0; h *= 2) all.push_back(h);
  return all;
}

/// The maximum is subtracted, as the bounds have it: unshifted exponentials overflow in binary64.
template <class A, class V = Value<A>>
Matrix<V> attended(A& ar, const PaperBlock<V>& w, const Matrix<V>& x, std::size_t heads) {
  constexpr AttentionForm form{ValueOrder::project_first, Shift::by_maximum, RootOfD::exact};
  Matrix<V> y(x.rows(), x.columns());
  self_attention(ar, w.wq.view(), w.wk.view(), w.wv.view(), x.view(), form, y.view(), heads);
  return y;
}

Matrix<double> identity(std::size_t d) {
  Matrix<double> eye(d, d);
  for (std::size_t i = 0; i < d; ++i) eye(i, i) = 1;
  return eye;
}

/// Every step with the same u; the heads are not mixed.
AttentionPrecision precision_of(double u) {
  AttentionPrecision p;
  p.projection = p.score = p.mix = p.value = {u};
  p.score_scale = p.softmax = u;
  return p;
}

/// Largest entry of |e| / |x| and ||e||_F / ||x||_F.
struct Relative {
  double largest = 0, frobenius = 0;
};
template <class Error>
Relative relative(const Matrix<Ball>& x, Error error) {
  Relative r;
  double squares = 0, whole = 0;
  for (std::size_t i = 0; i < x.values().size(); ++i) {
    const double e = error(i), size = mignitude(x.values()[i]);
    if (e != e) return {no_value, no_value};
    r.largest = std::fmax(r.largest, ratio(e, size));
    squares += e * e;
    whole += size * size;
  }
  r.frobenius = ratio(std::sqrt(squares), std::sqrt(whole));
  return r;
}

class OneAttention {
 public:
  OneAttention(const PaperBlock<double>& weights, const Matrix<double>& x, std::size_t heads)
      : wq_(in<Ball>(weights.wq)), wk_(in<Ball>(weights.wk)), x_(in<Ball>(x)), exact_(x.rows(), x.columns()) {
    const Matrix<Ball> wv = in<Ball>(weights.wv);
    const MatrixView<const Ball> token = x_;
    const std::size_t d_h = x.rows() / heads;
    for (std::size_t h = 0; h < heads; ++h) {
      const auto part = [&](const Matrix<Ball>& w) { return w.view().rows_part(h * d_h, d_h); };
      queries_.push_back(part(wq_));
      keys_.push_back(part(wk_));
      heads_.emplace_back(projected(keys_[h], token), projected(queries_[h], token),
                          projected(MatrixView<const Ball>(part(wv)), token), x.rows());
      for (std::size_t i = 0; i < d_h; ++i)
        for (std::size_t t = 0; t < x.columns(); ++t) exact_(h * d_h + i, t) = heads_[h].means()(i, t);
    }
  }
  OneAttention(const OneAttention&) = delete;
  OneAttention& operator=(const OneAttention&) = delete;

  const Matrix<Ball>& exact() const { return exact_; }
  Relative non_asymptotic(double u) const {
    const Radii e = attention_error(heads_, eye_.view(), precision_of(u));
    return relative(exact_, [&](std::size_t i) { return e.values()[i].value(); });
  }
  Relative first_order(double u) const {
    const Matrix<Ball> e = attention_first_order(heads_, MatrixView<const Ball>(ones_), precision_of(u));
    return relative(exact_, [&](std::size_t i) { return upper_end(e.values()[i]); });
  }
  RelativeError<Ball> in_relative_form(double u) const {
    return attention_relative(heads_, queries_, keys_, MatrixView<const Ball>(ones_), x_.view(),
                              precision_of(u));
  }

 private:
  Matrix<Ball> wq_, wk_, x_, exact_;
  Matrix<double> eye_ = identity(x_.rows());
  Matrix<Ball> ones_ = in<Ball>(eye_);
  std::vector<MatrixView<const Ball>> queries_, keys_;
  std::vector<MixedHead<Ball>> heads_;
};

/// Largest entry, Frobenius norm, amplification of an error rho of every entry of the input.
constexpr std::size_t variants = 3;
constexpr double rho = 0x1p-20;

void read_attention(const RoundingRule& rule, const PaperBlock<double>& weights, const Matrix<double>& drawn,
                    const std::vector<double>& signs, std::size_t heads, Reading (&readings)[variants]) {
  Simulated ar(rule), endless(without_ends(rule));
  Matrix<double> x = drawn;
  for (double& entry : x.values()) entry = ar.load(entry);
  const OneAttention one(weights, x, heads);
  const Matrix<double> computed = attended(ar, weights, x, heads);
  // Weights below 1e-307 of the largest underflow in binary64: far below u times any entry.
  const bool within =
      ar.events().overflow + ar.events().nan == 0 &&
      (rule.format.is_unbounded() || computed.values() == attended(endless, weights, x, heads).values());
  const Matrix<Ball>& exact = one.exact();
  const Relative seen = relative(exact, [&](std::size_t i) {
    return std::fabs((DoubleDouble{computed.values()[i]} - exact.values()[i].mid).hi);
  });
  const double u = model_roundoff(rule), place = static_cast<double>(heads);
  const Relative rigorous = one.non_asymptotic(u), first = one.first_order(u);
  const RelativeError<Ball> form = one.in_relative_form(u);
  const auto if_within = [&](double bound) { return within ? bound : HUGE_VAL; };
  readings[0] = {place,
                 seen.largest,
                 {if_within(rigorous.largest), if_within(first.largest), if_within(upper_end(form.rounded))}};
  readings[1] = {
      place, seen.frobenius, {if_within(rigorous.frobenius), if_within(first.frobenius), no_value}};

  Matrix<double> moved = x;
  for (std::size_t i = 0; i < moved.values().size(); ++i) moved.values()[i] *= 1 + signs[i] * rho;
  DoubleDoubleArithmetic dd;
  const Matrix<DoubleDouble> elsewhere =
      attended(dd, in<DoubleDouble>(weights), in<DoubleDouble>(moved), heads);
  const Relative passed = relative(
      exact, [&](std::size_t i) { return std::fabs((elsewhere.values()[i] - exact.values()[i].mid).hi); });
  readings[2] = {place, passed.largest / rho, {no_value, no_value, upper_end(form.carried)}};
}

}  // namespace

Figure heads(const FigureOptions& o) {
  if (o.heads) throw usage_error("experiment heads runs all powers of two that divide d: no --heads");
  Figure f;
  f.name = "heads";
  f.title = "Relative error against the number of heads";
  f.x_label = "heads";
  f.log_x = true;
  f.plan.seed = o.seed;
  f.plan.arithmetics = arithmetics_of(o, usual);
  Setup s = setup_of(o);
  const std::vector<std::size_t> depths = o.layers.empty() ? std::vector<std::size_t>{1, 6, 12} : o.layers;
  if (std::find(depths.begin(), depths.end(), std::size_t{0}) != depths.end())
    throw usage_error("--layers 0: a whole number from 1 to 4096");
  s.layers = *std::max_element(depths.begin(), depths.end());
  for (const std::size_t h : splits(s.d)) {
    s.heads = h;
    f.plan.setups.push_back(s);
  }
  for (const std::size_t depth : depths) {
    Series series{"", s.blocks, depth, s.granularity, {}};
    for (std::size_t i = 0; i < f.plan.setups.size(); ++i)
      series.points.push_back({static_cast<double>(f.plan.setups[i].heads), i, depth - 1});
    f.series.push_back(series);
  }
  return f;
}

CurveExperiment heads_bounds(const FigureOptions& o) {
  const std::vector<std::string> names = o.arithmetics.empty() ? usual : o.arithmetics;
  const std::vector<RoundingRule> rules = rules_to_nearest(names);
  Setup s = setup_of(o);
  if (s.d > 128 || s.n > 128)
    throw resource_error(
        "the bounds of experiment heads are for d and n up to 128: --trials-bound 0 leaves "
        "them out");
  const std::vector<std::size_t> all = splits(s.d);
  CurveExperiment experiment;
  BoundedCurves& blank = experiment.blank;
  blank.name = "heads";
  blank.title = "One attention: error and bounds against the number of heads";
  blank.x_label = "heads";
  blank.y_label = "relative error";
  blank.seed = o.seed;
  blank.bounds = {{"non-asymptotic", true}, {"first order", false}, {"relative form", false}};
  for (std::size_t r = 0; r < rules.size(); ++r) {
    for (const char* variant : {"largest entry", "Frobenius norm", "amplification of the input's error"}) {
      BoundedCurve curve{names[r], variant, "layer 1", rules[r].format.unit_roundoff(), {}, {}};
      for (const std::size_t h : all) curve.labels.push_back(fmt::format("{}", h));
      curve.points.resize(all.size());
      blank.curves.push_back(std::move(curve));
    }
  }
  experiment.trial = [s, rules, all, seed = o.seed](std::uint64_t trial, std::span<Reading> readings) {
    const Matrix<double> x = input_of(s, seed, trial);
    const PaperBlock<double> weights = weights_of(s, seed, trial, 0);
    std::vector<double> signs = uniform_numbers({seed, ~trial}, x.values().size());
    for (double& sign : signs) sign = sign < 0.5 ? -1 : 1;
    for (std::size_t r = 0; r < rules.size(); ++r) {
      for (std::size_t i = 0; i < all.size(); ++i) {
        Reading three[variants];
        read_attention(rules[r], weights, x, signs, all[i], three);
        for (std::size_t v = 0; v < variants; ++v) readings[(variants * r + v) * all.size() + i] = three[v];
      }
    }
  };
  return experiment;
}

}  // namespace halfulp
