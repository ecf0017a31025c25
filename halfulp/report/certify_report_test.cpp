// Certificates whose numbers are all different: what the document, the text and the table say of each.
#include "halfulp/report/certify_report.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "halfulp/report/text_testing.hpp"

namespace halfulp {
namespace {

using Json = nlohmann::ordered_json;

TokenCertificate token(std::size_t position, Verdict verdict, double margin, double flip_probability) {
  TokenCertificate t;
  t.position = position;
  t.token = 10 + position;
  t.verdict = verdict;
  t.margin = margin;
  t.rigorous = 5 * margin;
  t.first_order = 3 * margin;
  t.probabilistic = 2 * margin;
  t.flip_probability = flip_probability;
  t.flips = 1 + position;
  t.competitors = {{20 + position, margin, 0.5, 0.25, 0.125, 0.75 * flip_probability},
                   {30 + position, 2 * margin, 1.5, 1.25, 1.125, 0.25 * flip_probability}};
  return t;
}

Certificate example() {
  Certificate c;
  c.options = {0.01, 6, 5};
  c.runs = 4;
  c.at_random = true;
  c.tokens = {token(0, Verdict::at_risk, 0.25, 0.2), token(1, Verdict::certain, 2, 0),
              token(2, Verdict::at_risk, 0.5, 0.6), token(3, Verdict::probable, 1, 0.0625),
              token(4, Verdict::first_order, 4, 0)};
  c.tokens[2].rigorous = HUGE_VAL;
  c.verdicts = {VerdictCount{1, 4, 2}, VerdictCount{1, 4, 5}, VerdictCount{1, 4, 3}, VerdictCount{2, 8, 7}};
  c.calibration = {{0, 0.1, 12, 3, 0.02}, {0.1, 0.5, 0, 0, 0}, {0.5, 1, 8, 6, 0.4}};
  c.expected_flips = 0.9;
  c.observed_flips = 10;
  return c;
}

Json document_of(const Certificate& c, const TokenText& text = {}) {
  Architecture a;
  a.layers = 1;
  return certify_document(c, a, Recipe("bf16"), text, {"certify", "folder", "", "random", "", 0, 1.5});
}

std::string line_with(const std::string& text, const std::string& part) {
  const std::size_t at = text.find(part);
  if (at == std::string::npos) return "";
  const std::size_t from = text.rfind('\n', at) + 1;
  return text.substr(from, text.find('\n', at) - from);
}

TEST(CertifyDocument, EveryNumberStandsUnderItsName) {
  const Certificate c = example();
  const Json d = document_of(c);
  EXPECT_EQ(d["input"]["count"], 5);
  EXPECT_EQ(d["delta"], 0.01);
  EXPECT_EQ(d["candidates"], 6);
  EXPECT_EQ(d["runs"], 4);
  EXPECT_EQ(d["at_random"], true);
  EXPECT_EQ(d["extrapolated"], true);
  EXPECT_EQ(d["summary"]["expected_flips"], 0.9);
  EXPECT_EQ(d["summary"]["observed_flips"], 2.5) << "10 flips in 4 runs, as many are expected in one";
  for (std::size_t v = 0; v < verdict_count; ++v)
    EXPECT_EQ(d["summary"]["verdicts"][v], Json({{"verdict", name_of(static_cast<Verdict>(v))},
                                                 {"tokens", c.verdicts[v].tokens},
                                                 {"decisions", c.verdicts[v].decisions},
                                                 {"flips", c.verdicts[v].flips}}));
  for (std::size_t b = 0; b < 3; ++b)
    EXPECT_EQ(d["summary"]["calibration"][b], Json({{"low", c.calibration[b].low},
                                                    {"high", c.calibration[b].high},
                                                    {"decisions", c.calibration[b].decisions},
                                                    {"predicted", c.calibration[b].predicted},
                                                    {"flips", c.calibration[b].flips}}));
  ASSERT_EQ(d["tokens"].size(), 5u);
  for (std::size_t k = 0; k < 5; ++k) {
    const TokenCertificate& t = c.tokens[k];
    const Json& entry = d["tokens"][k];
    EXPECT_EQ(entry["position"], t.position);
    EXPECT_EQ(entry["token"], t.token);
    EXPECT_FALSE(entry.contains("text"));
    EXPECT_EQ(entry["margin"], t.margin);
    EXPECT_EQ(entry["radius"]["rigorous"], k == 2 ? Json() : Json(t.rigorous));
    EXPECT_EQ(entry["radius"]["first_order"], t.first_order);
    EXPECT_EQ(entry["radius"]["probabilistic"], t.probabilistic);
    EXPECT_EQ(entry["verdict"], name_of(t.verdict));
    EXPECT_EQ(entry["flip_probability"], t.flip_probability);
    EXPECT_EQ(entry["flips"], t.flips);
    ASSERT_EQ(entry["competitors"].size(), t.verdict == Verdict::at_risk ? 2u : 0u);
    for (std::size_t i = 0; i < entry["competitors"].size(); ++i)
      EXPECT_EQ(entry["competitors"][i], Json({{"token", t.competitors[i].token},
                                               {"margin", t.competitors[i].margin},
                                               {"sigma", t.competitors[i].sigma},
                                               {"first_order", t.competitors[i].first_order},
                                               {"probabilistic", t.competitors[i].probabilistic},
                                               {"flip_probability", t.competitors[i].flip_probability}}));
  }
}

TEST(CertifyText, CountsTokensFlipsAndDecisionsOfEveryVerdict) {
  const std::string text = certify_text(document_of(example()));
  EXPECT_EQ(narrow(line_with(text, "  certain  ")), "certain 1 20 % 2 4 proved for every run of the recipe");
  EXPECT_EQ(narrow(line_with(text, "  certain to first order")),
            "certain to first order 1 20 % 5 4 no roundings can change it, to first order");
  EXPECT_EQ(narrow(line_with(text, "  certain with probability")),
            "certain with probability 1 20 % 3 4 with probability 0.99, for roundings of mean 0");
  EXPECT_EQ(narrow(line_with(text, "  at risk")), "at risk 2 40 % 7 8 none of these");
  EXPECT_TRUE(has(text, "changed in 4 runs of the recipe; expected 0.9 a run, observed 2.5\n")) << text;
  EXPECT_TRUE(has(text, "against the 6 closest tokens")) << text;
}

TEST(CertifyText, OneRunIsTheRecipesOwnAndNothingIsExtrapolatedFromAllTokens) {
  Certificate c = example();
  c.runs = 1;
  c.at_random = false;
  c.all_candidates = true;
  const std::string text = certify_text(document_of(c));
  EXPECT_TRUE(has(text, "proved to be the token of exact arithmetic")) << text;
  EXPECT_TRUE(has(text, "changed in the recipe's run; expected 0.9 a run, observed 10.0\n")) << text;
  EXPECT_FALSE(has(text, "extrapolation")) << text;
}

TEST(CertifyText, PredictedFlipsStandBesideObservedOnes) {
  const std::string text = certify_text(document_of(example()));
  EXPECT_EQ(narrow(line_with(text, "0 to 0.1")), "0 to 0.1 12 2.0 % 25 %");
  EXPECT_EQ(narrow(line_with(text, "0.5 to 1")), "0.5 to 1 8 40 % 75 %");
  EXPECT_EQ(line_with(text, "0.1 to 0.5"), "") << "nothing was decided there";
}

TEST(CertifyText, TokensAtRiskComeByFallingProbabilityOfAFlip) {
  Certificate c = example();
  std::string text = certify_text(document_of(c));
  text = text.substr(text.find("\nTokens at risk"));
  EXPECT_EQ(narrow(line_with(text, "  2 ")), "2 12 0.500 1.00 60 % 22 (45 %), 32 (15 %)");
  EXPECT_EQ(narrow(line_with(text, "  0 ")), "0 10 0.250 0.500 20 % 20 (15 %), 30 (5.0 %)");
  EXPECT_LT(text.find(" 22 (45 %)"), text.find(" 20 (15 %)"));
  EXPECT_FALSE(has(text, "more\n")) << text;

  c.tokens.clear();
  for (std::size_t k = 0; k < 15; ++k)
    c.tokens.push_back(token(k, Verdict::at_risk, 0.5, 0.01 * static_cast<double>(k + 1)));
  c.tokens[6].flip_probability = NAN;  // nothing is known of it, so it comes first
  c.tokens[7].probabilistic = HUGE_VAL;
  text = certify_text(document_of(c));
  text = text.substr(text.find("\nTokens at risk"));
  EXPECT_TRUE(has(text, "  and 3 more\n")) << text;
  EXPECT_EQ(line_with(text, "  2  "), "") << text;
  EXPECT_LT(text.find("\n  6 "), text.find("\n  14 ")) << text;
  EXPECT_TRUE(has(narrow(text), " 7 17 0.500 inf 8.0 % ")) << text;
}

TEST(CertifyText, CompetitorsThatNeverWinAreLeftOut) {
  Certificate c = example();
  c.tokens[0].competitors[1].flip_probability = 0.0009;
  const std::string text = certify_text(document_of(c));
  EXPECT_TRUE(has(text, "20 (15 %)\n")) << text;
  c.tokens.resize(2);
  c.tokens[0].verdict = Verdict::certain;
  EXPECT_TRUE(has(certify_text(document_of(c)), "No token is at risk."));
}

TEST(CertifyCsv, TheHeaderNamesTheColumns) {
  EXPECT_EQ(certify_csv(document_of(example())),
            "position,token,margin,rigorous,first_order,probabilistic,verdict,flip_probability,flips\n"
            "0,10,0.25,1.25,0.75,0.5,at risk,0.2,1\n"
            "1,11,2.0,10.0,6.0,4.0,certain,0.0,2\n"
            "2,12,0.5,inf,1.5,1.0,at risk,0.6,3\n"
            "3,13,1.0,5.0,3.0,2.0,certain with probability,0.0625,4\n"
            "4,14,4.0,20.0,12.0,8.0,certain to first order,0.0,5\n");
}

}  // namespace
}  // namespace halfulp
