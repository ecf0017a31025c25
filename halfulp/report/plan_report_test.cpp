// Plans whose numbers are all different: what the document, the text, the table and the picture say of each.
#include "halfulp/report/plan_report.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "halfulp/report/text_testing.hpp"

namespace halfulp {
namespace {

using Json = nlohmann::ordered_json;

PlanVariant variant(const std::string& name, std::size_t promotions, double scale) {
  PlanVariant v{name, "bf16," + name, promotions, {}, {}, {}};
  v.cost = {1024 * scale, 3e6 * scale, 2e6 * scale};
  v.predicted = {0.5 / scale, 0.25 / scale, 8 / scale};
  OutputMetrics& o = v.observed.emplace();
  o.kld.mean = 0.4 / scale;
  o.kld.se = 0.03 / scale;
  o.logit_difference.rms = 0.2 / scale;
  o.top1_flips = promotions + 1;
  return v;
}

PromotionGain gain(std::size_t layer, Site site, double share) {
  PromotionGain g;
  g.promotion.layer = layer;
  g.promotion.site = site;
  g.gain = 0.5 * share;
  g.share = share;
  g.cost = {512, 1e6, 4e5};
  g.reason = std::string("why ") + std::string(name_of(site));
  g.simulated = 0.3 * share;
  g.alone = 0.25 * share;
  return g;
}

PromotionPlan example() {
  PromotionPlan p;
  p.format = rounding_rule("fp32");
  p.options.budget = budget_named("kld=20%");
  p.options.weights = {2, 0.5};
  p.options.probes = 7;
  p.tokens = 9;
  p.relative_error = 0.12;
  p.base_bytes = 8192;
  p.base_multiplications = 4e7;
  p.base = variant("base", 0, 1);
  p.plan = variant("plan", 5, 8);
  p.everything = variant("everything", 20, 64);
  p.rules = {variant("norms first", 3, 4)};
  p.sites = {gain(2, Site::score, 0.3), gain(0, Site::act, 0.25), gain(0, Site::score, 0.2),
             gain(1, Site::score, 0.05), gain(4, Site::score, 0.02)};
  p.best = {gain(4, Site::head, 0.4), gain(2, Site::score, 0.3)};
  for (std::size_t k = 0; k < 41; ++k) {
    const double scale = std::ldexp(1.0, static_cast<int>(k) / 2) * (k % 2 ? 1.5 : 1);
    const PlanVariant v = variant("", k, scale);
    p.curve.push_back({k, v.cost, v.predicted});
  }
  p.hints = {{"engine", "sites", "setting", "note"}};
  return p;
}

Json document_of(const PromotionPlan& p) {
  Architecture a;
  a.layers = 4;
  return plan_document(p, a, Recipe("bf16"), {"plan", "folder", "", "random", "", 0, 1.5});
}

std::string text_of(const PromotionPlan& p) { return plan_text(document_of(p)); }

void expect_cost(const Json& d, const PlanCost& c) {
  EXPECT_EQ(d, Json({{"bytes", c.bytes}, {"multiplications", c.multiplications}, {"weighted", c.weighted}}));
}

void expect_variant(const Json& d, const PlanVariant& v) {
  EXPECT_EQ(d["name"], v.name);
  EXPECT_EQ(d["recipe"], v.recipe);
  EXPECT_EQ(d["promotions"], v.promotions);
  expect_cost(d["cost"], v.cost);
  EXPECT_EQ(d["predicted"],
            Json({{"kld", v.predicted.kld}, {"logits", v.predicted.logits}, {"flips", v.predicted.flips}}));
  EXPECT_EQ(d["observed"], Json({{"kld", v.observed->kld.mean},
                                 {"kld_se", v.observed->kld.se},
                                 {"logits", v.observed->logit_difference.rms},
                                 {"flips", v.observed->top1_flips}}));
}

void expect_gain(const Json& d, const PromotionGain& g) {
  EXPECT_EQ(d["layer"], is_in_layer(g.promotion.site) ? Json(g.promotion.layer) : Json());
  EXPECT_EQ(d["site"], name_of(g.promotion.site));
  EXPECT_EQ(d["gain"], g.gain);
  EXPECT_EQ(d["share"], g.share);
  expect_cost(d["cost"], g.cost);
  EXPECT_EQ(d["reason"], g.reason);
  EXPECT_EQ(d["simulated"], *g.simulated);
  EXPECT_EQ(d["alone"], *g.alone);
}

TEST(PlanDocument, EveryNumberStandsUnderItsName) {
  const PromotionPlan p = example();
  const Json d = document_of(p);
  EXPECT_EQ(d["promote"], "fp32");
  EXPECT_EQ(d["budget"], p.options.budget.text());
  EXPECT_EQ(d["reached"], true);
  EXPECT_EQ(d["probes"], 7);
  EXPECT_EQ(d["relative_error"], 0.12);
  EXPECT_EQ(d["weights"], Json({{"byte", 2.0}, {"multiplication", 0.5}}));
  EXPECT_EQ(d["base_cost"], Json({{"bytes", 8192.0}, {"multiplications", 4e7}}));
  expect_variant(d["base"], p.base);
  expect_variant(d["plan"], p.plan);
  expect_variant(d["everything"], p.everything);
  ASSERT_EQ(d["rules"].size(), 1u);
  expect_variant(d["rules"][0], p.rules[0]);
  ASSERT_EQ(d["sites"].size(), p.sites.size());
  for (std::size_t k = 0; k < p.sites.size(); ++k) expect_gain(d["sites"][k], p.sites[k]);
  ASSERT_EQ(d["best"].size(), p.best.size());
  for (std::size_t k = 0; k < p.best.size(); ++k) expect_gain(d["best"][k], p.best[k]);
  ASSERT_EQ(d["curve"].size(), p.curve.size());
  for (std::size_t k = 0; k < p.curve.size(); ++k) {
    EXPECT_EQ(d["curve"][k]["promotions"], p.curve[k].promotions);
    expect_cost(d["curve"][k]["cost"], p.curve[k].cost);
    EXPECT_EQ(d["curve"][k]["predicted"]["kld"], p.curve[k].predicted.kld);
  }
}

TEST(PlanText, SaysHowFarTheDivergenceFalls) {
  PromotionPlan p = example();
  EXPECT_TRUE(has(text_of(p),
                  "To reach kld=20%, promote 5 of 20 sites to fp32: the predicted KL divergence "
                  "falls from 0.500 to 0.0625 (+- 12 %).\n"))
      << text_of(p);
  p.plan.promotions = 0;
  EXPECT_TRUE(has(text_of(p),
                  "The base is predicted to stay within kld=20% as it is: a KL divergence of "
                  "0.500, 8.0 flips.\n"));
  p.reached = false;
  EXPECT_TRUE(has(text_of(p),
                  "No plan reaches kld=20%: with every site that helps promoted to fp32, a "
                  "divergence of 0.0625 remains, 1.0 flips, 0.0312 rms in the logits.\n"));
}

TEST(PlanText, SitesComeByFallingShareWithTheirLayersAndCosts) {
  const auto rows = narrow(table_of(text_of(example()), "What to promote"));
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[1], "score 0-2, 4 57.0 % +2.0 KiB 4 M");
  EXPECT_EQ(rows[2], "act 0 25.0 % +512 B 1 M");
  const auto reasons = narrow(table_of(text_of(example()), "Why"));
  ASSERT_EQ(reasons.size(), 2u);
  EXPECT_EQ(reasons[0], "score: why score");
}

TEST(PlanText, VariantsStandWithWhatTheyDidBesideWhatWasPredicted) {
  PromotionPlan p = example();
  auto rows = narrow(table_of(text_of(p), "Beside rules of thumb"));
  ASSERT_GE(rows.size(), 5u);
  EXPECT_EQ(rows[1], "base 0 2 M 0.500 0.400 0.250 0.200 8.0 1");
  EXPECT_EQ(rows[2], "plan 5 16 M 0.0625 0.0500 0.0312 0.0250 1.0 6");
  EXPECT_EQ(rows[3], "norms first 3 8 M 0.125 0.100 0.0625 0.0500 2.0 4");
  EXPECT_EQ(rows[4], "everything 20 128 M 0.0078 0.0063 0.0039 0.0031 0.1 21");
  // the plan moves 8 KiB more, as much as the base, and multiplies 24 M of 40 M in fp32
  const std::string text = text_of(p);
  EXPECT_TRUE(has(text,
                  "cost: 2.00 a byte moved more, 0.500 a multiplication in fp32; the plan moves 8.0 KiB "
                  "more (100.0 % of what the base moves)\n  and multiplies 24 M (60.0 % of all) there."))
      << text;
  for (PlanVariant* v : {&p.base, &p.plan, &p.everything, &p.rules[0]}) v->observed.reset();
  for (PromotionGain& g : p.best) g.simulated = g.alone = {};
  rows = narrow(table_of(text_of(p), "Beside rules of thumb"));
  EXPECT_EQ(rows[2], "plan 5 16 M 0.0625 0.0312 1.0");
  EXPECT_FALSE(has(text_of(p), "in simulation"));
}

TEST(PlanText, SingleGainsStandBesideTheirSimulation) {
  const auto rows = narrow(table_of(text_of(example()), "The three best"));
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[1], "head 0.200 0.120 0.100 2.00");
  EXPECT_EQ(rows[2], "2.score 0.150 0.0900 0.0750 2.00");
}

