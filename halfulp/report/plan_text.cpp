#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "halfulp/report/json_number.hpp"
#include "halfulp/report/plan_report.hpp"
#include "halfulp/report/table.hpp"

namespace halfulp {
namespace {

using Json = nlohmann::ordered_json;

std::string percent(double share) {
  return std::isfinite(share) ? fmt::format("{:.1f} %", 100 * share) : "-";
}
std::string millions(const Json& value) { return fmt::format("{:.3g} M", number_in(value) / 1e6); }

std::string verdict_text(const Json& d) {
  const Json &base = d["base"]["predicted"], &plan = d["plan"]["predicted"];
  const std::string budget = d["budget"];
  if (!d["reached"].get<bool>())
    return fmt::format(
        "No plan reaches {}: with every site that helps promoted to {}, a divergence of {} remains, {:.1f} "
        "flips, "
        "{} rms in the logits.\n\n",
        budget, d["promote"].get<std::string>(), shown(plan["kld"]), number_in(plan["flips"]),
        shown(plan["logits"]));
  if (d["plan"]["promotions"] == 0)
    return fmt::format(
        "The base is predicted to stay within {} as it is: a KL divergence of {}, {:.1f} flips.\n\n", budget,
        shown(base["kld"]), number_in(base["flips"]));
  return fmt::format(
      "To reach {}, promote {} of {} sites to {}: the predicted KL divergence falls from {} to {} (+- {} "
      "%).\n\n",
      budget, d["plan"]["promotions"].get<std::size_t>(), d["everything"]["promotions"].get<std::size_t>(),
      d["promote"].get<std::string>(), shown(base["kld"]), shown(plan["kld"]),
      std::lround(100 * number_in(d["relative_error"])));
}

/// Layers of a site: "0-2, 4".
std::string ranges(const std::vector<std::size_t>& layers) {
  std::string text;
  for (std::size_t i = 0; i < layers.size();) {
    std::size_t j = i;
    while (j + 1 < layers.size() && layers[j + 1] == layers[j] + 1) ++j;
    text += fmt::format("{}{}", text.empty() ? "" : ", ", layers[i]);
    if (j > i) text += fmt::format("-{}", layers[j]);
    i = j + 1;
  }
  return text;
}

struct SiteSum {
  std::vector<std::size_t> layers;
  double share = 0, bytes = 0, multiplications = 0;
  std::string reason;
};

std::string sites_text(const Json& d) {
  if (d["sites"].empty()) return "";
  std::map<std::string, SiteSum> sums;
  for (const Json& s : d["sites"]) {
    SiteSum& sum = sums[s["site"]];
    if (s["layer"].is_number()) sum.layers.push_back(s["layer"].get<std::size_t>());
    sum.share += number_in(s["share"]);
    sum.bytes += number_in(s["cost"]["bytes"]);
    sum.multiplications += number_in(s["cost"]["multiplications"]);
    sum.reason = s["reason"];
  }
  std::vector<std::string> order;
  for (auto& [name, sum] : sums) {
    std::sort(sum.layers.begin(), sum.layers.end());
    order.push_back(name);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](const std::string& a, const std::string& b) { return sums[a].share > sums[b].share; });
  Table table({"site", "layers", "of the divergence", "bytes", "multiplications"}, 2);
  std::string reasons;
  for (const std::string& name : order) {
    const SiteSum& sum = sums[name];
    table.add({name, ranges(sum.layers), percent(sum.share), fmt::format("+{}", in_bytes(sum.bytes)),
               sum.multiplications > 0 ? fmt::format("{:.3g} M", sum.multiplications / 1e6) : "0"});
    reasons += fmt::format("  {}: {}\n", name, sum.reason);
  }
  return "What to promote\n" + table.text() + "\nWhy\n" + reasons;
}

std::string variants_text(const Json& d) {
  const bool ran = d["base"]["observed"].is_object();
  Table table(
      ran ? std::vector<std::string>{"recipe", "sites", "cost", "KL predicted", "observed", "logits rms",
                                     "observed", "flips", "observed"}
          : std::vector<std::string>{"recipe", "sites", "cost", "KL predicted", "logits rms", "flips"});
  const auto add = [&](const Json& v) {
    std::vector<std::string> row = {v["name"], v["promotions"].dump(), millions(v["cost"]["weighted"])};
    const Json &p = v["predicted"], &o = v["observed"];
    for (const char* key : {"kld", "logits", "flips"}) {
      const bool counts = std::string(key) == "flips";
      row.push_back(counts ? fmt::format("{:.1f}", number_in(p[key])) : shown(p[key]));
      if (ran) row.push_back(counts ? o[key].dump() : shown(o[key]));
    }
    table.add(row);
  };
  add(d["base"]);
  add(d["plan"]);
  for (const Json& rule : d["rules"]) add(rule);
  add(d["everything"]);
  std::string text = "\nBeside rules of thumb at the plan's cost or below\n" + table.text();
  return text + fmt::format(
                    "  cost: {} a byte moved more, {} a multiplication in {}; the plan moves {} more ({} of "
                    "what the base "
                    "moves)\n  and multiplies {} ({} of all) there.\n",
                    shown(d["weights"]["byte"]), shown(d["weights"]["multiplication"]),
                    d["promote"].get<std::string>(), in_bytes(number_in(d["plan"]["cost"]["bytes"])),
                    percent(number_in(d["plan"]["cost"]["bytes"]) / number_in(d["base_cost"]["bytes"])),
                    millions(d["plan"]["cost"]["multiplications"]),
                    percent(number_in(d["plan"]["cost"]["multiplications"]) /
                            number_in(d["base_cost"]["multiplications"])));
}

std::string best_text(const Json& d) {
  if (d["best"].empty() || d["best"][0]["simulated"].is_null()) return "";
  Table table({"promotion", "predicted gain", "simulated", "rounded alone", "predicted over alone"});
  for (const Json& g : d["best"]) {
    const std::string site = g["site"];
    table.add({g["layer"].is_null() ? site : fmt::format("{}.{}", g["layer"].get<std::size_t>(), site),
               shown(g["gain"]), shown(g["simulated"]), shown(g["alone"]),
               in_short(number_in(g["gain"]) / number_in(g["alone"]))});
  }
  return "\nThe three best single promotions, in simulation\n" + table.text();
}

std::string curve_text(const Json& d) {
  Table table({"cost", "bytes", "multiplications", "sites", "KL predicted", "of the base", "flips"}, 0);
  const double base = number_in(d["base"]["predicted"]["kld"]);
  const std::size_t points = d["curve"].size(), rows = std::min<std::size_t>(points, 16);
  for (std::size_t k = 0; k < rows; ++k) {
    const Json& p = d["curve"][rows < 2 ? 0 : k * (points - 1) / (rows - 1)];
    table.add({millions(p["cost"]["weighted"]), in_bytes(number_in(p["cost"]["bytes"])),
               millions(p["cost"]["multiplications"]), p["promotions"].dump(), shown(p["predicted"]["kld"]),
               percent(number_in(p["predicted"]["kld"]) / base),
               fmt::format("{:.1f}", number_in(p["predicted"]["flips"]))});
  }
  std::string text = "\nCost against divergence: no cheaper plan found is as good\n" + table.text();
  if (points > rows) text += fmt::format("  {} of {} points\n", rows, points);
  return text;
}

std::string hints_text(const Json& d) {
  if (d["hints"].empty()) return "";
  std::string text = "\nWhere other engines have a switch for it\n";
  for (const Json& h : d["hints"])
    text +=
        fmt::format("  {}, {}: {}\n    {}\n", h["engine"].get<std::string>(), h["sites"].get<std::string>(),
                    h["setting"].get<std::string>(), h["note"].get<std::string>());
  return text;
}

}  // namespace

