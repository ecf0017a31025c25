#include "halfulp/report/figure_document.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <sstream>

#include "halfulp/report/figure_picture.hpp"
#include "halfulp/report/figure_testing.hpp"

namespace halfulp {
namespace {

TEST(FigureDocument, StatisticsAreThoseOfTheTrials) {
  const Json document = figure_1();
  ASSERT_EQ(document["series"].size(), 4u) << "two readings of the blocks, two arithmetics";
  EXPECT_EQ(document["trials"], 64);
  EXPECT_EQ(document["seconds"], 1.5);
  const Json& series = document["series"][1];
  EXPECT_EQ(series["arithmetic"], "bin8");
  EXPECT_EQ(series["blocks"], "independent");
  EXPECT_TRUE(series["layers"].is_null());
  EXPECT_EQ(series["x"], (Json{1.0, 2.0, 3.0, 4.0, 5.0, 6.0}));
  for (std::size_t i = 0; i < 6; ++i) {
    const double unit = 2e-3 * std::ldexp(1.0, static_cast<int>(i) + 1);
    const Json& s = series["componentwise"];
    EXPECT_NEAR(s["mean"][i].get<double>(), 2.5 * unit, 1e-14 * unit);
    EXPECT_NEAR(s["median"][i].get<double>(), 2 * unit, unit / 1024) << "the histogram's resolution, 2^-11";
    EXPECT_NEAR(s["p95"][i].get<double>(), 4 * unit, unit / 512);
    EXPECT_NEAR(s["largest"][i].get<double>(), 4 * unit, 1e-15 * unit);
    EXPECT_EQ(s["share_below_mean"][i], 0.5);
    EXPECT_EQ(s["carried_by_few"][i], false);
    EXPECT_NEAR(series["normwise"]["mean"][i].get<double>(), 5 * unit, 1e-14 * unit);
  }
}

TEST(FigureDocument, GrowthIsInDecadesPerLayerOverAllAndOverBothHalves) {
  const Json growth = figure_1()["series"][0]["normwise"]["growth"];
  EXPECT_EQ(growth["unit"], "decades per layer");
  for (const char* statistic : {"mean", "median"}) {
    ASSERT_EQ(growth[statistic].size(), 3u);
    const double spans[3][2] = {{1, 6}, {1, 3}, {4, 6}};
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(growth[statistic][i]["from"], spans[i][0]);
      EXPECT_EQ(growth[statistic][i]["to"], spans[i][1]);
      // log10(2), medians within relative 2^-11 at each end of a span of 2 layers at least
      EXPECT_NEAR(growth[statistic][i]["rate"].get<double>(), 0.30103, 3e-4);
    }
  }
}

TEST(FigureDocument, AgainstLambdaGrowthIsAPower) {
  const Json document = figure_2();
  ASSERT_EQ(document["series"].size(), 8u);
  const Json& series = document["series"][2];
  EXPECT_EQ(series["layers"], 3);
  EXPECT_EQ(series["x"], (Json{1.0, 2.0, 4.0}));
  const Json& growth = series["componentwise"]["growth"];
  EXPECT_EQ(growth["unit"], "power");
  ASSERT_EQ(growth["mean"].size(), 1u);
  EXPECT_NEAR(growth["mean"][0]["rate"].get<double>(), 2, 1e-12);
  ASSERT_EQ(growth["local_slope"]["mean"].size(), 2u);
  for (const Json& slope : growth["local_slope"]["mean"]) EXPECT_NEAR(slope.get<double>(), 2, 1e-12);
  EXPECT_FALSE(series["componentwise"].contains("histogram"));
}

/// Errors that rise as x^3 between 1 and 16 and fall as 1/x after.
TEST(FigureDocument, TheSteepestPowerIsThatOfTheBestDecade) {
  FigureOptions options = small();
  options.layers = {2};
  for (int e = -6; e <= 9; ++e) options.lambda.push_back(std::ldexp(1.0, e));
  const Figure f = figure(2, options);
  const Json document = figure_document(
      f, options, outcome_of(f, [](double x) { return 1e-3 * (x < 1    ? 1
                                                              : x < 16 ? x * x * x
                                                                       : 65536 / x); }),
      1, "");
  for (const char* measure : {"componentwise", "normwise"})
    for (const char* statistic : {"mean", "median"}) {
      const Json& growth = document["series"][1][measure]["growth"];
      EXPECT_EQ(growth["steepest"][statistic]["from"], 1);
      EXPECT_EQ(growth["steepest"][statistic]["to"], 16) << "the first point a decade away";
      EXPECT_NEAR(growth["steepest"][statistic]["rate"].get<double>(), 3, 1e-3);
      EXPECT_LT(growth[statistic][0]["rate"].get<double>(), 1.5) << "the whole range says less";
    }
  EXPECT_NE(figure_text(document).find("Steepest rise over one decade of lambda"), std::string::npos);
  EXPECT_NE(figure_text(document).find("3.00 from 1 "), std::string::npos) << figure_text(document);
}

TEST(FigureDocument, TheSteepestPowerOfAShortRangeIsThatOfAnOctave) {
  const Json document = figure_2();  // 1, 2, 4
  const Json& steepest = document["series"][0]["normwise"]["growth"]["steepest"]["mean"];
  EXPECT_NEAR(steepest["rate"].get<double>(), 2, 1e-12);
  EXPECT_EQ(steepest["to"].get<double>() / steepest["from"].get<double>(), 2);
  EXPECT_NE(figure_text(document).find("over one octave of lambda"), std::string::npos);
  FigureOptions options = small();
  options.lambda = {1, 1.5};
  const Figure f = figure(2, options);
  const Json narrow = figure_document(f, options, outcome_of(f, [](double x) { return x; }), 1, "");
  EXPECT_TRUE(narrow["series"][0]["normwise"]["growth"]["steepest"]["mean"]["rate"].is_null());
  EXPECT_EQ(figure_text(narrow).find("Steepest"), std::string::npos);
}

/// E ||x||_2^2 = d scale^2 (mean^2 + deviation^2), mean 1.
TEST(FigureDocument, TheAbscissaOfFigureThreeIsTheRootMeanSquareNormOfAColumn) {
  FigureOptions options;
  options.d = 10;
  options.input_deviation = 3;
  options.scales = {0.5, 1};
  const Figure f = figure(3, options);
  const Json document = figure_document(f, options, outcome_of(f, [](double) { return 1e-3; }), 1, "");
  EXPECT_NEAR(document["series"][0]["x"][0].get<double>(), 5, 1e-14);
  EXPECT_NEAR(document["series"][0]["x"][1].get<double>(), 10, 1e-14);
  EXPECT_NE(figure_text(document).find("x: root mean square norm of a column of the input\n"),
            std::string::npos);
}

TEST(FigureDocument, TheHistogramCountsEveryTrialOfTheLastLayer) {
  const Json histogram = figure_1()["series"][0]["componentwise"]["histogram"];
  std::size_t trials = 0;
  for (const Json& count : histogram["counts"]) trials += count.get<std::size_t>();
  EXPECT_EQ(trials, 64u);
  EXPECT_EQ(histogram["log10_edges"].size(), histogram["counts"].size() + 1);
  EXPECT_LE(histogram["log10_edges"].front().get<double>(), std::log10(0.064));
  EXPECT_GT(histogram["log10_edges"].back().get<double>(), std::log10(4 * 0.064) * (1 + 1e-9));
  EXPECT_NEAR(histogram["mean"].get<double>(), 2.5 * 0.064, 1e-15);
}

TEST(FigureDocument, InfinityAndNanAreNullAndCounted) {
  const Figure f = figure(1, small());
  const Json document = figure_document(
      f, small(), outcome_of(f, [](double x) { return x < 3   ? HUGE_VAL
                                                      : x < 5 ? std::nan("")
                                                              : 0; }), 1, "");
  const Json& s = document["series"][0]["componentwise"];
  EXPECT_TRUE(s["mean"][0].is_null());
  EXPECT_EQ(s["infinite"][0], 64);
  EXPECT_EQ(s["nan"][2], 64);
  EXPECT_TRUE(s["median"][3].is_null());
  EXPECT_EQ(s["mean"][5], 0);
  EXPECT_TRUE(s["growth"]["mean"][0]["rate"].is_null());
  EXPECT_EQ(document["reference"]["sufficient"], false);
  EXPECT_FALSE(document.dump().empty());
  EXPECT_NE(figure_text(document).find("CAUTION: up to 64 infinite errors and 64 overflowed"),
            std::string::npos);
  figure_picture(document);
}

TEST(FigureDocument, AReferenceThatIsNotSmallIsSaid) {
  const Figure f = figure(1, small());
  EXPECT_EQ(figure_1()["reference"]["sufficient"], true);
  const Json document =
      figure_document(f, small(), outcome_of(f, [](double) { return 1e-15; }), 1, "halfulp figure 1");
  EXPECT_GT(document["reference"]["radius"]["componentwise"].get<double>(), 0);
  EXPECT_EQ(document["reference"]["sufficient"], false);
  EXPECT_NE(figure_text(document).find("more than 1 % of the smallest positive median"), std::string::npos);
}

TEST(FigureDocument, MediansOfZeroAreExactAndNoFaultOfTheReference) {
  const Figure f = figure(1, small());
  const auto document_of = [&](auto e) { return figure_document(f, small(), outcome_of(f, e), 1, ""); };
  const Json some = document_of([](double x) { return x < 3 ? 0 : 1e-3; });
  EXPECT_NEAR(some["reference"]["smallest_median"]["componentwise"].get<double>(), 2e-3, 1e-6);
  EXPECT_EQ(some["reference"]["sufficient"], true);
  EXPECT_EQ(figure_text(some).find("CAUTION"), std::string::npos);
  const Json all = document_of([](double) { return 0; });
  EXPECT_TRUE(all["reference"]["smallest_median"]["componentwise"].is_null());
  EXPECT_EQ(all["reference"]["sufficient"], false) << "such errors are below the reference's own";
  EXPECT_NE(figure_text(all).find("CAUTION: the medians of a series are all 0"), std::string::npos);
}

TEST(FigureDocument, OneLayerAndOneLambdaHaveNoGrowth) {
  FigureOptions options = small();
  options.layers = {1};
  const Figure one = figure(1, options);
  const Json document = figure_document(one, options, outcome_of(one, [](double) { return 1.0; }), 1, "");
  EXPECT_TRUE(document["series"][0]["componentwise"]["growth"]["mean"].empty());
  options.lambda = {2};
  const Figure two = figure(2, options);
  const Json other = figure_document(two, options, outcome_of(two, [](double) { return 1.0; }), 1, "");
  EXPECT_TRUE(other["series"][0]["componentwise"]["growth"]["mean"].empty());
  EXPECT_FALSE(figure_text(document).empty() || figure_text(other).empty());
}

TEST(FigureCsv, HasALineForEachSeriesMeasureAndX) {
  const std::string csv = figure_csv(figure_2());
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 1 + 8 * 2 * 3);
  std::istringstream lines(csv);
  std::string header, line;
  std::getline(lines, header);
  while (std::getline(lines, line))
    EXPECT_EQ(std::count(line.begin(), line.end(), ','), std::count(header.begin(), header.end(), ','))
        << line;
}

TEST(FigureChanges, AreNamed) { EXPECT_EQ(changes_in(figure_1()), "d 4, n 4, D 4, layers 6"); }

}  // namespace
}  // namespace halfulp
