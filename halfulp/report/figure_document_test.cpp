#include "halfulp/report/figure_document.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <sstream>

#include "halfulp/report/figure_picture.hpp"

namespace halfulp {
namespace {

using Json = nlohmann::ordered_json;

/// The errors of 64 trials by hand: at the point with abscissa x of arithmetic a, trial t has
/// (a + 1) e(x) (1 + t mod 4), twice that normwise.
template <class E>
Outcome outcome_of(const Figure& figure, E e) {
  constexpr std::size_t trials = 64;
  const std::size_t cells = figure.plan.cells();
  std::vector<double> errors(trials * cells);
  for (std::size_t t = 0; t < trials; ++t)
    for (const Series& series : figure.series)
      for (const Point& point : series.points)
        for (std::size_t a = 0; a < figure.plan.arithmetics.size(); ++a) {
          const double error = static_cast<double>((a + 1) * (1 + t % 4)) * e(point.x);
          errors[t * cells + figure.plan.cell_of(point.setup, a, point.layer, Measure::componentwise)] =
              error;
          errors[t * cells + figure.plan.cell_of(point.setup, a, point.layer, Measure::normwise)] = 2 * error;
        }
  Outcome outcome(figure.plan);
  outcome.add({0, trials}, errors.data());
  return outcome;
}

FigureOptions small() {
  FigureOptions options;
  options.d = options.n = options.inner = 4;
  options.layers = {6};
  options.arithmetics = {"bin11", "bin8"};
  return options;
}

Json figure_1() {
  const Figure f = figure(1, small());
  return figure_document(f, small(),
                         outcome_of(f, [](double x) { return std::ldexp(1e-3, static_cast<int>(x)); }), 1.5,
                         "halfulp figure 1");
}

/// Errors lambda^2.
Json figure_2() {
  FigureOptions options = small();
  options.layers = {2, 3};
  options.lambda = {4, 1, 2};
  const Figure f = figure(2, options);
  return figure_document(f, options, outcome_of(f, [](double x) { return 1e-3 * x * x; }), 1, "");
}

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
  EXPECT_NE(figure_text(document).find("more than 1 % of the smallest median"), std::string::npos);
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

TEST(FigureText, FitsATerminal) {
  FigureOptions options = small();
  options.layers = {10, 15};
  options.arithmetics = {"e4m3fn"};
  const Figure f = figure(2, options);
  const Json wide =
      figure_document(f, options, outcome_of(f, [](double x) { return std::pow(x, 9); }), 1, "");
  for (const Json& document : {figure_1(), figure_2(), wide}) {
    std::istringstream lines(figure_text(document));
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 120u) << line;
  }
}

TEST(FigureText, MarksMeansCarriedByFew) {
  const Figure f = figure(1, small());
  const std::size_t cells = f.plan.cells();
  std::vector<double> errors(64 * cells, 1e-3);
  for (std::size_t c = 0; c < cells; ++c) errors[5 * cells + c] = 1e3;  // one trial is all of the mean
  Outcome outcome(f.plan);
  outcome.add({0, 64}, errors.data());
  const std::string text = figure_text(figure_document(f, small(), outcome, 1, ""));
  EXPECT_NE(text.find("1.6e+1 few"), std::string::npos) << text;
  EXPECT_NE(text.find("trust the median"), std::string::npos) << text;
  EXPECT_EQ(figure_text(figure_1()).find("few"), std::string::npos);
}

TEST(FigurePicture, HasAPanelForEachStatisticMeasureAndReading) {
  const Picture one = figure_picture(figure_1());
  EXPECT_EQ(one.columns, 4u);
  ASSERT_EQ(one.panels.size(), 12u);
  EXPECT_TRUE(one.panels[0].curves[0].low.empty());
  EXPECT_FALSE(one.panels[4].curves[0].low.empty()) << "the median has its band";
  EXPECT_EQ(one.panels[8].lines.size(), 2u) << "a mean marked in each histogram";
  EXPECT_EQ(one.panels[0].scale, one.panels[1].scale);
  EXPECT_NE(one.panels[0].scale, one.panels[2].scale);

  const Picture two = figure_picture(figure_2());
  ASSERT_EQ(two.panels.size(), 8u);
  EXPECT_EQ(two.panels[0].curves.size(), 4u) << "two depths, two arithmetics";
  EXPECT_EQ(two.panels[0].slopes, (std::vector<double>{1, 2}));
  EXPECT_EQ(two.legend.size(), 4u);
}

TEST(FigurePicture, FigureFourHasItsVariantsSideBySide) {
  const Figure f = figure(4, small());
  const Json document = figure_document(f, small(), outcome_of(f, [](double x) { return x; }), 1, "");
  const Picture picture = figure_picture(document);
  EXPECT_EQ(picture.columns, 4u);
  ASSERT_EQ(picture.panels.size(), 16u);
  EXPECT_TRUE(picture.panels[0].title.starts_with("a)"));
  EXPECT_TRUE(picture.panels[1].title.starts_with("b)"));
  const Curve& mean = picture.panels[0].curves[0];
  const double deviation = std::sqrt(1.25 * 64 / 63);  // of 1, 2, 3, 4, each 16 times
  EXPECT_NEAR(mean.high[0], 2.5 + deviation, 1e-9);
  EXPECT_NEAR(mean.low[0], 2.5 - deviation, 1e-9);
}

TEST(FigurePicture, ColoursAreVariantsWhereThereIsOneArithmetic) {
  FigureOptions options = small();
  options.arithmetics = {"bin11"};
  options.layers = {2, 3};
  options.lambda = {1, 2};
  const Figure f = figure(2, options);
  const Picture picture =
      figure_picture(figure_document(f, options, outcome_of(f, [](double x) { return x; }), 1, ""));
  EXPECT_EQ(picture.panels[0].curves[1].colour, 1);
  EXPECT_EQ(picture.legend.size(), 2u);
}

TEST(FigureChanges, AreNamed) { EXPECT_EQ(changes_in(figure_1()), "d 4, n 4, D 4, layers 6"); }

}  // namespace
}  // namespace halfulp
