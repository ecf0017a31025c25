#include "halfulp/analysis/plan/rules_of_thumb.hpp"

#include <algorithm>
#include <functional>
#include <numeric>

namespace halfulp {
namespace {

RuleOfThumb ordered(std::string name, const std::vector<Promotion>& promotions,
                    const std::function<int(const Promotion&)>& rank) {
  RuleOfThumb rule{std::move(name), std::vector<std::size_t>(promotions.size())};
  std::iota(rule.order.begin(), rule.order.end(), std::size_t{0});
  std::stable_sort(rule.order.begin(), rule.order.end(),
                   [&](std::size_t a, std::size_t b) { return rank(promotions[a]) < rank(promotions[b]); });
  return rule;
}

}  // namespace

std::vector<RuleOfThumb> rules_of_thumb(const std::vector<Promotion>& promotions, const Architecture& a,
                                        const RoundingRule& format) {
  return {ordered("norms first", promotions,
                  [](const Promotion& p) {
                    return p.site == Site::attn_norm || p.site == Site::mlp_norm || p.site == Site::final_norm
                               ? 0
                               : 1;
                  }),
          ordered("first and last layer", promotions,
                  [&](const Promotion& p) {
                    if (!is_in_layer(p.site)) return 1;
                    return p.layer == 0 || p.layer + 1 == a.layers ? 0 : 1;
                  }),
          ordered("attention in " + format.format.name, promotions, [](const Promotion& p) {
            if (p.site == Site::score || p.site == Site::softmax || p.site == Site::pv) return 0;
            return p.site == Site::qkv || p.site == Site::rope || p.site == Site::attn_out ? 1 : 2;
          })};
}

}  // namespace halfulp