TEST(PlanText, ALongCurveIsThinnedAndKeepsItsEnds) {
  PromotionPlan p = example();
  auto rows = narrow(table_of(text_of(p), "Cost against divergence"));
  ASSERT_EQ(rows.size(), 18u);
  EXPECT_EQ(rows[1], "2 M 1.0 KiB 3 M 0 0.500 100.0 % 8.0");
  EXPECT_EQ(rows[16].substr(rows[16].find("M 40 ") + 2), "40 4.77e-07 0.0 % 0.0");
  EXPECT_EQ(rows[17], "16 of 41 points");
  p.curve.resize(3);
  rows = narrow(table_of(text_of(p), "Cost against divergence"));
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_EQ(rows[3], "4 M 2.0 KiB 6 M 2 0.250 50.0 % 4.0");
  p.curve.resize(1);
  EXPECT_EQ(narrow(table_of(text_of(p), "Cost against divergence")).size(), 2u);
}

TEST(PlanCsv, TheHeaderNamesTheColumns) {
  PromotionPlan p = example();
  p.sites = {gain(3, Site::score, 0.5), gain(4, Site::head, 0.25)};
  EXPECT_EQ(plan_csv(document_of(p)),
            "layer,site,gain,share,bytes,multiplications,reason\n"
            "3,score,0.25,0.5,512.0,1000000.0,\"why score\"\n"
            ",head,0.125,0.25,512.0,1000000.0,\"why head\"\n");
}

