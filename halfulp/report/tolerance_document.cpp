#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "halfulp/report/json_number.hpp"
#include "halfulp/report/provenance.hpp"
#include "halfulp/report/tolerance_report.hpp"

namespace halfulp {
namespace {

using Json = nlohmann::ordered_json;

double parsed(const std::string& text) {
  double x = 0;
  std::from_chars(text.data(), text.data() + text.size(), x);
  return x;
}

/// Ready to paste: y is the kernel's result, b the reference, both raised to binary64 first.
Json lines(const ToleranceValue& value) {
  if (!value.is_statement()) return nullptr;
  const std::string atol = rounded_up(value.atol), rtol = rounded_up(value.rtol);
  Json all;
  all["torch"] =
      fmt::format("torch.testing.assert_close(y.double(), b.double(), rtol={}, atol={})", rtol, atol);
  all["numpy"] = fmt::format(
      "numpy.testing.assert_allclose(y.astype(numpy.float64), b.astype(numpy.float64), rtol={}, atol={})",
      rtol, atol);
  all["googletest"] =
      fmt::format("EXPECT_NEAR(double(y), double(b), {} + {} * std::fabs(double(b)));", atol, rtol);
  return all;
}

Json value_of(const ToleranceValue& value) {
  Json entry;
  entry["atol"] = number(value.is_statement() ? value.atol : HUGE_VAL);
  entry["rtol"] = number(value.is_statement() ? value.rtol : HUGE_VAL);
  entry["vacuous"] = value.vacuous;
  entry["lines"] = lines(value);
  entry["steps"] = Json::array();
  for (const ToleranceStep& step : value.steps)
    entry["steps"].push_back({{"name", step.name},
                              {"formula", step.formula},
                              {"numbers", step.numbers},
                              {"value", number(step.value)}});
  return entry;
}

Json hypotheses_of(const std::vector<ToleranceHypothesis>& hypotheses) {
  constexpr const char* standings[] = {"checked", "assumed", "failed"};
  Json all = Json::array();
  for (const ToleranceHypothesis& h : hypotheses)
    all.push_back({{"standing", standings[static_cast<std::size_t>(h.standing)]}, {"text", h.text}});
  return all;
}

}  // namespace

std::string rounded_up(double x) {
  std::string text = fmt::format("{:.3e}", x);
  for (double larger = x; parsed(text) < x; text = fmt::format("{:.3e}", larger)) {
    larger = std::max(larger + x * 2e-4, std::nextafter(larger, HUGE_VAL));
    if (std::isinf(larger)) return fmt::format("{}", x);
  }
  return std::isinf(parsed(text)) ? fmt::format("{}", x) : text;
}

Json tolerance_document(const Tolerance& tolerance, const std::string& command_line) {
  const ToleranceRequest& r = tolerance.request;
  Json document = document_of("halfulp.tolerance/1", command_line);
  document["operation"] = name_of(r.op);
  document["sizes"] = {{"k", or_null(r.k)}, {"m", or_null(r.m)}, {"n", or_null(r.n)}, {"d", or_null(r.d)}};
  document["entries"] = tolerance.entries;
  document["formats"] = {{"in", r.in}, {"acc", r.acc}, {"out", r.out}};
  document["formats"]["inner"] = r.inner.empty() ? Json() : Json(r.inner);
  document["order"] = r.order.empty() ? Json() : Json(r.order);
  document["absmax"] = r.absmax;
  document["against"] = name_of(r.against);
  document["probability"] = r.probability;
  document["worst"] = value_of(tolerance.worst);
  document["probabilistic"] = value_of(tolerance.probabilistic);
  document["hypotheses"] = hypotheses_of(tolerance.hypotheses);
  document["model"] = hypotheses_of(tolerance.model);
  document["statements"] = tolerance.statements;
  return document;
}

}  // namespace halfulp
