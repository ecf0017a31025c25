#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "halfulp/analysis/error_statistics.hpp"
#include "halfulp/report/json_number.hpp"
#include "halfulp/report/profile_report.hpp"
#include "halfulp/report/table.hpp"

namespace halfulp {
namespace {

using Json = nlohmann::ordered_json;

/// Of the numbers among them; NaN when there are none.
double median_of_numbers(std::vector<double> values) {
  std::erase_if(values, [](double v) { return std::isnan(v); });
  return values.empty() ? std::numeric_limits<double>::quiet_NaN() : median(std::move(values));
}

std::string place(const Json& site) {
  const std::string name = site["site"];
  return site["layer"].is_null() ? name : fmt::format("{} {}", site["layer"].get<std::size_t>(), name);
}

std::string output_text(const Json& d) {
  const Json& o = d["output"];
  const Json& kld = o["kld"];
  const auto tokens = d["tokens"]["count"].get<std::size_t>();
  const double carried = number_in(kld["max"]) / (number_in(kld["mean"]) * static_cast<double>(tokens));
  std::string text = "What it does to the output\n";
  text += fmt::format("  KL divergence   {} nats a token (standard error {}; 99 % {}, max {})\n",
                      shown(kld["mean"]), shown(kld["se"]), shown(kld["p99"]), shown(kld["max"]));
  if (carried > 0.2 && tokens > 8)
    text += fmt::format("                  one token carries {:.0f} % of that mean\n", 100 * carried);
  text += fmt::format("  greedy token    changes at {} of {} positions\n", o["top1_flips"].get<std::size_t>(),
                      tokens);
  text += fmt::format("  logits          off by {} rms, {} at most; their own rms is {}\n",
                      shown(o["logit_difference"]["rms"]), shown(o["logit_difference"]["max"]),
                      shown(o["reference_logit_rms"]));
  if (o["cross_entropy"]["reference"].is_number())
    text += fmt::format("  cross-entropy   {:.4f} nats in the reference, {:.4f} in the recipe\n",
                        number_in(o["cross_entropy"]["reference"]), number_in(o["cross_entropy"]["recipe"]));
  return text;
}

std::string reference_text(const Json& d) {
  const Json& r = d["reference"];
  const std::string kind = r["kind"] == "fp64" ? "binary64" : "double-double", check = r["check"];
  if (check == "none") return fmt::format("  reference       {}, taken on trust\n", kind);
  std::string text =
      fmt::format("  reference       {}, its logits good to {} in norm ", kind, shown(r["radius"]));
  if (check == "running_error") return text + "(a bound: running error analysis)\n";
  const auto checked = r["checked_tokens"].get<std::size_t>(), all = d["tokens"]["count"].get<std::size_t>();
  text += check == "double_double" ? "(measured: a run in double-double" : "(estimated: a run in binary64";
  return text + (checked < all ? fmt::format(" of the first {} tokens)\n", checked) : ")\n");
}

/// Sites by what each does to the output when it alone is rounded.
std::string effects_text(const Json& d) {
  if (d["effects"].empty()) return "";
  double sum = 0;
  for (const Json& e : d["effects"]) sum += number_in(e["kld_mean"]);
  Table table({"site", "KL divergence", "share", "", "logits rms", "flips"});
  for (const Json& e : d["effects"]) {
    const double share = number_in(e["kld_mean"]) / sum;
    const auto bar = std::isfinite(share) ? static_cast<std::size_t>(std::lround(24 * share)) : 0;
    table.add({e["site"], shown(e["kld_mean"]),
               std::isfinite(share) ? fmt::format("{:.0f} %", 100 * share) : "-",
               std::string(bar, '#') + std::string(24 - std::min<std::size_t>(bar, 24), ' '),
               shown(e["logit_rms"]), std::to_string(e["top1_flips"].get<std::size_t>())});
  }
  return "\nWhich sites matter most: each rounded alone, in all layers\n" + table.text();
}

/// One line a site: medians over its layers, and where the total is largest.
std::string sites_text(const Json& d) {
  std::map<std::string, std::vector<const Json*>> by_site;
  std::vector<std::string> order;
  for (const Json& s : d["sites"]) {
    auto& group = by_site[s["site"]];
    if (group.empty()) order.push_back(s["site"]);
    group.push_back(&s);
  }
  const bool shares = !d["sites"].empty() && d["sites"].front()["share"].is_number();
  std::vector<std::string> header = {"site", "made here", "came in", "total", "amplified", "largest total"};
  if (shares) header.insert(header.begin() + 1, "share");
  Table table(header);
  for (const std::string& name : order) {
    std::vector<double> local, inherited, total, amplified;
    double share = 0;
    const Json* worst = by_site[name].front();
    for (const Json* s : by_site[name]) {
      local.push_back(number_in((*s)["local"]["normwise"]));
      inherited.push_back(number_in((*s)["inherited"]["normwise"]));
      total.push_back(number_in((*s)["total"]["normwise"]));
      amplified.push_back(number_in((*s)["amplification"]));
      share += shares ? number_in((*s)["share"]) : 0;
      if (!(number_in((*s)["total"]["normwise"]) <= number_in((*worst)["total"]["normwise"]))) worst = s;
    }
    const bool marked = std::any_of(by_site[name].begin(), by_site[name].end(),
                                    [](const Json* s) { return (*s)["trusted"] == false; });
    const std::string where =
        (*worst)["layer"].is_null() ? "" : fmt::format(" in layer {}", (*worst)["layer"].get<std::size_t>());
    std::vector<std::string> row = {name + (marked ? " *" : ""),
                                    in_short(median_of_numbers(local)),
                                    in_short(median_of_numbers(inherited)),
                                    in_short(median_of_numbers(total)),
                                    in_short(median_of_numbers(amplified)),
                                    shown((*worst)["total"]["normwise"]) + where};
    if (shares) row.insert(row.begin() + 1, fmt::format("{:.1f} %", 100 * share));
    table.add(std::move(row));
  }
  std::string text = "\nHow the error comes about: relative error in the 2-norm, median over layers\n";
  if (shares) text += "(share: of the predicted KL divergence, all layers together; more with attribute)\n";
  return text + table.text();
}

std::string growth_text(const Json& d) {
  std::string line;
  for (const Json& s : d["sites"])
    if (s["site"] == "mlp_residual") line += fmt::format(" {}", shown(s["total"]["normwise"]));
  return line.empty() ? "" : "\nError of the residual stream, layer by layer:" + line + "\n";
}

/// What must not be overlooked: overflow, NaN, numbers that the reference does not support.
std::string warnings_text(const Json& d) {
  std::string text;
  std::size_t marked = 0;
  for (const Json& s : d["sites"]) {
    marked += s["trusted"] == false;
    const Json& e = s["events"];
    const auto overflow = e["overflow"].get<std::uint64_t>(), nan = e["nan"].get<std::uint64_t>();
    if (overflow + nan > 0 && text.size() < 400)
      text += fmt::format("  {}: {} overflows, {} NaN\n", place(s), overflow, nan);
  }
  if (!text.empty()) text = "\nOverflow\n" + text;
  if (marked > 0)
    text += fmt::format(
        "\n* {} of {} sites: the error is less than 100 times the reference's own there; do not rely on it"
        " (--ref dd has more digits).\n",
        marked, d["sites"].size());
  return text;
}

}  // namespace

std::string profile_text(const Json& document) {
  return model_headline(document) + output_text(document) + reference_text(document) +
         effects_text(document) + sites_text(document) + growth_text(document) + warnings_text(document);
}

std::string profile_csv(const Json& document) {
  std::string text = "layer,site";
  const std::vector<std::string> parts = {"local", "inherited", "total"};
  const std::vector<std::string> numbers = {"max", "mean", "median", "p05", "p95", "infinite"};
  for (const auto& part : parts) {
    for (const auto& name : numbers) text += "," + part + "_" + name;
    text += "," + part + "_normwise";
  }
  text += ",amplification,share,overflow,underflow,nan,reference_error,trusted\n";
  const auto cell = [](const Json& v) {
    return v.is_null() ? std::string() : v.is_string() ? v.get<std::string>() : v.dump();
  };
  for (const Json& s : document["sites"]) {
    text += cell(s["layer"]) + "," + cell(s["site"]);
    for (const auto& part : parts) {
      for (const auto& name : numbers) text += "," + cell(s[part]["componentwise"][name]);
      text += "," + cell(s[part]["normwise"]);
    }
    text += "," + cell(s["amplification"]) + "," + cell(s["share"]) + "," + cell(s["events"]["overflow"]) +
            "," + cell(s["events"]["underflow"]) + "," + cell(s["events"]["nan"]) + "," +
            cell(s["reference_error"]) + "," + cell(s["trusted"]) + "\n";
  }
  return text;
}

}  // namespace halfulp
