#include "halfulp/layers/site.hpp"

#include <algorithm>
#include <array>

namespace halfulp {
namespace {

constexpr std::array<std::string_view, site_count> site_names = {
    "embed",         "attn_norm", "qkv",    "rope", "score",   "softmax",      "pv",         "attn_out",
    "attn_residual", "mlp_norm",  "mlp_in", "act",  "mlp_out", "mlp_residual", "final_norm", "head"};

constexpr std::array<std::string_view, step_count> step_names = {
    "weight", "stats", "normalise", "gain",   "table",    "rotate", "product",
    "scale",  "exp",   "sum",       "divide", "activate", "gate",   "add"};

template <class Enum, std::size_t n>
std::optional<Enum> find(const std::array<std::string_view, n>& names, std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<Enum>(found - names.begin());
}

}  // namespace

std::string_view name_of(Site site) { return site_names[static_cast<std::size_t>(site)]; }
std::string_view name_of(Step step) { return step_names[static_cast<std::size_t>(step)]; }
std::optional<Site> site_named(std::string_view name) { return find<Site>(site_names, name); }
std::optional<Step> step_named(std::string_view name) { return find<Step>(step_names, name); }

const std::vector<Site>& all_sites() {
  static const std::vector<Site> sites = [] {
    std::vector<Site> all;
    for (std::size_t i = 0; i < site_count; ++i) all.push_back(static_cast<Site>(i));
    return all;
  }();
  return sites;
}

std::vector<Step> steps_of(Site site, bool flash) {
  switch (site) {
    case Site::embed:
      return {Step::weight, Step::add};
    case Site::attn_norm:
    case Site::mlp_norm:
    case Site::final_norm:
      return {Step::weight, Step::stats, Step::normalise, Step::gain};
    case Site::qkv:
    case Site::attn_out:
    case Site::mlp_in:
    case Site::mlp_out:
    case Site::head:
      return {Step::weight, Step::product};
    case Site::rope:
      return {Step::table, Step::rotate};
    case Site::score:
      return {Step::product, Step::scale};
    case Site::softmax:
      return {Step::exp, Step::sum, Step::divide};
    case Site::pv:
      if (flash) return {Step::scale, Step::exp, Step::sum, Step::product, Step::divide};
      return {Step::product};
    case Site::attn_residual:
    case Site::mlp_residual:
      return {Step::add};
    case Site::act:
      return {Step::activate, Step::gate};
  }
  return {};
}

bool is_in_layer(Site site) { return site != Site::embed && site != Site::final_norm && site != Site::head; }

}  // namespace halfulp
