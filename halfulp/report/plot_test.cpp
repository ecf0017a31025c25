#include "halfulp/report/plot.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "halfulp/base/error.hpp"
#include "halfulp/report/gnuplot.hpp"
#include "halfulp/report/plot_axes.hpp"
#include "halfulp/report/plot_layout.hpp"
#include "halfulp/report/text_testing.hpp"

namespace halfulp {
namespace {

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t times = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++times;
  return times;
}

/// Two panels on one scale, with everything that a panel can have.
Picture rich_picture() {
  Plot plot{"left", "x label", "y label", true, true, {}};
  plot.curves.push_back(
      {"first", {1, 10, 100, 1000}, {1e-8, 1e-6, HUGE_VAL, 1e-4}, {0, 5e-7, 1, 5e-5}, {1e-7, 2e-6, 1, 2e-4}});
  plot.curves.push_back({"second", {1, 10, 100}, {1e-3, 0, 1e-2}});
  plot.curves.back().stroke = 1;
  plot.lines.push_back({30, 1});
  plot.slopes = {1, 2};
  plot.scale = 0;
  Plot other = plot;
  other.title = "right";
  other.curves = {{"third", {2, 20}, {1e-10, 1e-9}}};
  return {"title", 2, {plot, other}};
}

TEST(Plot, WhatIsNotOnTheAxisIsAGapAndBandsEndAtTheFrame) {
  const std::string script = script_of(rich_picture(), PictureForm::svg);
  EXPECT_TRUE(has(script, "10 1e-06 5e-07 2e-06\n\n1000 0.0001 5e-05 0.0002\n")) << script;
  EXPECT_FALSE(has(script, "inf"));
  EXPECT_FALSE(has(script, "1 1e-08 0 ")) << "0 is not on a logarithmic axis";
}

TEST(Plot, ToAZeroOnALogarithmicAxisTheLineLeavesTheFrame) {
  Plot plot{"", "", "", true, true, {{"", {1, 10, 100}, {1e-3, 0, 1e-2}, {0, 0, 1e-9}, {1e-3, 2e-3, 1e-2}}}};
  const AxisRange y = y_axis({&plot});
  EXPECT_GE(y.low, 1e-6) << "not down to the band's end at 1e-9";
  EXPECT_LT(y.low, 1e-3);
  const std::string script = script_of({"", 1, {plot}}, PictureForm::svg);
  EXPECT_TRUE(has(script, fmt::format("10 {} {} 0.002\n", y.low / 10, y.low))) << script;
  EXPECT_TRUE(has_zeros_off_axis({"", 1, {plot}}));
  plot.curves[0].y[1] = 1e-5;
  plot.curves[0].low = {1e-4, 1e-6, 1e-9};
  EXPECT_FALSE(has_zeros_off_axis({"", 1, {plot}}));
  EXPECT_LE(y_axis({&plot}).low, 1e-9) << "without zeros all is shown";
  plot.log_y = false;
  plot.curves[0].y[1] = 0;
  EXPECT_FALSE(has_zeros_off_axis({"", 1, {plot}}));
}

TEST(Plot, DoubtfulPointsAndTheLinesThatEndAtThemAreThinAndPale) {
  Plot plot{"", "", "", false, true, {{"", {1, 2, 3, 4, 5, 6}, {1, 2, 3, 4, 5, 6}}}};
  Curve& curve = plot.curves[0];
  curve.low = curve.high = curve.y;
  curve.doubtful = {false, false, true, false, true, false};
  const Picture picture{"", 1, {plot}};
  const std::string script = script_of(picture, PictureForm::svg);
  EXPECT_TRUE(has(script, "$panel0curve0 << EOD\n1 1 1 1\n2 2 2 2\n\n4 4 4 4\n\n6 6 6 6\nEOD\n")) << script;
  EXPECT_TRUE(has(script, "$panel0curve0doubtful << EOD\n2 2\n3 3\n4 4\n5 5\n6 6\n\nEOD\n")) << script;
  EXPECT_TRUE(has(script, "with linespoints pt 7 ps 0.4 lw 0.7 dt 1 lc rgb '#7fb8d8'")) << script;
  plot.curves[0].doubtful = {true, false, false, true, false, false};
  EXPECT_TRUE(has(script_of({"", 1, {plot}}, PictureForm::svg),
                  "$panel0curve0doubtful << EOD\n1 1\n2 2\n\n3 3\n4 4\n5 5\n\nEOD\n"));
  plot.curves[0].doubtful.assign(6, true);
  EXPECT_FALSE(has(script_of({"", 1, {plot}}, PictureForm::svg), "$panel0curve0 ")) << "nothing to trust";
  plot.curves[0].doubtful.clear();
  EXPECT_FALSE(has(script_of({"", 1, {plot}}, PictureForm::svg), "doubtful"));
}

TEST(Plot, PanelsOfOneScaleHaveTheSameAxes) {
  const std::string script = script_of(rich_picture(), PictureForm::svg);
  const std::size_t first = script.find("set yrange"), end = script.find('\n', first);
  EXPECT_EQ(count(script, script.substr(first, end - first)), 2u);
  EXPECT_EQ(count(script, "set object polygon"), 4u) << "a triangle for each slope and panel";
}

TEST(Plot, TheLegendHasEveryNameOnce) {
  Picture picture = rich_picture();
  picture.panels[1].curves[0].name = "first";
  const std::string script = script_of(picture, PictureForm::svg);
  EXPECT_EQ(count(script, "title 'first'"), 1u);
  EXPECT_EQ(count(script, "title 'second'"), 1u);
}

TEST(Plot, NotesOfTheLegendStandBelowItsCurves) {
  Picture picture = rich_picture();
  picture.legend = {{"first", 0}, {"band", -1, 0, true, false, false, true}, {"second", 1}};
  const Layout l = layout_of(picture, picture.legend);
  ASSERT_EQ(l.legend_rows.size(), 2u);
  EXPECT_EQ(l.legend_rows[0].entries.size(), 2u);
  EXPECT_EQ(l.legend_rows[1].entries[0].name, "band");
  picture.legend[2].name = std::string(80, 'x');
  EXPECT_EQ(layout_of(picture, picture.legend).legend_rows.size(), 3u) << "too long for one row";
}

TEST(Plot, TextsAreNoCommands) {
  EXPECT_EQ(gnuplot_quoted("a'b\n`c`"), "'a\u2019b `c`'");
  const auto trap = std::filesystem::path(::testing::TempDir()) / "plot_test_trap";
  std::filesystem::remove(trap);
  const std::string evil = "'; system('touch " + trap.string() + "'); print '`touch " + trap.string() + "`";
  Picture picture = rich_picture();
  picture.title = picture.panels[0].title = picture.panels[0].x_label = picture.panels[0].y_label = evil;
  picture.panels[0].curves[0].name = evil;
  try {
    EXPECT_TRUE(has(drawn(picture, PictureForm::svg), "touch"));
  } catch (const resource_error& error) {
    EXPECT_TRUE(has(error.what(), "not installed")) << error.what();
  }
  EXPECT_FALSE(std::filesystem::exists(trap));
}

TEST(Plot, GnuplotDrawsAllFormsWithoutAWord) {
  try {
    check_can_draw();
  } catch (const resource_error&) {
    GTEST_SKIP() << "no gnuplot here";
  }
  const std::string svg = drawn(rich_picture(), PictureForm::svg);
  for (const char* part : {"first", "second", "third", "left", "right", "title", "x label"})
    EXPECT_TRUE(has(svg, part)) << part;
  EXPECT_TRUE(drawn(rich_picture(), PictureForm::png).starts_with("\x89PNG"));
  EXPECT_TRUE(drawn(rich_picture(), PictureForm::pdf).starts_with("%PDF"));
  const Plot empty{"", "x", "y", true, true, {{"nothing", {1, 2}, {HUGE_VAL, 0}}}};
  EXPECT_TRUE(has(drawn(empty, PictureForm::svg), "nothing finite"));
  EXPECT_TRUE(has(drawn(Plot{}, PictureForm::svg), "nothing finite"));
  EXPECT_THROW(run_gnuplot("no such command\n"), resource_error);
}

TEST(PlotAxes, PlaceAndAtAreInverse) {
  for (const AxisRange& axis : {AxisRange{1e-8, 1e3, true}, AxisRange{-1, 7, false}})
    for (const double place : {0.0, 0.25, 0.5, 1.0}) EXPECT_NEAR(axis.place(axis.at(place)), place, 1e-12);
}

TEST(PlotAxes, LabelsAreFewAndOnTheAxis) {
  for (int low = -290; low < 250; low += 7)
    for (int length = 1; length < 40; length += 3) {
      const AxisRange axis{decade(low), decade(low + length), true};
      const Labels labels = decade_labels(axis, 5);
      EXPECT_LE(labels.exponents.size(), 5u);
      EXPECT_GE(labels.exponents.size(), 1u) << low << " " << length;
      for (const int k : labels.exponents) EXPECT_TRUE(low <= k && k <= low + length);
    }
  EXPECT_EQ(label_step({0.7, 40.3, false, true}, 5), 10);
  EXPECT_EQ(label_step({0.7, 3.3, false, true}, 20), 1) << "layers come in whole numbers";
}

TEST(PlotAxes, ShortLogarithmicAxesEndAtLabels) {
  Plot plot{"", "", "", true, true, {{"", {1, 2, 3}, {2e-3, 4e-3, 3e-3}}}};
  const AxisRange y = y_axis({&plot});
  EXPECT_EQ(y.low, 1e-3);
  EXPECT_EQ(y.high, 1e-2);
  plot.curves[0].y = {5e-324, 1, 1.7e308};
  EXPECT_GT(y_axis({&plot}).low, 0);
  EXPECT_TRUE(std::isfinite(y_axis({&plot}).high));
}

TEST(PlotAxes, TrianglesHaveTheirSlopeAndTheSameCornerBelowAllCurves) {
  for (const int power : {-3, 0, 2}) {
    Plot plot{"", "", "", true, true, {}};
    Curve curve;
    for (int i = 0; i <= 20; ++i) {
      curve.x.push_back(std::ldexp(1.0, i));
      curve.y.push_back(std::ldexp(1e-9, power * i));
    }
    plot.curves.push_back(curve);
    plot.slopes = {1, 2};
    const AxisRange x = x_axis({&plot}), y = y_axis({&plot});
    const auto triangles = slope_triangles(plot, x, y);
    ASSERT_EQ(triangles.size(), 2u);
    const double lowest = *std::min_element(curve.y.begin(), curve.y.end());
    for (const SlopeTriangle& t : triangles) {
      EXPECT_NEAR(std::log(t.y1 / t.y0) / std::log(t.x1 / t.x0), t.slope, 1e-9);
      EXPECT_TRUE(x.low < t.x0 && t.x1 < x.high && y.low < t.y0 && t.y1 < y.high);
      EXPECT_LT(t.y1, lowest) << power;
      EXPECT_NEAR(y.place(t.y0), 0.04, 1e-12);
    }
    EXPECT_NEAR(x.place(triangles[0].x0), 0.04, 1e-12);
    EXPECT_LT(triangles[0].x1, triangles[1].x0);
    plot.log_x = false;
    EXPECT_TRUE(slope_triangles(plot, x_axis({&plot}), y).empty());
  }
}

}  // namespace
}  // namespace halfulp
