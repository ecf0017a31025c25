#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "halfulp/report/certify_report.hpp"
#include "halfulp/report/table.hpp"

namespace halfulp {
namespace {

using Json = nlohmann::ordered_json;

/// null stands for what is not finite.
double number(const Json& value, double otherwise) {
  return value.is_number() ? value.get<double>() : otherwise;
}
constexpr double infinite = std::numeric_limits<double>::infinity();
std::string radius(const Json& value) { return value.is_number() ? in_short(value.get<double>()) : "inf"; }
std::string percent(double part, double whole) {
  if (!(whole > 0)) return "-";
  const double share = 100 * part / whole;
  return share > 0 && share < 9.95 ? fmt::format("{:.1f} %", share) : fmt::format("{:.0f} %", share);
}

std::string meaning(const std::string& verdict, const Json& d) {
  const double delta = d["delta"].get<double>();
  if (verdict == "certain")
    return d["at_random"].get<bool>() ? "proved for every run of the recipe"
                                      : "proved to be the token of exact arithmetic";
  if (verdict == "certain to first order") return "no roundings can change it, to first order";
  if (verdict == "certain with probability")
    return fmt::format("with probability {:g}, for roundings of mean 0", 1 - delta);
  return "none of these";
}

std::string verdicts_text(const Json& d) {
  Table table({"verdict", "tokens", "", "flips", "decisions", "meaning"}, 1);
  const auto all = static_cast<double>(d["tokens"].size());
  for (const Json& v : d["summary"]["verdicts"])
    table.add({v["verdict"], fmt::format("{}", v["tokens"].get<std::size_t>()),
               percent(v["tokens"].get<double>(), all), fmt::format("{}", v["flips"].get<std::size_t>()),
               fmt::format("{}", v["decisions"].get<std::size_t>()), meaning(v["verdict"], d)});
  std::string text = "How sure the greedy tokens are\n" + table.text();
  const std::size_t runs = d["runs"].get<std::size_t>();
  text += fmt::format("  flips: greedy tokens that changed in {}; expected {:.1f} a run, observed {:.1f}\n",
                      runs == 1 ? "the recipe's run" : fmt::format("{} runs of the recipe", runs),
                      number(d["summary"]["expected_flips"], infinite),
                      d["summary"]["observed_flips"].get<double>());
  if (d["extrapolated"].get<bool>())
    text += fmt::format(
        "  first order and probability: computed against the {} closest tokens; to the others the radii are\n"
        "  carried over by the distance of the head's rows and doubled (an extrapolation)\n",
        d["candidates"].get<std::size_t>());
  return text;
}

std::string calibration_text(const Json& d) {
  Table table({"predicted probability", "decisions", "mean predicted", "observed"}, 1);
  for (const Json& bin : d["summary"]["calibration"]) {
    const double decisions = bin["decisions"].get<double>();
    if (decisions == 0) continue;
    table.add({fmt::format("{:g} to {:g}", bin["low"].get<double>(), bin["high"].get<double>()),
               fmt::format("{:.0f}", decisions), percent(number(bin["predicted"], infinite), 1),
               percent(bin["flips"].get<double>(), decisions)});
  }
  return "\nAre the predicted flips right?\n" + table.text();
}

/// The id, and what it says in ASCII: text of a file must not steer a terminal.
std::string token_words(const Json& t) {
  std::string words = fmt::format("{}", t["token"].get<std::size_t>());
  if (t.contains("text")) words += " " + t["text"].dump(-1, ' ', true);
  return words;
}

std::string risk_text(const Json& d) {
  std::vector<Json> risky;
  for (const Json& t : d["tokens"])
    if (t["verdict"] == "at risk") risky.push_back(t);
  if (risky.empty()) return "\nNo token is at risk.\n";
  std::stable_sort(risky.begin(), risky.end(), [](const Json& a, const Json& b) {
    return number(a["flip_probability"], infinite) > number(b["flip_probability"], infinite);
  });
  constexpr std::size_t most = 12;
  Table table({"position", "token", "margin", "radius", "flip", "competitors"}, 1);
  for (std::size_t k = 0; k < std::min(most, risky.size()); ++k) {
    const Json& t = risky[k];
    std::string competitors;
    for (const Json& c : t["competitors"]) {
      if (competitors.size() > 40 || number(c["flip_probability"], 0) < 0.001) break;
      competitors += fmt::format("{}{} ({})", competitors.empty() ? "" : ", ", token_words(c),
                                 percent(number(c["flip_probability"], infinite), 1));
    }
    table.add({fmt::format("{}", t["position"].get<std::size_t>()), token_words(t), radius(t["margin"]),
               radius(t["radius"]["probabilistic"]), percent(number(t["flip_probability"], infinite), 1),
               competitors});
  }
  std::string text = "\nTokens at risk, the likeliest flips first (radius: probabilistic)\n" + table.text();
  text += "  (at risk: not shown to be certain; a small probability is an estimate, not a bound)\n";
  if (risky.size() > most) text += fmt::format("  and {} more\n", risky.size() - most);
  return text;
}

}  // namespace

std::string certify_text(const Json& document) {
  const Json head = {
      {"recipe", document["recipe"]}, {"model", document["model"]}, {"tokens", document["input"]}};
  return model_headline(head) + verdicts_text(document) + calibration_text(document) + risk_text(document);
}

std::string certify_csv(const Json& document) {
  std::string text =
      "position,token,margin,rigorous,first_order,probabilistic,verdict,flip_probability,flips\n";
  const auto field = [](const Json& value) {
    return value.is_null() ? std::string("inf") : value.is_string() ? value.get<std::string>() : value.dump();
  };
  for (const Json& t : document["tokens"]) {
    const Json& r = t["radius"];
    text += field(t["position"]) + "," + field(t["token"]) + "," + field(t["margin"]) + "," +
            field(r["rigorous"]) + "," + field(r["first_order"]) + "," + field(r["probabilistic"]) + "," +
            field(t["verdict"]) + "," + field(t["flip_probability"]) + "," + field(t["flips"]) + "\n";
  }
  return text;
}

}  // namespace halfulp
