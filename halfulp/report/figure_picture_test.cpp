#include "halfulp/report/figure_picture.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "halfulp/report/figure_testing.hpp"
#include "halfulp/report/plot_layout.hpp"

namespace halfulp {
namespace {

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
  EXPECT_EQ(mean.low[0], mean.y[0]) << "the band is the upper half";
}

TEST(FigurePicture, TitlesFitAbovePanelsWhateverTheReadings) {
  using Reading = std::optional<Blocks>;
  for (const int number : {1, 2, 4})
    for (const Reading reading : {Reading{}, Reading{Blocks::independent}, Reading{Blocks::identical}}) {
      FigureOptions options = small();
      options.blocks = reading;
      if (number == 2) options.lambda = {1, 2};
      const Figure f = figure(number, options);
      const Picture picture =
          figure_picture(figure_document(f, options, outcome_of(f, [](double x) { return x; }), 1, ""));
      const Layout layout = layout_of(picture, picture.legend);
      for (const Plot& panel : picture.panels)
        EXPECT_LE(7.5 * static_cast<double>(panel.title.size()), layout.cell_width) << panel.title;
      const std::string named = name_of(reading.value_or(Blocks::independent)) + " blocks";
      const bool in_title = picture.title.find(named) != std::string::npos;
      EXPECT_EQ(in_title, reading.has_value()) << picture.title;
      EXPECT_NE(in_title, picture.panels[0].title.ends_with(named)) << picture.panels[0].title;
    }
}

TEST(FigurePicture, AMeanCarriedByFewHasNoBand) {
  const Figure f = figure(4, small());
  Json document = figure_document(f, small(), outcome_of(f, [](double x) { return x; }), 1, "");
  document["series"][0]["componentwise"]["carried_by_few"][2] = true;
  const Curve mean = figure_picture(document).panels[0].curves[0];
  EXPECT_TRUE(std::isnan(mean.low[2]) && std::isnan(mean.high[2]));
  EXPECT_TRUE(std::isfinite(mean.low[3]) && std::isfinite(mean.high[3]));
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

TEST(FigurePicture, MeansCarriedByFewAreDoubtful) {
  const auto has_entry = [](const Picture& picture) {
    return std::any_of(picture.legend.begin(), picture.legend.end(),
                       [](const LegendEntry& entry) { return entry.doubtful; });
  };
  const Picture few = figure_picture(figure_1_of_one_trial());
  EXPECT_EQ(few.panels[0].curves[0].doubtful, std::vector<bool>(6, true));
  EXPECT_TRUE(few.panels[4].curves[0].doubtful.empty()) << "medians are trusted";
  EXPECT_TRUE(few.panels[8].lines[0].doubtful);
  EXPECT_TRUE(has_entry(few));
  const Picture good = figure_picture(figure_1());
  EXPECT_EQ(good.panels[0].curves[0].doubtful, std::vector<bool>(6, false));
  EXPECT_FALSE(good.panels[8].lines[0].doubtful);
  EXPECT_FALSE(has_entry(good));
}

TEST(FigurePicture, ZerosOffTheAxisAreSaid) {
  const Figure f = figure(1, small());
  const auto note_of = [&](auto e) {
    return figure_picture(figure_document(f, small(), outcome_of(f, e), 1, "")).note;
  };
  EXPECT_NE(note_of([](double x) { return x < 6 ? 1e-3 : 0; }).find("0 (exact results)"), std::string::npos);
  EXPECT_EQ(note_of([](double) { return 1e-3; }), "");
}

TEST(FigurePicture, TheLegendNamesEachBandOnceAndApartFromTheCurves) {
  for (const int number : {1, 3, 4}) {
    FigureOptions options = small();
    if (number == 3) options.layers.clear(), options.inner.reset();
    const Figure f = figure(number, options);
    const Picture picture =
        figure_picture(figure_document(f, options, outcome_of(f, [](double x) { return x; }), 1, ""));
    int bands = 0;
    for (const LegendEntry& entry : picture.legend) {
      bands += entry.area ? 1 : 0;
      EXPECT_EQ(entry.note, entry.name != "bin11" && entry.name != "bin8") << entry.name;
    }
    EXPECT_EQ(bands, 1) << number;
  }
}

}  // namespace
}  // namespace halfulp
