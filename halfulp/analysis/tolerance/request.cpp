// What a request may say: names, and which options which operation uses.
#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <set>

#include "halfulp/analysis/tolerance/setting.hpp"
#include "halfulp/base/error.hpp"
#include "halfulp/base/suggest.hpp"

namespace halfulp {
namespace {

struct Uses {
  Operation op;
  std::string_view name;
  std::set<std::string_view> needs, may;
  std::size_t inputs;  // largest magnitudes
};

const std::vector<Uses>& operations() {
  static const std::vector<Uses> all = {
      {Operation::dot, "dot", {"k"}, {"order"}, 2},
      {Operation::gemm, "gemm", {"k"}, {"m", "n", "order"}, 2},
      {Operation::softmax, "softmax", {"n"}, {"m", "order", "exp-ulp", "div-ulp", "natural-exp"}, 1},
      {Operation::rmsnorm, "rmsnorm", {"d"}, {"n", "order", "inner", "rsqrt-ulp", "div-ulp", "eps"}, 2},
      {Operation::layernorm,
       "layernorm",
       {"d"},
       {"n", "order", "inner", "rsqrt-ulp", "div-ulp", "eps", "deviation"},
       3},
      {Operation::sdpa, "sdpa", {"n", "d"}, {"m", "order", "inner", "exp-ulp", "div-ulp", "natural-exp"}, 3},
      {Operation::swiglu, "swiglu", {}, {"n", "d", "inner", "exp-ulp", "div-ulp", "natural-exp"}, 2},
      {Operation::rope, "rope", {}, {"n", "d", "inner", "sincos-ulp", "position"}, 1},
  };
  return all;
}

const Uses& uses_of(Operation op) {
  for (const Uses& uses : operations())
    if (uses.op == op) return uses;
  throw usage_error("unknown operation");
}

constexpr std::string_view references[] = {"exact", "binary64", "rounded", "kernel"};

std::vector<std::string> operations_that_use(std::string_view option) {
  std::vector<std::string> names;
  for (const Uses& uses : operations())
    if (uses.needs.count(option) || uses.may.count(option)) names.emplace_back(uses.name);
  return names;
}

class Checker {
 public:
  explicit Checker(const ToleranceRequest& r) : request_(r), uses_(uses_of(r.op)) {}

  /// Whether the request's operation uses it; complains where it is given and not used, or needed and not
  /// given.
  bool option(std::string_view name, bool is_given) const {
    const bool needed = uses_.needs.count(name) > 0, used = needed || uses_.may.count(name) > 0;
    if (is_given && !used)
      throw usage_error(fmt::format("--{}: {} does not use it ({} {})", name, uses_.name,
                                    list_of(operations_that_use(name)),
                                    operations_that_use(name).size() == 1 ? "does" : "do"));
    if (needed && !is_given)
      throw usage_error(fmt::format("{} needs --{}: {}", uses_.name, name, meaning(name)));
    return used;
  }
  void size(std::string_view name, std::optional<std::size_t>& value) const {
    if (option(name, value.has_value()) && !value) value = 1;
    if (value && (*value < 1 || *value > largest_size))
      throw usage_error(fmt::format("--{}: {} is not between 1 and 2^40", name, *value));
  }
  void ulps(std::string_view name, std::optional<double>& value) const {
    if (option(name, value.has_value()) && !value) value = 2;
    if (value && !(*value >= 0.5 && *value <= 0x1p20))
      throw usage_error(fmt::format(
          "--{}: {:g} ulps; a rounded function errs by at least 0.5 (and at most 2^20)", name, *value));
  }
  void positive(std::string_view name, std::optional<double>& value, double otherwise, bool may_be_0) const {
    if (option(name, value.has_value()) && !value) value = otherwise;
    if (value && !(std::isfinite(*value) && (may_be_0 ? *value >= 0 : *value > 0)))
      throw usage_error(
          fmt::format("--{}: {:g} is not a finite number {} 0", name, *value, may_be_0 ? ">=" : ">"));
  }
  void order(std::string& order) const {
    if (!option("order", !order.empty())) return;
    if (order.empty()) order = "any";
    const bool is_product = request_.op == Operation::dot || request_.op == Operation::gemm;
    const bool is_softmax = request_.op == Operation::softmax || request_.op == Operation::sdpa;
    std::vector<std::string> legal = {"any", "recursive", "pairwise", "blocked:B"};
    if (is_product) legal.push_back("aligned:B");
    if (is_softmax) legal.push_back("flash:B");
    for (const std::string& name : legal) {
      if (name == order) {
        if (name.ends_with(":B")) break;
        return;
      }
      const std::string stem = name.substr(0, name.find(':') + 1);
      if (!name.ends_with(":B") || !order.starts_with(stem)) continue;
      std::size_t block = 0;
      const char* const end = order.data() + order.size();
      const auto [stop, error] = std::from_chars(order.data() + stem.size(), end, block);
      if (error == std::errc() && stop == end && block >= 1 && block <= largest_size) return;
      throw usage_error(fmt::format("--order {}: B is a whole number from 1, as in {}128", order, stem));
    }
    throw usage_error(fmt::format("--order {}: {} knows {}", order, uses_.name, list_of(legal)));
  }
  void magnitudes(const std::vector<double>& absmax) const {
    if (absmax.empty() || absmax.size() > uses_.inputs)
      throw usage_error(
          fmt::format("--absmax: {} has {} inputs, {} given", uses_.name, uses_.inputs, absmax.size()));
    const Precision in(rounding_rule(request_.in));
    for (const double x : absmax) {
      if (!(std::isfinite(x) && x > 0))
        throw usage_error(fmt::format("--absmax: {:g} is not a finite number > 0", x));
      if (x > in.largest)
        throw usage_error(fmt::format("--absmax: {:g} is beyond the largest number of {}, {:g}", x,
                                      request_.in, in.largest));
    }
  }

