#include <fmt/format.h>

#include "halfulp/report/json_number.hpp"
#include "halfulp/report/tolerance_report.hpp"

namespace halfulp {
namespace {

using Json = nlohmann::ordered_json;

std::string heading(const Json& d) {
  std::string sizes;
  for (const auto& [name, value] : d["sizes"].items())
    if (!value.is_null()) sizes += fmt::format(" {} {}", name, value.get<std::size_t>());
  std::string magnitudes;
  for (const Json& x : d["absmax"])
    magnitudes += fmt::format("{}{:g}", magnitudes.empty() ? "" : ", ", x.get<double>());
  const Json& f = d["formats"];
  const auto word = [](const Json& value) { return value.get<std::string>(); };
  std::string text = fmt::format("{}{}: {} in, {} accumulator, {} out", word(d["operation"]), sizes,
                                 word(f["in"]), word(f["acc"]), word(f["out"]));
  if (!f["inner"].is_null()) text += fmt::format(", {} between", word(f["inner"]));
  if (!d["order"].is_null()) text += fmt::format("; order: {}", word(d["order"]));
  const std::string against = word(d["against"]);
  return text + fmt::format("\ninputs at most {} in magnitude (--absmax); compared with {}\n", magnitudes,
                            against == "exact"      ? "the exact result"
                            : against == "binary64" ? "a binary64 evaluation of the same inputs"
                            : against == "rounded"  ? "a binary64 evaluation rounded to the result's format"
                                                    : "another kernel of the same formats");
}

std::string cell(const Json& value) {
  return value.is_null() ? "no statement" : rounded_up(value.get<double>());
}

std::string steps_text(const char* title, const Json& value) {
  std::string text = fmt::format("\n{}\n", title);
  for (const Json& step : value["steps"]) {
    text +=
        fmt::format("  {:<12} = {}\n", step["name"].get<std::string>(), step["formula"].get<std::string>());
    const std::string numbers = step["numbers"];
    const std::string size =
        step["value"].is_null() ? "no statement" : fmt::format("{:.4g}", step["value"].get<double>());
    if (numbers.empty())
      text += fmt::format("  {:<12} = {}\n", "", size);
    else
      text += fmt::format("  {:<12} = {}   ({})\n", "", size, numbers);
  }
  return text;
}

std::string hypotheses_text(const char* title, const Json& hypotheses) {
  std::string text = fmt::format("\n{}\n", title);
  for (const Json& h : hypotheses)
    text += fmt::format("  {:<8} {}\n", h["standing"].get<std::string>(), h["text"].get<std::string>());
  return text;
}

std::string lines_text(const char* title, const Json& lines) {
  if (lines.is_null()) return {};
  std::string text = fmt::format("\nTo paste, {}\n", title);
  for (const Json& line : lines) text += fmt::format("  {}\n", line.get<std::string>());
  return text;
}

std::string failures_text(const std::string& what, const Json& hypotheses) {
  std::string text;
  for (const Json& h : hypotheses)
    if (h["standing"] == "failed") text += "    " + h["text"].get<std::string>() + "\n";
  return text.empty() ? text : what + ", because this fails:\n" + text;
}

/// The function that makes tolerances of the data; empty where there is none.
std::string data_form(const Json& d) {
  const std::string op = d["operation"];
  if (op == "gemm" || op == "dot") return "gemm_tolerance(A, B)";
  if (op == "layernorm") return "layer_norm_tolerance(X, gain, bias)";
  return op == "sdpa" ? "attention_tolerance(Q, K, V)" : "";
}

}  // namespace

std::string tolerance_text(const Json& d) {
  std::string text = heading(d);
  text += "\n  |y - b| <= atol + rtol |b|       atol          rtol\n";
  const auto row = [&](const char* name, const Json& value, const std::string& meaning) {
    text +=
        fmt::format("  {:<25}{:>14}{:>14}  {}\n", name, cell(value["atol"]), cell(value["rtol"]), meaning);
  };
  row("worst case", d["worst"], d["worst"]["atol"].is_null() ? "" : "no correct kernel exceeds it");
  row("probabilistic", d["probabilistic"],
      fmt::format("one comparison of {:g} entries in {:g} may", d["entries"].get<double>(),
                  1 / d["probability"].get<double>()));
  if (d["worst"]["vacuous"] || d["probabilistic"]["vacuous"])
    text += fmt::format("  vacuous{}: atol is no less than any result, zeros would pass; {}\n",
                        d["probabilistic"]["vacuous"] ? "" : " in the worst case",
                        data_form(d).empty() ? "give smaller --absmax" : "use the data's own, below");
  text += failures_text(
      "  no statement" + std::string(d["probabilistic"]["atol"].is_null() ? "" : " in the worst case"),
      d["hypotheses"]);
  text += failures_text("  no statement on probability", d["model"]);
  text += lines_text("worst case", d["worst"]["lines"]);
  text += lines_text("probabilistic", d["probabilistic"]["lines"]);
  text += steps_text("Worst case", d["worst"]);
  text += steps_text("Probabilistic", d["probabilistic"]);
  text +=
      "  gammatilde of a additions and b other roundings is (1 + gammatilde_a)(1 + gamma_b) - 1; where the "
      "sum\n  stands under a root, gammatilde_a / (2 - 2 gammatilde_a) in place of gammatilde_a\n";
  text += hypotheses_text("Hypotheses", d["hypotheses"]);
  text += hypotheses_text("The probabilistic value also", d["model"]);
  text += "\nRests on\n";
  for (const Json& statement : d["statements"]) text += fmt::format("  {}\n", statement.get<std::string>());
  if (const std::string form = data_form(d); !form.empty())
    text += fmt::format(
        "\nFar sharper where the test has the inputs: {} of "
        "halfulp/analysis/tolerance/tolerance.hpp, one atol for each entry.\n",
        form);
  return text;
}

}  // namespace halfulp
