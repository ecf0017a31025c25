#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "halfulp/report/attribution_report.hpp"
#include "halfulp/report/json_number.hpp"
#include "halfulp/report/table.hpp"

namespace halfulp {
namespace {

using Json = nlohmann::ordered_json;

std::string percent(double share) {
  if (!std::isfinite(share)) return "-";
  return std::fabs(share) < 0.0995 ? fmt::format("{:.1f} %", 100 * share)
                                   : fmt::format("{:.0f} %", 100 * share);
}

std::string quantity(const std::string& target) {
  if (target == "kld") return "mean KL divergence, nats a token";
  if (target == "logits") return "rms error of the logits";
  if (target == "loss") return "change of the loss, nats (standard deviation)";
  if (target == "margin") return "rms error of the top-1 margins";
  return "change of the margin of the top token at position " + target.substr(6) + " (standard deviation)";
}

/// The first step whose errors are no numbers.
std::string overflow_text(const Json& d) {
  for (const Json& s : d["sites"]) {
    if (!s["sigma"].is_null()) continue;
    const std::string layer =
        s["layer"].is_null() ? "" : fmt::format("layer {} ", s["layer"].get<std::size_t>());
    return fmt::format(
        "  no prediction  the recipe overflows, first at {}{}.{}: give it a format with more range there\n"
        "                 (halfulp profile counts the events)\n",
        layer, s["site"].get<std::string>(), s["step"].get<std::string>());
  }
  return "  no prediction  the model's own logits are not numbers\n";
}

std::string bounds_text(const Json& d) {
  const auto bound = [](const Json& b) { return b.is_null() ? std::string("no statement") : shown(b); };
  return fmt::format("  bounds         {} with probability {:g}, {} always (first order)\n",
                     bound(d["bound"]["probabilistic"]), 1 - number_in(d["delta"]),
                     bound(d["bound"]["deterministic"]));
}

std::string prediction_text(const Json& d) {
  std::string text = fmt::format("What the recipe will do: {}\n", quantity(d["target"]));
  if (d["predicted"].is_null()) return text + overflow_text(d);
  text += fmt::format("  predicted      {}", shown(d["predicted"]));
  if (number_in(d["predicted_se"]) > 0) text += fmt::format(" (standard error {})", shown(d["predicted_se"]));
  text += "\n";
  if (d["observed"].is_number()) {
    const double observed = number_in(d["observed"]), sum = number_in(d["signed"]);
    text += fmt::format("  observed       {}, {} times predicted\n", in_short(observed),
                        in_short(std::fabs(observed) / number_in(d["predicted"])));
    const double misfit = std::fabs(sum - observed) / std::fabs(observed);
    text +=
        fmt::format("  signed sum     {} over all roundings: misfit {}\n", in_short(sum), percent(misfit));
    if (misfit > 0.3)
      text +=
          "  CAUTION        the errors are too large for first order: do not rely on shares and "
          "predictions\n";
  }
  if (d["bound"]["asked"]) text += bounds_text(d);
  if (d["margin"].is_number()) text += fmt::format("  margin         {}\n", shown(d["margin"]));
  if (d["expected_flips"].is_number()) {
    text += fmt::format("  greedy token   expected to change at {} of {} positions",
                        shown(d["expected_flips"]), d["tokens"]["count"].get<std::size_t>());
    if (d["observed_flips"].is_number())
      text += fmt::format("; changed at {}", d["observed_flips"].get<std::size_t>());
    text += "\n";
    if (d["closest_margins"] < d["tokens"]["count"])
      text += fmt::format(
          "                 (variances of the {} smallest margins; the others have their mean: "
          "more with --probes)\n",
          d["closest_margins"].get<std::size_t>());
  }
  return text;
}

std::string condition_text(const Json& d) {
  const Json& c = d["condition"];
  if (c.is_null()) return "";
  const auto at = [](const Json& k) {
    return fmt::format("at least {} (logit {} at position {})", shown(k["value"]),
                       k["token"].get<std::size_t>(), k["position"].get<std::size_t>());
  };
  std::string text = "  condition      of the network at its input: mixed " + at(c["mixed"]) + ",\n";
  text += "                 componentwise " + at(c["componentwise_of_others"]);
  const auto zeros = c["zero_logits"].get<std::size_t>();
  if (zeros > 0) text += fmt::format(", infinite for {} logits that are exactly 0", zeros);
  return text + "\n";
}

/// Sums over layers and heads.
struct Sum {
  double share = 0, in_run = 0, worst_share = 0, squares_of_run = 0, squares = 0;
  bool ran = false;
  Json worst_layer;
};

std::string sites_text(const Json& d) {
  std::map<std::string, Sum> sums;
  std::map<std::string, std::map<std::string, double>> by_layer;
  for (const Json& s : d["sites"]) {
    const std::string name = s["site"].get<std::string>() + "." + s["step"].get<std::string>();
    Sum& sum = sums[name];
    sum.share += number_in(s["share"]);
    if (!s["layer"].is_null()) by_layer[name][s["layer"].dump()] += number_in(s["share"]);
    if (s["signed"].is_number()) {
      sum.ran = true;
      sum.in_run += number_in(s["signed"]);
    }
    if (s["z"].is_number()) {
      const double z = number_in(s["z"]), sigma = number_in(s["sigma"]);
      sum.squares_of_run += z * z * sigma * sigma;
      sum.squares += sigma * sigma;
    }
  }
  std::vector<std::pair<std::string, Sum>> order(sums.begin(), sums.end());
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return a.second.share > b.second.share; });
  const bool ran = d["observed"].is_number();
  std::vector<std::string> header = {"rounding", "share", "", "most in"};
  if (ran) header.insert(header.end(), {"of the observed", "|z|"});
  Table table(header, 1);
  std::size_t left_out = 0;
  double rest = 0;
  for (const auto& [name, sum] : order) {
    if (!(std::fabs(sum.share) >= 0.001) && !std::isnan(sum.share)) {
      ++left_out;
      rest += sum.share;
      continue;
    }
    const double length = std::isfinite(sum.share) ? std::clamp(sum.share, 0.0, 1.0) : 0;
    const auto bar = static_cast<std::size_t>(std::lround(24 * length));
    std::string most = "";
    double largest = 0;
    for (const auto& [layer, share] : by_layer[name])
      if (share > largest) {
        largest = share;
        most = fmt::format("layer {} ({})", layer, percent(share));
      }
    std::vector<std::string> row = {name, percent(sum.share),
                                    std::string(bar, '#') + std::string(24 - bar, ' '), most};
    if (ran) {
      row.push_back(sum.ran ? percent(sum.in_run / number_in(d["observed"])) : "-");
      row.push_back(in_short(std::sqrt(sum.squares_of_run / sum.squares)));
    }
    table.add(std::move(row));
  }
  std::string text =
      "\nWhich roundings cause it: share of the predicted variance, all layers\n" + table.text();
  if (left_out > 0) text += fmt::format("  and {} steps with {} together\n", left_out, percent(rest));
  return text;
}

