#include "halfulp/experiments/setup.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "halfulp/arith/rounding_constants.hpp"
#include "halfulp/base/error.hpp"

namespace halfulp {
namespace {

template <class E, std::size_t count>
using Names = std::array<std::pair<E, const char*>, count>;

constexpr Names<NormOrder, 4> norms{{{NormOrder::layer, "layer"},
                                     {NormOrder::rms, "rms"},
                                     {NormOrder::none, "none"},
                                     {NormOrder::post, "post"}}};
constexpr Names<Blocks, 2> readings{{{Blocks::independent, "independent"}, {Blocks::identical, "identical"}}};
constexpr Names<Granularity, 2> granularities{
    {{Granularity::operation, "operation"}, {Granularity::array, "array"}}};

template <class E, std::size_t count>
std::string name_in(const Names<E, count>& names, E value) {
  for (const auto& [known, name] : names)
    if (known == value) return name;
  return {};
}
template <class E, std::size_t count>
E named_in(const Names<E, count>& names, const char* option, const std::string& text) {
  std::string all;
  for (const auto& [known, name] : names) {
    if (text == name) return known;
    all += (all.empty() ? "" : ", ") + std::string(name);
  }
  throw usage_error(fmt::format("{} {}: one of {}", option, text.substr(0, 40), all));
}

}  // namespace

std::string name_of(NormOrder norm) { return name_in(norms, norm); }
std::string name_of(Blocks blocks) { return name_in(readings, blocks); }
std::string name_of(Granularity granularity) { return name_in(granularities, granularity); }
NormOrder norm_order_named(const std::string& name) { return named_in(norms, "--norm", name); }
Blocks blocks_named(const std::string& name) { return named_in(readings, "--blocks", name); }
Granularity granularity_named(const std::string& name) {
  return named_in(granularities, "--granularity", name);
}

bool runs_on_packs(const RoundingRule& rule) {
  if (rule.mode != Rounding::nearest_even) return false;
  if (rule.format.is_decimal()) return rule.format.digits <= 15;
  if (rule.format.precision == 53) return true;
  return rule.format.precision <= 25 && (rule.format.is_unbounded() || fits_grid<double>(rule));
}

Shift shift_for(const RoundingRule& rule) {
  return rule.format.is_unbounded() ? Shift::none : Shift::by_maximum;
}

}  // namespace halfulp
