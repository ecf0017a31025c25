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

}  // namespace
}  // namespace halfulp
