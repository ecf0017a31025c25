#include "halfulp/analysis/plan/reasons.hpp"

#include <fmt/format.h>

namespace halfulp {
namespace {

std::string times(std::size_t count) {
  return count == 1 ? "once" : count == 2 ? "twice" : fmt::format("{} times", count);
}

/// Roundings of one entry: steps, but for GELU's formula, whose every operation is stored, and for the turn
/// of a rotary embedding, two products and their sum.
std::size_t roundings_of(const Promotion& p, const Architecture& a) {
  if (p.site == Site::act && p.roundings > 0 && a.activation == Activation::gelu_tanh &&
      a.family == Family::gpt2)
    return p.roundings + 8;
  if (p.site == Site::rope && p.roundings > 0) return p.roundings + 2;
  return p.roundings;
}

std::string digits_of(const Format& format) {
  return format.is_decimal() ? fmt::format("{} decimal digits", format.digits)
                             : fmt::format("{} bits", format.precision);
}

struct Words {
  const char *what, *then;
};

Words words_for(Site site, bool flash) {
  switch (site) {
    case Site::embed:
      return {"the sum of token and position is rounded", "and every layer reads it"};
    case Site::attn_norm:
      return {"the normalised stream is rounded", "before queries, keys and values are made of it"};
    case Site::qkv:
      return {"queries, keys and values are rounded",
              "and the scores carry the errors of queries and keys on"};
    case Site::rope:
      return {"turned queries and keys are rounded",
              "with their table, and the scores, sums of their products, "
              "carry the errors on"};
    case Site::score:
      return {"the scores are rounded", "before the softmax turns their absolute errors into relative ones"};
    case Site::softmax:
      return {"the attention weights are rounded", "after they were normalised, so their sum is no longer 1"};
    case Site::pv:
      return {
          flash ? "exponentials and results of fused attention are rounded" : "the mixed values are rounded",
          "and the output projection reads them"};
    case Site::attn_out:
      return {"the attention branch is rounded", "before it joins the stream"};
    case Site::attn_residual:
    case Site::mlp_residual:
      return {"the stream itself is rounded", "and all that follows reads it"};
    case Site::mlp_norm:
      return {"the normalised stream is rounded", "before the perceptron reads it"};
    case Site::mlp_in:
      return {"the inputs of the activation are rounded", "and its slope passes their errors on"};
    case Site::act:
      return {"the activations are rounded", "and the perceptron's output sums their errors"};
    case Site::mlp_out:
      return {"the perceptron's branch is rounded", "before it joins the stream"};
    case Site::final_norm:
      return {"the last normalised stream is rounded", "and every logit is a sum over it"};
    case Site::head:
      break;
  }
  return {"the logits are rounded", "and nothing follows that could average it out"};
}

}  // namespace

std::string reason_for(const Promotion& p, const Architecture& architecture, const Recipe& base) {
  const bool flash = base.flash_block() > 0;
  const auto [what, then] = words_for(p.site, flash);
  Format narrow = base.formats(architecture, p.layer, p.site, steps_of(p.site, flash).back()).out.format;
  if (p.roundings == 0) {  // only what it reads was narrow
    narrow = base.formats(architecture, p.layer, p.site, Step::product).in.format;
    return fmt::format("what it multiplies is rounded to {}, {}", digits_of(narrow), then);
  }
  return fmt::format("{} {} to {}, {}", what, times(roundings_of(p, architecture)), digits_of(narrow), then);
}

}  // namespace halfulp
