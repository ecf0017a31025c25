#include "halfulp/analysis/plan/hints.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace halfulp {
namespace {

bool is_eight_bit(const Format& format) {
  return format.name.starts_with("e4m3") || format.name.starts_with("e5m2");
}

}  // namespace

std::vector<Hint> hints_for(const std::vector<Promotion>& chosen, const Architecture& a, const Recipe& base,
                            const RoundingRule& format) {
  std::vector<Hint> hints;
  const auto layers_with = [&](Site site) {
    return static_cast<std::size_t>(
        std::count_if(chosen.begin(), chosen.end(), [&](const Promotion& p) { return p.site == site; }));
  };
  const auto everywhere = [&](Site site) { return layers_with(site) == (is_in_layer(site) ? a.layers : 1); };
  const Format& narrow = base.preset().format.format;
  const bool is_fp32 = format.format.name == "fp32", is_half = narrow.name == "bf16" || narrow.name == "fp16";
  const bool is_eager = base.preset().kind == PresetKind::eager;

  if (is_fp32 && everywhere(Site::head)) {
    hints.push_back({"vLLM", "head", R"(--hf-overrides '{"head_dtype": "float32"}')",
                     "the head alone in binary32; not for a quantised head"});
    hints.push_back({"SGLang", "head", "--enable-fp32-lm-head", "the head alone in binary32"});
  }
  if (is_fp32 && everywhere(Site::attn_residual) && everywhere(Site::mlp_residual))
    hints.push_back({"Megatron-LM", "attn_residual, mlp_residual in all layers", "--fp32-residual-connection",
                     "for training; the stream in binary32"});
  if (is_fp32 && is_half && is_eager && everywhere(Site::score))
    hints.push_back({"Transformers", "score in all layers", R"(attn_implementation="flash_attention_2")",
                     fmt::format("from_pretrained; fused attention keeps scores in binary32 and rounds the "
                                 "exponentials instead: compare with the recipe {}-flash",
                                 narrow.name)});
  if (is_eight_bit(narrow)) {
    std::string names;
    for (const Site site : {Site::qkv, Site::attn_out, Site::mlp_in, Site::mlp_out})
      for (const Promotion& p : chosen)
        if (p.site == site) names += (names.empty() ? "" : ", ") + p.text();
    if (!names.empty())
      hints.push_back({"Transformer Engine", names, "transformer_engine: DisableFP8Layer: enabled: True",
                       "debug configuration, in a section whose layers: layer_name_regex_pattern names these "
                       "layers (DisableQuantizationLayer in newer versions)"});
  }
  return hints;
}

}  // namespace halfulp
