// The places in a network where rounding happens, and their names.  A site is one tensor operation of a
// layer; where it rounds more than once, its steps have names too.  Recipes, profiles, plans, files and
// pictures share them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace halfulp {

enum class Site : std::uint8_t {
  embed,
  attn_norm,
  qkv,
  rope,
  score,
  softmax,
  pv,
  attn_out,
  attn_residual,
  mlp_norm,
  mlp_in,
  act,
  mlp_out,
  mlp_residual,
  final_norm,
  head,
};
constexpr std::size_t site_count = 16;

enum class Step : std::uint8_t {
  weight,     // the stored weights themselves
  stats,      // mean, mean square, reciprocal root of a norm
  normalise,  // (x - mean) r
  gain,       // times the gain, plus the bias
  table,      // cos and sin of the rotary angles
  rotate,     // q cos + rot(q) sin
  product,    // products and their sum
  scale,      // scores by 1/sqrt(d_h)
  exp,        // exp(s - max)
  sum,        // the normaliser
  divide,     // by the normaliser
  activate,   // the activation function
  gate,       // times the ungated half
  add,        // residual and position
};
constexpr std::size_t step_count = 14;

std::string_view name_of(Site site);
std::string_view name_of(Step step);
std::optional<Site> site_named(std::string_view name);
std::optional<Step> step_named(std::string_view name);

/// All sites in the order of the forward pass.
const std::vector<Site>& all_sites();
/// The steps of a site, in order.  Fused attention (flash) puts score, softmax and pv into pv.
std::vector<Step> steps_of(Site site, bool flash = false);
/// Whether the site is inside a layer (all but embed, final_norm, head).
bool is_in_layer(Site site);

}  // namespace halfulp
