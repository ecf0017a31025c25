#include "halfulp/report/attribution_report.hpp"
#include "halfulp/report/json_number.hpp"

namespace halfulp {
namespace {

using Json = nlohmann::ordered_json;

Json number(const std::optional<double>& value) { return value ? halfulp::number(*value) : Json(); }

std::string target_text(const AttributionOptions& options) {
  const std::string name(name_of(options.target));
  return options.target == Target::token ? name + "=" + std::to_string(options.token) : name;
}

Json step_entry(const StepShare& s) {
  return {{"layer", or_null(s.layer)},
          {"site", name_of(s.site)},
          {"step", name_of(s.step)},
          {"head", or_null(s.head)},
          {"share", halfulp::number(s.share)},
          {"sigma", halfulp::number(s.sigma)},
          {"deterministic", number(s.deterministic)},
          {"signed", number(s.in_run)},
          {"z", number(s.z)}};
}

Json rung(const Depth& d, std::size_t layers) {
  const std::string after = d.layers == 0       ? "embed"
                            : d.layers > layers ? "head"
                                                : "layer " + std::to_string(d.layers - 1);
  return {{"after", after},
          {"observed", number(d.observed)},
          {"sigma", halfulp::number(d.sigma)},
          {"probabilistic", number(d.probabilistic)},
          {"deterministic", number(d.deterministic)},
          {"entrywise", number(d.entrywise)}};
}

/// Null where a number is infinite; `zeros` says which logits make it so.
Json condition(const ConditionEstimate& c) {
  const auto entry = [](const ConditionNumber& k) -> Json {
    return {{"value", halfulp::number(k.value)}, {"token", k.at.token}, {"position", k.at.position}};
  };
  return {{"componentwise", entry(c.componentwise)},
          {"componentwise_of_others", entry(c.componentwise_of_others)},
          {"mixed", entry(c.mixed)},
          {"zero_logits", c.zeros.size()}};
}

}  // namespace

nlohmann::ordered_json attribution_document(const Attribution& a, const Architecture& architecture,
                                            const Recipe& recipe, const ModelOrigin& origin) {
  Json d = model_document("halfulp.attribute/1", architecture, recipe, a.tokens, origin);
  d["target"] = target_text(a.options);
  d["functionals"] = a.functionals;
  d["delta"] = a.options.delta;
  d["predicted"] = halfulp::number(a.predicted);
  d["predicted_se"] = halfulp::number(a.predicted_se);
  d["observed"] = number(a.observed);
  d["signed"] = number(a.in_run);
  d["sigma"] = halfulp::number(a.sigma);
  d["bound"] = {{"asked", a.options.bounds},
                {"probabilistic", number(a.probabilistic)},
                {"deterministic", number(a.deterministic)}};
  d["margin"] = number(a.margin);
  d["expected_flips"] = number(a.expected_flips);
  d["closest_margins"] = a.closest_margins;
  d["observed_flips"] = a.run_metrics ? Json(a.run_metrics->top1_flips) : Json();
  d["condition"] = a.condition ? condition(*a.condition) : Json();
  d["sites"] = Json::array();
  for (const StepShare& s : a.steps) d["sites"].push_back(step_entry(s));
  d["ladder"] = Json::array();
  for (const Depth& rung_of : a.ladder) d["ladder"].push_back(rung(rung_of, architecture.layers));
  d["seconds"] = origin.seconds;
  return d;
}

}  // namespace halfulp
