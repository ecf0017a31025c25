// Heat maps: what gnuplot is told, and that it draws.
#include "halfulp/report/heat_map.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "halfulp/base/error.hpp"

namespace halfulp {
namespace {

HeatMaps two() {
  HeatMap a{"first", "head", "layer", true, {0, 1}, {0, 1, 2}, {{1, 10, 100}, {0, NAN, HUGE_VAL}}};
  HeatMap b{"second", "head", "layer", false, {0, 1}, {0, 1, 2}, {{-1, 0, 1}, {2, 3, 4}}};
  return {"it's \"the\" $title", {a, b}, "a note"};
}

TEST(HeatMap, WhatHasNoColourIsLeftWhite) {
  const std::string script = script_of(two(), PictureForm::svg);
  EXPECT_NE(script.find("EOD\n0 0 1\n1 0 10\n2 0 100\nEOD"), std::string::npos) << script;
  EXPECT_NE(script.find("EOD\n0 0 -1\n1 0 0\n2 0 1\n0 1 2\n1 1 3\n2 1 4\nEOD"), std::string::npos);
  EXPECT_NE(script.find("set cbrange [1:100]"), std::string::npos);
  EXPECT_NE(script.find("set cbrange [-1:4]"), std::string::npos);
}

TEST(HeatMap, TextsAreNoCommands) {
  HeatMaps maps = two();
  maps.maps[0].title = "a'\nsystem 'rm'";
  const std::string script = script_of(maps, PictureForm::svg);
  EXPECT_EQ(script.find("\nsystem"), std::string::npos) << script;
}

TEST(HeatMap, IsDrawnInEveryForm) {
  try {
    check_can_draw();
  } catch (const resource_error&) {
    GTEST_SKIP() << "gnuplot is missing";
  }
  EXPECT_NE(drawn(two(), PictureForm::svg).find("second"), std::string::npos);
  EXPECT_EQ(drawn(two(), PictureForm::png).substr(1, 3), "PNG");
  EXPECT_EQ(drawn(two(), PictureForm::pdf).substr(0, 4), "%PDF");
  // A single row is drawn too, each cell a box of its own colour.
  HeatMaps row{
      "a <row> & more", {{"first", "head", "layer", true, {3}, {0, 1, 2, 3, 4}, {{1, 2, 4, 8, 16}}}}, ""};
  const std::string svg = drawn(row, PictureForm::svg);
  EXPECT_EQ(svg.find("<image"), std::string::npos);
  EXPECT_NE(svg.find("<title>a &lt;row> &amp; more</title>"), std::string::npos);
  EXPECT_EQ(svg.find("rgb(148,   0, 211)"), std::string::npos) << "gnuplot's own colour";
  HeatMaps nothing = two();
  nothing.maps[0].values = {{NAN, 0, -1}, {NAN, NAN, NAN}};
  nothing.maps[1].values = {{2, 2, 2}, {2, 2, 2}};
  EXPECT_NE(drawn(nothing, PictureForm::svg).find("nothing finite"), std::string::npos);
}

}  // namespace
}  // namespace halfulp
