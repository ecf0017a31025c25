#include "halfulp/report/profile_report.hpp"

#include "halfulp/report/json_number.hpp"

namespace halfulp {
namespace {

using Json = nlohmann::ordered_json;  // numbers that are not finite become null

Json statistics(const ErrorStatistics& s) {
  const Componentwise& c = s.componentwise;
  return {
      {"componentwise",
       {{"max", c.max},
        {"mean", c.mean},
        {"median", c.median},
        {"p05", c.p05},
        {"p95", c.p95},
        {"infinite", c.infinite},
        {"histogram",
         {{"zeros", c.histogram.zeros}, {"log2_first", c.histogram.first}, {"counts", c.histogram.counts}}}}},
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
  entry["share"] = or_null(s.share);
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

}  // namespace

nlohmann::ordered_json profile_document(const Profile& profile, const Architecture& architecture,
                                        const Recipe& recipe, const ModelOrigin& origin) {
  Json document = model_document("halfulp.profile/1", architecture, recipe, profile.tokens, origin);
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
