// Attributions whose numbers are all different: what the document, the text, the table and the picture say of
// each.
#include "halfulp/report/attribution_report.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <sstream>

#include "halfulp/base/error.hpp"
#include "halfulp/report/text_testing.hpp"

namespace halfulp {
namespace {

using Json = nlohmann::ordered_json;

Architecture with_layers(std::size_t layers) {
  Architecture a;
  a.layers = layers;
  a.vocabulary = 11;
  a.width = a.inner = 8;
  a.heads = a.kv_heads = 2;
  a.head_dim = 4;
  return a;
}

StepShare share(std::optional<std::size_t> layer, Site site, Step step, double of_variance, double in_run,
                double z) {
  StepShare s;
  s.layer = layer;
  s.site = site;
  s.step = step;
  s.share = of_variance;
  s.sigma = 0.2 * std::sqrt(of_variance);
  s.deterministic = 3 * s.sigma;
  s.in_run = in_run;
  s.z = z;
  return s;
}

Attribution example() {
  Attribution a;
  a.options.delta = 0.01;
  a.options.run = true;
  a.tokens = 8;
  a.functionals = 3;
  a.predicted = 0.02;
  a.predicted_se = 0.003;
  a.sigma = 0.2;
  a.probabilistic = 0.5;
  a.deterministic = 0.7;
  a.observed = 0.025;
  a.in_run = 0.024;
  a.run_metrics.emplace().top1_flips = 3;
  a.expected_flips = 2.5;
  a.closest_margins = 4;
  a.steps = {share({}, Site::embed, Step::add, 0.0004, 0.001, 0.5),
             share(0, Site::score, Step::product, 0.05, 0.002, 3),
             share(0, Site::qkv, Step::product, 0.19, 0.003, 2),
             share(1, Site::score, Step::product, 0.15, 0.008, 1),
             share(1, Site::act, Step::activate, 0.0003, 0.002, 1.5),
             share({}, Site::head, Step::product, 0.6093, 0.008, -1)};
  a.steps[1].head = 1;
  for (std::size_t depth = 0; depth <= 3; ++depth) {
    const auto d = static_cast<double>(depth);
    a.ladder.push_back({depth, 1 + d, 11 + d, 21 + d, 31 + d, 41 + d});
  }
  return a;
}

Json document_of(const Attribution& a, std::size_t layers = 2) {
  return attribution_document(a, with_layers(layers), Recipe("bf16"),
                              {"attribute", "folder", "", "random", "", 0, 1.5});
}

std::string text_of(const Attribution& a) { return attribution_text(document_of(a)); }

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream from(line);
  std::vector<std::string> words;
  for (std::string word; from >> word;) words.push_back(word);
  return words;
}

TEST(AttributionDocument, EveryNumberStandsUnderItsName) {
  Attribution a = example();
  a.margin = 0.9;
  ConditionEstimate& c = a.condition.emplace();
  c.componentwise = {HUGE_VAL, {4, 6}};
  c.componentwise_of_others = {300, {5, 7}};
  c.mixed = {20, {3, 2}};
  c.zeros = {{4, 6}};
  const Json d = document_of(a);
  EXPECT_EQ(d["functionals"], 3);
  EXPECT_EQ(d["delta"], 0.01);
  EXPECT_EQ(d["predicted"], 0.02);
  EXPECT_EQ(d["predicted_se"], 0.003);
  EXPECT_EQ(d["observed"], 0.025);
  EXPECT_EQ(d["signed"], 0.024);
  EXPECT_EQ(d["sigma"], 0.2);
  EXPECT_EQ(d["bound"], Json({{"asked", true}, {"probabilistic", 0.5}, {"deterministic", 0.7}}));
  EXPECT_EQ(d["margin"], 0.9);
  EXPECT_EQ(d["expected_flips"], 2.5);
  EXPECT_EQ(d["observed_flips"], 3);
  EXPECT_EQ(d["condition"]["componentwise"], Json({{"value", nullptr}, {"token", 4}, {"position", 6}}));
  EXPECT_EQ(d["condition"]["componentwise_of_others"],
            Json({{"value", 300.0}, {"token", 5}, {"position", 7}}));
  EXPECT_EQ(d["condition"]["mixed"], Json({{"value", 20.0}, {"token", 3}, {"position", 2}}));
  EXPECT_EQ(d["condition"]["zero_logits"], 1);
  ASSERT_EQ(d["sites"].size(), a.steps.size());
  for (std::size_t k = 0; k < a.steps.size(); ++k) {
    const StepShare& s = a.steps[k];
    const Json& site = d["sites"][k];
    EXPECT_EQ(site["layer"], s.layer ? Json(*s.layer) : Json());
    EXPECT_EQ(site["site"], name_of(s.site));
    EXPECT_EQ(site["step"], name_of(s.step));
    EXPECT_EQ(site["head"], s.head ? Json(*s.head) : Json());
    EXPECT_EQ(site["share"], s.share);
    EXPECT_EQ(site["sigma"], s.sigma);
    EXPECT_EQ(site["deterministic"], *s.deterministic);
    EXPECT_EQ(site["signed"], *s.in_run);
    EXPECT_EQ(site["z"], *s.z);
  }
  ASSERT_EQ(d["ladder"].size(), 4u);
  const char* after[] = {"embed", "layer 0", "layer 1", "head"};
  for (std::size_t k = 0; k < 4; ++k)
    EXPECT_EQ(d["ladder"][k], Json({{"after", after[k]},
                                    {"observed", *a.ladder[k].observed},
                                    {"sigma", a.ladder[k].sigma},
                                    {"probabilistic", *a.ladder[k].probabilistic},
                                    {"deterministic", *a.ladder[k].deterministic},
                                    {"entrywise", *a.ladder[k].entrywise}}));
}

TEST(AttributionDocument, WhatIsInfiniteUnknownOrNotAskedForIsNull) {
  Attribution a = example();
  a.predicted = NAN;
  a.deterministic = HUGE_VAL;
  a.probabilistic = a.observed = a.in_run = a.expected_flips = {};
  a.run_metrics.reset();
  a.steps[0].sigma = a.steps[0].share = NAN;
  a.steps[0].z.reset();
  a.ladder[0].observed.reset();
  const Json d = document_of(a);
  for (const char* key :
       {"predicted", "observed", "signed", "margin", "expected_flips", "observed_flips", "condition"})
    EXPECT_TRUE(d[key].is_null()) << key;
  EXPECT_TRUE(d["bound"]["deterministic"].is_null());
  EXPECT_TRUE(d["bound"]["probabilistic"].is_null());
  for (const char* key : {"sigma", "share", "z"}) EXPECT_TRUE(d["sites"][0][key].is_null()) << key;
  EXPECT_TRUE(d["ladder"][0]["observed"].is_null());
  a.predicted = 0.02;
  EXPECT_TRUE(has(text_of(a), "no statement with probability 0.99, no statement always"));
}

TEST(AttributionText, SetsThePredictionBesideTheRun) {
  const std::string text = text_of(example());
  for (const char* part :
       {"\n  predicted      0.0200 (standard error 0.0030)\n",
        "\n  observed       0.0250, 1.25 times predicted\n",
        "\n  signed sum     0.0240 over all roundings: misfit 4.0 %\n",
        "\n  bounds         0.500 with probability 0.99, 0.700 always (first order)\n",
        "expected to change at 2.50 of 8 positions; changed at 3\n", "variances of the 4 smallest margins"})
    EXPECT_TRUE(has(text, part)) << part << text;
}

TEST(AttributionText, CautionsWhereTheSignedSumMissesBySomeThirtyPerCent) {
  Attribution a = example();
  for (const double observed : {0.025, -0.025})
    for (const double misfit : {-0.31, -0.29, 0.0, 0.29, 0.31, 2.0}) {
      a.observed = observed;
      a.in_run = observed * (1 + misfit);
      EXPECT_EQ(has(text_of(a), "CAUTION"), std::fabs(misfit) > 0.3) << misfit;
    }
}

TEST(AttributionText, RoundingsComeByFallingShareWithBarsInProportion) {
  const auto rows = table_of(text_of(example()), "Which roundings cause it");
  ASSERT_EQ(rows.size(), 5u);  // a header, three of a thousandth and more, the rest
  const char* names[] = {"head.product", "score.product", "qkv.product"};
  const char* shares[] = {"61", "20", "19"};
  const char* most[] = {"", "layer 1 (15 %)", "layer 0 (19 %)"};
  const long bars[] = {15, 5, 5};  // of 24: 14.6, 4.8, 4.6
  // of the observed 0.025: 0.008, 0.010, 0.003
  const char* of_observed[] = {"32", "40", "12"};
  // the root of the mean of z^2 with weights sigma^2: sqrt((0.05 9 + 0.15 1) / 0.2)
  const char* z[] = {"1.00", "1.73", "2.00"};
  for (std::size_t k = 0; k < 3; ++k) {
    const auto words = words_of(rows[k + 1]);
    ASSERT_GE(words.size(), 7u);
    EXPECT_EQ(words[0], names[k]);
    EXPECT_EQ(words[1], shares[k]);
    EXPECT_EQ(std::count(rows[k + 1].begin(), rows[k + 1].end(), '#'), bars[k]) << rows[k + 1];
    EXPECT_TRUE(has(rows[k + 1], most[k])) << rows[k + 1];
    EXPECT_EQ(words[words.size() - 3], of_observed[k]) << rows[k + 1];
    EXPECT_EQ(words.back(), z[k]) << rows[k + 1];
  }
  EXPECT_EQ(rows[4], "  and 2 steps with 0.1 % together");
}

TEST(AttributionText, NamesTheFirstStepThatOverflows) {
  Attribution a = example();
  a.predicted = NAN;
  for (const std::size_t k : {3u, 4u}) a.steps[k].sigma = a.steps[k].share = NAN;
  const std::string text = text_of(a);
  EXPECT_TRUE(has(text, "first at layer 1 score.product:")) << text;
  a.steps[0].sigma = NAN;
  EXPECT_TRUE(has(text_of(a), "first at embed.add:")) << text_of(a);
}

TEST(AttributionText, ALongLadderIsThinnedAndKeepsItsEnds) {
  for (std::size_t layers = 1; layers <= 100; ++layers) {
    Attribution a = example();
    a.ladder.clear();
    for (std::size_t depth = 0; depth <= layers + 1; ++depth)
      a.ladder.push_back({depth, static_cast<double>(depth + 1), {}, {}, {}, {}});
    const auto rows = table_of(attribution_text(document_of(a, layers)), "The ladder");
    ASSERT_GE(rows.size(), 1 + std::min<std::size_t>(layers + 2, 7)) << layers;
    EXPECT_LE(rows.size(), 15u) << layers;
    EXPECT_EQ(words_of(rows[1])[0], "embed");
    EXPECT_EQ(words_of(rows.back())[0], "head");
    double last = 0;
    for (std::size_t k = 1; k < rows.size(); ++k) {
      const auto words = words_of(rows[k]);
      const double sigma = std::stod(words[words[0] == "layer" ? 2 : 1]);
      EXPECT_GT(sigma, last);
      last = sigma;
      if (words[0] == "layer") {
        EXPECT_EQ(std::stod(words[1]) + 2, sigma);
      }
    }
  }
}

TEST(AttributionText, SaysOfWhichQuantityThePredictionIs) {
  Attribution a = example();
  a.options.token = 5;
  const std::pair<Target, const char*> quantities[] = {
      {Target::kld, "mean KL divergence, nats a token\n"},
      {Target::logits, "rms error of the logits\n"},
      {Target::loss, "change of the loss, nats (standard deviation)\n"},
      {Target::margin, "rms error of the top-1 margins\n"},
      {Target::token, "change of the margin of the top token at position 5 (standard deviation)\n"}};
  for (const auto& [target, words] : quantities) {
    a.options.target = target;
    EXPECT_TRUE(has(text_of(a), std::string("What the recipe will do: ") + words)) << text_of(a);
  }
}

TEST(AttributionText, NamesTheLogitsOfTheConditionNumbers) {
  Attribution a = example();
  ConditionEstimate& c = a.condition.emplace();
  c.componentwise = c.componentwise_of_others = {300, {5, 7}};
  c.mixed = {20, {3, 2}};
  std::string text = text_of(a);
  EXPECT_TRUE(has(text, "mixed at least 20.0 (logit 3 at position 2),\n")) << text;
  EXPECT_TRUE(has(text, "componentwise at least 300 (logit 5 at position 7)\n")) << text;
  c.componentwise = {HUGE_VAL, {4, 6}};
  c.zeros = {{4, 6}, {4, 7}};
  text = text_of(a);
  EXPECT_TRUE(has(text, "300 (logit 5 at position 7), infinite for 2 logits that are exactly 0\n")) << text;
}

TEST(AttributionText, TheLaddersUnitIsTheTargets) {
  Attribution a = example();
  EXPECT_TRUE(has(text_of(a), "(square root of twice the divergence)"));
  a.options.target = Target::logits;
  EXPECT_TRUE(has(text_of(a), "(unit of the prediction)"));
}

TEST(AttributionCsv, TheHeaderNamesTheColumns) {
  const Json d = document_of(example());
  std::istringstream lines(attribution_csv(d));
  const auto fields_of = [](const std::string& line) {
    std::vector<std::string> fields(1);
    for (const char c : line)
      if (c == ',')
        fields.emplace_back();
      else
        fields.back() += c;
    return fields;
  };
  std::string line;
  std::getline(lines, line);
  const auto header = fields_of(line);
  for (const Json& site : d["sites"]) {
    std::getline(lines, line);
    const auto fields = fields_of(line);
    ASSERT_EQ(fields.size(), header.size()) << line;
    EXPECT_EQ(fields.size(), site.size());
    for (std::size_t k = 0; k < fields.size(); ++k) {
      const Json& value = site[header[k]];
      EXPECT_EQ(fields[k], value.is_null()     ? ""
                           : value.is_string() ? value.get<std::string>()
                                               : value.dump())
          << header[k];
    }
  }
  EXPECT_FALSE(std::getline(lines, line));
}

TEST(AttributionPlot, CurvesAreTheColumnsOfTheLadderByDepth) {
  Attribution a = example();
  a.ladder[1].deterministic = HUGE_VAL;
  for (Depth& d : a.ladder) d.entrywise.reset();
  const Plot plot = attribution_plot(document_of(a));
  EXPECT_TRUE(plot.log_y);
  const char* names[] = {"observed", "predicted standard deviation", "bound with probability 1 - delta",
                         "first-order worst case"};
  const double first[] = {31, 1, 11, 21};
  ASSERT_EQ(plot.curves.size(), 4u);  // none for the bounds that are not there
  for (std::size_t c = 0; c < 4; ++c) {
    EXPECT_EQ(plot.curves[c].name, names[c]);
    EXPECT_EQ(plot.curves[c].x, (std::vector<double>{0, 1, 2, 3}));
    for (std::size_t k = 0; k < 4; ++k)
      if (c == 3 && k == 1)
        EXPECT_TRUE(std::isnan(plot.curves[c].y[k]));  // a gap, not a zero
      else
        EXPECT_EQ(plot.curves[c].y[k], first[c] + static_cast<double>(k)) << names[c];
  }
}

}  // namespace
}  // namespace halfulp
