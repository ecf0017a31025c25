#include <fmt/format.h>

#include "halfulp/report/profile_report.hpp"
#include "halfulp/report/provenance.hpp"

namespace halfulp {
namespace {

using Json = nlohmann::ordered_json;  // numbers that are not finite become null

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

Json statistics(const ErrorStatistics& s) {
  const Componentwise& c = s.componentwise;
  return {{"componentwise",
           {{"max", c.max},
            {"mean", c.mean},
            {"median", c.median},
            {"p05", c.p05},
            {"p95", c.p95},
            {"infinite", c.infinite}}},
          {"normwise", s.normwise}};
}

Json site(const SiteProfile& s) {
  Json entry;
  entry["layer"] = or_null(s.layer);
  entry["site"] = name_of(s.site);
  entry["local"] = statistics(s.local);
  entry["inherited"] = statistics(s.inherited);
  entry["total"] = statistics(s.total);
  if (s.weight) entry["weight"] = statistics(*s.weight);
  entry["amplification"] = or_null(s.amplification);
  entry["events"] = {
      {"overflow", s.events.overflow}, {"underflow", s.events.underflow}, {"nan", s.events.nan}};
  entry["reference_error"] = or_null(s.reference_error);
  entry["trusted"] = or_null(s.trusted);
  return entry;
}

Json output(const OutputMetrics& o) {
  return {
      {"kld",
       {{"mean", o.kld.mean}, {"se", o.kld.se}, {"p90", o.kld.p90}, {"p99", o.kld.p99}, {"max", o.kld.max}}},
      {"top1_flips", o.top1_flips},
      {"logit_difference", {{"rms", o.logit_difference.rms}, {"max", o.logit_difference.max}}},
      {"reference_logit_rms", o.reference_logit_rms},
      {"cross_entropy",
       {{"reference", or_null(o.cross_entropy.reference)}, {"recipe", or_null(o.cross_entropy.recipe)}}}};
}

/// The formats of every step, layers of like formats together.
Json expanded(const Recipe& recipe, const Architecture& architecture) {
  const bool flash = recipe.flash_block() > 0;
  Json steps = Json::array();
  std::vector<Site> sites = {Site::embed};
  const auto inner = layer_sites(architecture, flash);
  sites.insert(sites.end(), inner.begin(), inner.end());
  sites.insert(sites.end(), {Site::final_norm, Site::head});
  for (const Site s : sites) {
    for (const Step step : steps_of(s, flash)) {
      const std::size_t layers = is_in_layer(s) ? architecture.layers : 1;
      for (std::size_t first = 0; first < layers;) {
        const StepFormats formats = recipe.formats(architecture, first, s, step);
        std::size_t last = first;
        while (last + 1 < layers && recipe.formats(architecture, last + 1, s, step) == formats) ++last;
        Json entry;
        entry["layers"] = is_in_layer(s) ? Json(first == last ? fmt::format("{}", first)
                                                              : fmt::format("{}-{}", first, last))
                                         : Json();
        entry["site"] = name_of(s);
        entry["step"] = name_of(step);
        if (step == Step::weight) {
          entry["stored"] = name_of(formats.out);
        } else {
          entry["in"] = name_of(formats.in);
          entry["acc"] = name_of(formats.acc);
          entry["out"] = name_of(formats.out);
        }
        steps.push_back(std::move(entry));
        first = last + 1;
      }
    }
  }
  return steps;
}

Json recipe_entry(const Recipe& recipe, const Architecture& architecture) {
  const Summation& how = recipe.summation();
  const std::string order = how.order == Order::recursive  ? "recursive"
                            : how.order == Order::pairwise ? "pairwise"
                                                           : fmt::format("blocked:{}", how.block);
  return {{"text", recipe.text()},
          {"order", order},
          {"fma", how.fused},
          {"flash_block", recipe.flash_block()},
          {"softmax_shift", recipe.shift(architecture) == Shift::by_maximum},
          {"steps", expanded(recipe, architecture)}};
}

}  // namespace

nlohmann::ordered_json profile_document(const Profile& profile, const Architecture& architecture,
                                        const Recipe& recipe, const ProfileOrigin& origin) {
  Json document = document_of("halfulp.profile/1", origin.command_line);
  document["provenance"]["seed"] = origin.seed;
  document["model"] = {{"folder", origin.model},
                       {"hash", origin.model_hash},
                       {"layers", architecture.layers},
                       {"width", architecture.width},
                       {"heads", architecture.heads},
                       {"vocabulary", architecture.vocabulary},
                       {"parameters", architecture.parameters()}};
  document["tokens"] = {
      {"count", profile.tokens}, {"source", origin.token_source}, {"hash", origin.token_hash}};
  document["recipe"] = recipe_entry(recipe, architecture);
  document["reference"] = {{"kind", profile.reference.kind},
                           {"check", profile.reference.check},
                           {"radius", or_null(profile.reference.radius)},
                           {"checked_tokens", profile.reference.checked_tokens}};
  document["output"] = output(profile.output);
  document["effects"] = Json::array();
  for (const SiteEffect& e : profile.effects)
    document["effects"].push_back({{"site", name_of(e.site)},
                                   {"kld_mean", e.kld_mean},
                                   {"logit_rms", e.logit_rms},
                                   {"top1_flips", e.top1_flips}});
  document["sites"] = Json::array();
  for (const SiteProfile& s : profile.sites) document["sites"].push_back(site(s));
  document["seconds"] = origin.seconds;
  return document;
}

}  // namespace halfulp