std::string ladder_text(const Json& d) {
  const bool ran = d["observed"].is_number(), bounds = d["ladder"].front()["deterministic"].is_number() ||
                                                       d["ladder"].back()["deterministic"].is_number();
  std::vector<std::string> header = {"after", "predicted sigma"};
  if (ran) header.push_back("observed");
  if (bounds) header.insert(header.end(), {"probabilistic", "deterministic"});
  if (d["ladder"].front()["entrywise"].is_number()) header.push_back("entrywise");
  Table table(header);
  const std::size_t all = d["ladder"].size(), step = all > 14 ? (all + 11) / 12 : 1;
  for (std::size_t k = 0; k < all; k += (k + step < all || k + 1 == all) ? step : all - 1 - k) {
    const Json& rung = d["ladder"][k];
    std::vector<std::string> row = {rung["after"], shown(rung["sigma"])};
    if (ran) row.push_back(shown(rung["observed"]));
    if (bounds) row.insert(row.end(), {shown(rung["probabilistic"]), shown(rung["deterministic"])});
    if (header.back() == "entrywise") row.push_back(shown(rung["entrywise"]));
    table.add(std::move(row));
  }
  const std::string unit =
      d["target"] == "kld" ? "square root of twice the divergence" : "unit of the prediction";
  return "\nThe ladder: error of the output that is there after each layer (" + unit + ")\n" + table.text();
}

}  // namespace

std::string attribution_text(const Json& document) {
  return model_headline(document) + prediction_text(document) + condition_text(document) +
         sites_text(document) + ladder_text(document);
}

std::string attribution_csv(const Json& document) {
  std::string text = "layer,site,step,head,share,sigma,deterministic,signed,z\n";
  for (const Json& s : document["sites"]) {
    std::string line;
    for (const auto& [key, value] : s.items())
      line += (line.empty() && key == "layer" ? "" : ",") + (value.is_null()     ? std::string()
                                                             : value.is_string() ? value.get<std::string>()
                                                                                 : value.dump());
    text += line + "\n";
  }
  return text;
}

}  // namespace halfulp
