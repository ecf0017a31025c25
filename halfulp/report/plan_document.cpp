#include "halfulp/report/json_number.hpp"
#include "halfulp/report/plan_report.hpp"

namespace halfulp {
namespace {

using Json = nlohmann::ordered_json;

Json cost(const PlanCost& c) {
  return {{"bytes", c.bytes}, {"multiplications", c.multiplications}, {"weighted", c.weighted}};
}

Json predicted(const Predicted& p) {
  return {{"kld", number(p.kld)}, {"logits", number(p.logits)}, {"flips", number(p.flips)}};
}

Json variant(const PlanVariant& v) {
  Json entry = {{"name", v.name},
                {"recipe", v.recipe},
                {"promotions", v.promotions},
                {"cost", cost(v.cost)},
                {"predicted", predicted(v.predicted)},
                {"observed", nullptr}};
  if (v.observed)
    entry["observed"] = {{"kld", number(v.observed->kld.mean)},
                         {"kld_se", number(v.observed->kld.se)},
                         {"logits", number(v.observed->logit_difference.rms)},
                         {"flips", v.observed->top1_flips}};
  return entry;
}

Json gain(const PromotionGain& g) {
  return {{"layer", is_in_layer(g.promotion.site) ? Json(g.promotion.layer) : Json()},
          {"site", name_of(g.promotion.site)},
          {"gain", number(g.gain)},
          {"share", number(g.share)},
          {"cost", cost(g.cost)},
          {"reason", g.reason},
          {"simulated", g.simulated ? number(*g.simulated) : Json()},
          {"alone", g.alone ? number(*g.alone) : Json()}};
}

}  // namespace

Json plan_document(const PromotionPlan& plan, const Architecture& architecture, const Recipe& base,
                   const ModelOrigin& origin) {
  Json d = model_document("halfulp.plan/1", architecture, base, plan.tokens, origin);
  d["promote"] = name_of(plan.format);
  d["budget"] = plan.options.budget.text();
  d["reached"] = plan.reached;
  d["probes"] = plan.options.probes;
  d["relative_error"] = number(plan.relative_error);
  d["weights"] = {{"byte", plan.options.weights.byte},
                  {"multiplication", plan.options.weights.multiplication}};
  d["base_cost"] = {{"bytes", plan.base_bytes}, {"multiplications", plan.base_multiplications}};
  d["base"] = variant(plan.base);
  d["plan"] = variant(plan.plan);
  d["everything"] = variant(plan.everything);
  d["rules"] = Json::array();
  for (const PlanVariant& rule : plan.rules) d["rules"].push_back(variant(rule));
  d["sites"] = Json::array();
  for (const PromotionGain& g : plan.sites) d["sites"].push_back(gain(g));
  d["best"] = Json::array();
  for (const PromotionGain& g : plan.best) d["best"].push_back(gain(g));
  d["curve"] = Json::array();
  for (const PlanPoint& p : plan.curve)
    d["curve"].push_back(
        {{"promotions", p.promotions}, {"cost", cost(p.cost)}, {"predicted", predicted(p.predicted)}});
  d["hints"] = Json::array();
  for (const Hint& h : plan.hints)
    d["hints"].push_back(
        {{"engine", h.engine}, {"sites", h.sites}, {"setting", h.setting}, {"note", h.note}});
  d["seconds"] = origin.seconds;
  return d;
}

}  // namespace halfulp
