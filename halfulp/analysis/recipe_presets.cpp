// The tables of docs/recipes.md as code: what each preset does at each step.
#include <algorithm>

#include "halfulp/analysis/recipe.hpp"
#include "halfulp/base/error.hpp"
#include "halfulp/base/suggest.hpp"

namespace halfulp {
namespace {

RoundingRule nearest(std::string_view format) {
  return {format_named(format), Rounding::nearest_even, false};
}

/// The accumulator that frameworks pair with a format: binary32, or the format itself where that is wider.
RoundingRule accumulator_for(const RoundingRule& rule) {
  return rule.format.precision > 24 && !rule.format.is_decimal() ? rule : nearest("fp32");
}

bool is_norm(Site site) {
  return site == Site::attn_norm || site == Site::mlp_norm || site == Site::final_norm;
}

bool is_matrix_product(Site site, Step step) {
  if (step != Step::product) return false;
  return site != Site::embed && !is_norm(site);
}

/// Results in F, binary32 inside.  Only matrix products take their operands in F; everything else reads what
/// it gets without rounding it, and inner steps hand binary32 on.
StepFormats eager(const RoundingRule& f, bool flash, Norm norm, Site site, Step step) {
  const RoundingRule a = accumulator_for(f);
  const StepFormats product{f, a, f}, inner{a, a, a}, result{a, a, f};
  if (is_norm(site)) {
    const bool stays_inside = step == Step::stats || (norm == Norm::layer && step == Step::normalise);
    return stays_inside ? inner : result;
  }
  if (site == Site::softmax) return step == Step::divide ? result : inner;
  if (site == Site::pv && flash) {
    if (step == Step::scale || step == Step::product) return {f, a, a};
    return step == Step::divide ? result : inner;
  }
  return is_matrix_product(site, step) ? product : result;
}

/// Autocast: matrix products and what follows them element by element in F, norms, softmax and stream in
/// binary32.
StepFormats amp(const RoundingRule& f, Norm norm, Site site, Step step) {
  const RoundingRule wide = nearest("fp32");
  if (is_matrix_product(site, step) || (site == Site::score && step == Step::scale) || site == Site::act)
    return eager(f, false, norm, site, step);
  return {wide, wide, wide};
}

}  // namespace

StepFormats preset_formats(const Preset& preset, const Architecture& architecture, Site site, Step step) {
  const RoundingRule& f = preset.format;
  const RoundingRule wide = nearest("fp32");
  if (step == Step::weight) {
    const RoundingRule stored{
        preset.kind == PresetKind::amp || preset.kind == PresetKind::tf32 ? wide.format : f.format,
        Rounding::nearest_even, f.saturate};
    return {stored, stored, stored};
  }
  switch (preset.kind) {
    case PresetKind::pure:
      return {f, f, f};
    case PresetKind::eager:
      return eager(f, false, architecture.norm, site, step);
    case PresetKind::flash:
      return eager(f, true, architecture.norm, site, step);
    case PresetKind::amp:
      return amp(f, architecture.norm, site, step);
    case PresetKind::tf32:
      break;
  }
  if (is_matrix_product(site, step)) return {f, wide, wide};
  return {wide, wide, wide};
}

Preset preset_named(std::string_view name) {
  const std::vector<std::string> refused = {"fp8",   "int8",  "int4",  "nf4", "mxfp8",
                                            "mxfp6", "mxfp4", "nvfp4", "awq", "gptq"};
  if (std::find(refused.begin(), refused.end(), name) != refused.end())
    throw usage_error(
        "recipe '" + std::string(name) +
        "' needs scales (per tensor or per block), which recipes cannot say yet; unscaled formats are "
        "e4m3fn, e5m2, e3m2, e2m3, e2m1");
  if (name == "tf32") return {PresetKind::tf32, nearest("tf32")};
  Preset preset;
  std::string_view format = name;
  if (name.starts_with("pure-")) {
    preset.kind = PresetKind::pure;
    format.remove_prefix(5);
  } else if (name.starts_with("amp-")) {
    preset.kind = PresetKind::amp;
    format.remove_prefix(4);
  } else if (name.ends_with("-flash")) {
    preset.kind = PresetKind::flash;
    format.remove_suffix(6);
  }
  try {
    preset.format = rounding_rule(format);
  } catch (const usage_error& error) {
    std::vector<std::string> names = {"bf16",       "fp16",       "fp32",      "tf32",
                                      "e4m3fn",     "pure-bf16",  "pure-fp16", "pure-bin8",
                                      "bf16-flash", "fp16-flash", "amp-bf16",  "amp-fp16"};
    throw usage_error(
        "unknown recipe '" + std::string(name.substr(0, 64)) + "': did you mean " +
        list_of(nearest_names(name, names)) +
        "?  A recipe is F, pure-F, F-flash, amp-F (F any format) or tf32, then overrides, or @FILE");
  }
  return preset;
}

}  // namespace halfulp