TEST(PlanPlot, DivergenceOverPerCentOfTheBasesCost) {
  const PromotionPlan p = example();
  const Plot plot = plan_plot(document_of(p));
  EXPECT_TRUE(plot.log_y);
  const double whole = 2 * p.base_bytes + 0.5 * p.base_multiplications;
  ASSERT_EQ(plot.curves.size(), 4u);
  const Curve& curve = plot.curves[0];
  ASSERT_GE(curve.x.size(), 5u);
  for (std::size_t k = 0; k < curve.x.size(); ++k) {
    EXPECT_NEAR(curve.x[k], 100 * p.curve[k].cost.weighted / whole, 1e-12 * curve.x[k]);
    EXPECT_EQ(curve.y[k], p.curve[k].predicted.kld);
  }
  EXPECT_GE(curve.y.back(), 1e-3 * 0.5);
  EXPECT_LT(p.curve[curve.x.size()].predicted.kld, 1e-3 * 0.5);
  const PlanVariant* variants[] = {&p.base, &p.plan, &p.rules[0]};
  const char* names[] = {"base, simulated", "plan, simulated", "norms first, simulated"};
  for (std::size_t k = 0; k < 3; ++k) {
    EXPECT_EQ(plot.curves[k + 1].name, names[k]);
    ASSERT_EQ(plot.curves[k + 1].x.size(), 1u);
    EXPECT_NEAR(plot.curves[k + 1].x[0], 100 * variants[k]->cost.weighted / whole, 1e-9);
    EXPECT_EQ(plot.curves[k + 1].y[0], variants[k]->observed->kld.mean);
  }
}

}  // namespace
}  // namespace halfulp
