#include "halfulp/experiments/figure_parts.hpp"

namespace halfulp {

std::vector<Arithmetics> arithmetics_of(const FigureOptions& options,
                                        const std::vector<std::string>& otherwise) {
  std::vector<Arithmetics> all;
  for (const std::string& name : options.arithmetics.empty() ? otherwise : options.arithmetics) {
    for (const Arithmetics& a : all)
      if (a.name == name) throw usage_error(fmt::format("--arithmetic: '{}' stands twice", name));
    const RoundingRule rule = rounding_rule(name);
    all.push_back({name, rule, {}, rule});
  }
  return all;
}

Setup changed(Setup s, const FigureOptions& o) {
  s.d = o.d.value_or(s.d);
  s.n = o.n.value_or(s.n);
  s.inner = o.inner.value_or(s.inner);
  s.heads = o.heads.value_or(s.heads);
  s.norm = o.norm.value_or(s.norm);
  s.granularity = o.granularity.value_or(s.granularity);
  s.input_deviation = o.input_deviation.value_or(s.input_deviation);
  s.rounded_weights = o.rounded_weights;
  if (!o.diagonal.empty()) {
    if (o.diagonal.size() != 2) throw usage_error("--diag LO,HI: two factors");
    s.diagonal_low = o.diagonal[0];
    s.diagonal_high = o.diagonal[1];
  }
  return s;
}

}  // namespace halfulp