std::string plan_text(const Json& d) {
  return model_headline(d) + verdict_text(d) + sites_text(d) + variants_text(d) + best_text(d) +
         curve_text(d) + hints_text(d) +
         fmt::format("\nThe recipe: {}\n", d["plan"]["recipe"].get<std::string>());
}

std::string plan_csv(const Json& d) {
  std::string text = "layer,site,gain,share,bytes,multiplications,reason\n";
  for (const Json& s : d["sites"])
    text += fmt::format("{},{},{},{},{},{},\"{}\"\n", s["layer"].is_null() ? "" : s["layer"].dump(),
                        s["site"].get<std::string>(), s["gain"].dump(), s["share"].dump(),
                        s["cost"]["bytes"].dump(), s["cost"]["multiplications"].dump(),
                        s["reason"].get<std::string>());
  return text;
}

Plot plan_plot(const Json& d) {
  Plot plot;
  plot.title = fmt::format("{} with sites promoted to {}, {}", d["recipe"]["text"].get<std::string>(),
                           d["promote"].get<std::string>(), d["model"]["folder"].get<std::string>());
  plot.x_label = "cost beyond the base, per cent of the base";
  plot.y_label = "mean KL divergence, nats a token";
  plot.log_y = true;
  const double whole =
      number_in(d["base_cost"]["bytes"]) * number_in(d["weights"]["byte"]) +
      number_in(d["base_cost"]["multiplications"]) * number_in(d["weights"]["multiplication"]);
  const auto cost = [&](const Json& v) { return 100 * number_in(v["cost"]["weighted"]) / whole; };
  Curve predicted;
  predicted.name = "predicted, best plans";
  for (const Json& p : d["curve"]) {
    // Where hardly anything is left narrow, what remains is of another order and would flatten the rest.
    if (number_in(p["predicted"]["kld"]) < 1e-3 * number_in(d["base"]["predicted"]["kld"])) continue;
    predicted.x.push_back(cost(p));
    predicted.y.push_back(number_in(p["predicted"]["kld"]));
  }
  plot.curves.push_back(predicted);
  const auto point = [&](const Json& v, const std::string& name) {
    if (v["observed"].is_null()) return;
    plot.curves.push_back({name, {cost(v)}, {number_in(v["observed"]["kld"])}});
  };
  point(d["base"], "base, simulated");
  point(d["plan"], "plan, simulated");
  for (const Json& rule : d["rules"]) point(rule, rule["name"].get<std::string>() + ", simulated");
  return plot;
}

}  // namespace halfulp
