#include <gtest/gtest.h>

#include <cmath>
#include <sstream>

#include "halfulp/report/figure_testing.hpp"

namespace halfulp {
namespace {

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
  const std::string text = figure_text(figure_1_of_one_trial());
  EXPECT_NE(text.find("1.6e+1 few"), std::string::npos) << text;
  EXPECT_NE(text.find("trust the median"), std::string::npos) << text;
  EXPECT_EQ(figure_text(figure_1()).find("few"), std::string::npos);
}

TEST(FigureText, MarksGrowthOfMeansCarriedByFew) {
  Json document = figure_1();
  for (Json& series : document["series"]) series["normwise"]["carried_by_few"][4] = true;  // layer 5
  const std::string text = figure_text(document);
  std::istringstream lines(text.substr(text.find("Growth")));
  int marked = 0, trusted = 0;
  for (std::string line; std::getline(lines, line);) {
    const bool has_five = line.find("1 to 6") != line.npos || line.find("4 to 6") != line.npos;
    marked += has_five && line.find("0.000 few  0.301") != line.npos ? 1 : 0;
    trusted += line.find("1 to 3") != line.npos && line.find("few") == line.npos ? 1 : 0;
  }
  EXPECT_EQ(marked, 8) << text;
  EXPECT_EQ(trusted, 4) << text;
  EXPECT_NE(text.find("trust the median"), std::string::npos) << "layer 5 is in no line of the table above";
}

}  // namespace
}  // namespace halfulp
