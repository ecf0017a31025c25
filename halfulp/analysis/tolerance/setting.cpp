#include "halfulp/analysis/tolerance/setting.hpp"

#include <charconv>

#include "halfulp/arith/rounding_radius.hpp"

namespace halfulp {
namespace {

/// checked() has seen it.
std::size_t block_of(const std::string& order) {
  const std::size_t colon = order.find(':');
  std::size_t block = 1;
  if (colon != std::string::npos)
    std::from_chars(order.data() + colon + 1, order.data() + order.size(), block);
  return block;
}

Accumulate order_of(const std::string& order) {
  const std::string name = order.substr(0, order.find(':'));
  if (name == "recursive") return Accumulate::recursive;
  if (name == "pairwise") return Accumulate::pairwise;
  if (name == "blocked") return Accumulate::blocked;
  if (name == "aligned") return Accumulate::aligned;
  return name == "flash" ? Accumulate::flash : Accumulate::any;
}

}  // namespace

Precision::Precision(const RoundingRule& r) : rule(r) {
  const RoundingRadius radius(rule);
  u = radius.relative;
  eta = radius.absolute;
  largest = radius.largest;
}

bool Precision::is_unbiased() const { return rule.is_to_nearest() || rule.mode == Rounding::stochastic; }

Products::Products(const Format& a, const Format& b, const Format& acc) {
  if (a.is_decimal() || b.is_decimal() || acc.is_decimal()) {
    underflow = false;
    return;
  }
  are_rounded = a.precision + b.precision > acc.precision;
  const bool has_least = !a.is_unbounded() && !b.is_unbounded();
  underflow =
      !acc.is_unbounded() && !(has_least && !are_rounded &&
                               a.smallest_subnormal() * b.smallest_subnormal() >= acc.smallest_subnormal());
}

Setting::Setting(const ToleranceRequest& r)
    : op(r.op),
      k(r.k.value_or(1)),
      m(r.m.value_or(1)),
      n(r.n.value_or(1)),
      d(r.d.value_or(1)),
      in(rounding_rule(r.in)),
      acc(rounding_rule(r.acc)),
      out(rounding_rule(r.out)),
      stores_inner(!r.inner.empty()),
      inner(rounding_rule(stores_inner ? r.inner : r.acc)),
      order(order_of(r.order)),
      block(block_of(r.order)),
      probability(r.probability),
      finite(r.finite),
      against(r.against),
      exp_ulp(r.exp_ulp.value_or(2)),
      rsqrt_ulp(r.rsqrt_ulp.value_or(2)),
      div_ulp(r.div_ulp.value_or(2)),
      sincos_ulp(r.sincos_ulp.value_or(2)),
      eps(r.eps.value_or(0)),
      deviation(r.deviation.value_or(0)),
      position(r.position.value_or(0)),
      natural_exp(r.natural_exp.value_or(false)) {
  for (std::size_t i = 0; i < 3; ++i) absmax[i] = r.absmax[i < r.absmax.size() ? i : r.absmax.size() - 1];
}

Setting Setting::in_binary64() const {
  Setting reference = *this;
  const Precision wide(rounding_rule("fp64"));
  reference.acc = reference.out = reference.inner = wide;
  reference.stores_inner = true;            // sdpa: weights are not rounded either
  reference.order = Accumulate::recursive;  // n - 1 additions: every order of two passes
  return reference;
}

double Setting::online_blocks() const {
  const bool is_online = order == Accumulate::flash || (order == Accumulate::any && op == Operation::sdpa);
  return is_online ? static_cast<double>((n + block - 1) / block) : 1;
}

double Setting::entries() const {
  const auto rows = static_cast<double>(m), tokens = static_cast<double>(n), width = static_cast<double>(d);
  switch (op) {
    case Operation::dot:
      return 1;
    case Operation::gemm:
    case Operation::softmax:
      return rows * tokens;
    case Operation::sdpa:
      return rows * width;
    case Operation::rmsnorm:
    case Operation::layernorm:
    case Operation::swiglu:
    case Operation::rope:
      break;
  }
  return tokens * width;
}

double Setting::paths() const {
  const auto rows = static_cast<double>(m), keys = static_cast<double>(n), width = static_cast<double>(d);
  switch (op) {
    case Operation::dot:
    case Operation::gemm:
      return static_cast<double>(k) * entries();
    case Operation::softmax:
      return rows * keys;
    case Operation::sdpa:
      return rows * keys * (2 * width + 1);  // terms of scores, of means, of the normaliser
    case Operation::layernorm:
      return 2 * entries();
    case Operation::rmsnorm:
    case Operation::swiglu:
    case Operation::rope:
      break;
  }
  return entries();
}

}  // namespace halfulp