 private:
  static constexpr std::size_t largest_size = std::size_t{1} << 40;
  static std::string_view meaning(std::string_view name) {
    return name == "k" ? "the terms of a sum" : name == "n" ? "the scores of a row, or keys" : "the width";
  }

  const ToleranceRequest& request_;
  const Uses& uses_;
};

}  // namespace

ToleranceRequest checked(const ToleranceRequest& request) {
  ToleranceRequest r = request;
  for (const std::string* format : {&r.in, &r.acc, &r.out}) rounding_rule(*format);
  const Checker check(request);
  check.size("k", r.k);
  check.size("m", r.m);
  check.size("n", r.n);
  check.size("d", r.d);
  check.order(r.order);
  if (check.option("inner", !r.inner.empty()) && !r.inner.empty()) rounding_rule(r.inner);
  check.ulps("exp-ulp", r.exp_ulp);
  check.ulps("div-ulp", r.div_ulp);
  check.ulps("rsqrt-ulp", r.rsqrt_ulp);
  check.ulps("sincos-ulp", r.sincos_ulp);
  check.positive("eps", r.eps, r.op == Operation::layernorm ? 1e-5 : 1e-6, true);
  check.positive("deviation", r.deviation, 0, true);
  check.positive("position", r.position, 0, true);
  if (check.option("natural-exp", r.natural_exp.has_value()) && !r.natural_exp) r.natural_exp = false;
  check.magnitudes(r.absmax);
  if (r.op == Operation::rope && request.d && *request.d % 2 != 0)
    throw usage_error(
        fmt::format("--d: {}; rope rotates pairs of numbers, so the width is even", *request.d));
  if (r.deviation && *r.deviation > r.absmax[0])
    throw usage_error(fmt::format(
        "--deviation: {:g}; numbers of at most {:g} (--absmax) have no larger standard deviation than that",
        *r.deviation, r.absmax[0]));
  if (!(r.probability >= 1e-300 && r.probability < 1))
    throw usage_error(fmt::format("--prob: {:g} is not between 1e-300 and 1", r.probability));
  return r;
}

std::string_view name_of(Operation op) { return uses_of(op).name; }
std::string_view name_of(Reference against) { return references[static_cast<std::size_t>(against)]; }

Operation operation_named(std::string_view name) {
  std::vector<std::string> names;
  for (const Uses& uses : operations()) {
    if (uses.name == name) return uses.op;
    names.emplace_back(uses.name);
  }
  throw usage_error(fmt::format("unknown operation '{}': did you mean {}?  There are {}", name.substr(0, 64),
                                list_of(nearest_names(name, names)), list_of(names)));
}

Reference reference_named(std::string_view name) {
  for (std::size_t i = 0; i < std::size(references); ++i)
    if (references[i] == name) return static_cast<Reference>(i);
  throw usage_error(fmt::format("--against {}: exact, binary64, rounded or kernel", name.substr(0, 64)));
}

}  // namespace halfulp
