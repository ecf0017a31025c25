#include "halfulp/experiments/attention_precision.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "halfulp/arith/elementary/elementary.hpp"
#include "halfulp/experiments/figure_parts.hpp"

namespace halfulp {
namespace {

std::vector<Arithmetics> promotions(const RoundingRule& low, const RoundingRule& high) {
  std::vector<Arithmetics> all;
  for (const PromotedSet& set : promoted_sets()) all.push_back({name_of(low), low, set.sites, high});
  return all;
}

/// log of a positive finite quotient; NaN for others.
double log_of_quotient(double a, double b) {
  const double quotient = a / b;
  return quotient > 0 && std::isfinite(quotient) ? log(quotient) : no_value;
}

}  // namespace

const std::vector<PromotedSet>& promoted_sets() {
  static const std::vector<PromotedSet> sets{
      {"nothing", {}},
      {"input", {Site::embed}},
      {"attn_norm", {Site::attn_norm}},
      {"qkv", {Site::qkv}},
      {"score", {Site::score}},
      {"softmax", {Site::softmax}},
      {"pv", {Site::pv}},
      {"residuals", {Site::attn_residual, Site::mlp_residual}},
      {"mlp_norm", {Site::mlp_norm}},
      {"mlp_in", {Site::mlp_in}},
      {"mlp_out", {Site::mlp_out}},
      {"score + softmax", {Site::score, Site::softmax}},
      {"attention", {Site::attn_norm, Site::qkv, Site::score, Site::softmax, Site::pv}},
      {"perceptron", {Site::mlp_norm, Site::mlp_in, Site::mlp_out}},
      {"everything", all_sites()},
  };
  return sets;
}

Figure attention_precision(const FigureOptions& o, const std::string& high_name) {
  if (o.arithmetics.size() > 1) throw usage_error("--arithmetic: one, the low one");
  const RoundingRule low = arithmetics_of(o, {"bin8"}).front().rule, high = rounding_rule(high_name);
  if (!(high.format.unit_roundoff() < low.format.unit_roundoff()))
    throw usage_error(
        fmt::format("--high {}: not more precise than {}", high_name.substr(0, 64), name_of(low)));
  Figure f;
  f.name = "attention-precision";
  f.title = fmt::format("Sites in {}, the rest in {}", name_of(high), name_of(low));
  f.x_label = "layer, or lambda";
  f.plan.seed = o.seed;
  f.plan.arithmetics = promotions(low, high);
  Setup s = changed({}, o);
  if (s.granularity != Granularity::operation)
    throw usage_error("attention-precision rounds every operation: whole arrays have no sites");
  s.perceptron_deviation = perceptron_deviation(s.d);
  s.layers = one_of("--layers", o.layers, std::size_t{20});
  s.blocks = o.blocks.value_or(Blocks::independent);
  std::vector<double> lambdas = o.lambda;
  if (lambdas.empty())
    for (int e = -5; e <= 4; ++e) lambdas.push_back(std::ldexp(1.0, e));
  std::sort(lambdas.begin(), lambdas.end());
  for (const double lambda : lambdas) {
    s.lambda = lambda;
    f.plan.setups.push_back(s);
    if (lambda != 1 && lambdas.size() > 1) continue;
    Series depth{"depth", s.blocks, 0, s.granularity, {}};
    for (std::size_t l = 0; l < s.layers; ++l)
      depth.points.push_back({static_cast<double>(l + 1), f.plan.setups.size() - 1, l});
    f.series.push_back(depth);
  }
  if (s.layers == 0) throw usage_error("--layers 0: a whole number from 1 to 4096");
  Series over_lambda{"lambda", s.blocks, s.layers, s.granularity, {}};
  for (std::size_t i = 0; i < lambdas.size(); ++i)
    over_lambda.points.push_back({lambdas[i], i, s.layers - 1});
  f.series.push_back(over_lambda);
  return f;
}

Gain gain(const GroupedValue& low, const GroupedValue& promoted) {
  Gain g;
  const double all = log_of_quotient(low.all, promoted.all);
  if (all != all) return g;
  g.factor = exp(all);
  constexpr double count = GroupedSample::count;
  double sum = 0, squares = 0, logs[GroupedSample::count];
  for (std::size_t i = 0; i < GroupedSample::count; ++i) {
    logs[i] = log_of_quotient(low.groups[i], promoted.groups[i]);
    sum += logs[i];
  }
  for (const double l : logs) squares += (l - sum / count) * (l - sum / count);
  const double spread = student_t(GroupedSample::count - 1) * std::sqrt(squares / (count - 1) / count);
  if (spread == spread) g.interval = {exp(all - spread), exp(all + spread)};
  return g;
}

}  // namespace halfulp
