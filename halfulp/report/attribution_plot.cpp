#include <limits>

#include "halfulp/report/attribution_report.hpp"

namespace halfulp {

Plot attribution_plot(const nlohmann::ordered_json& d) {
  const std::string target = d["target"];
  Plot plot;
  plot.title = "Error ladder of " + d["recipe"]["text"].get<std::string>() + " on " +
               d["model"]["folder"].get<std::string>();
  plot.x_label = "layers passed (last: logits)";
  plot.y_label = target == "kld"      ? "error of the output: sqrt(2 KL divergence / nat)"
                 : target == "logits" ? "error of the output: rms of the logits"
                 : target == "loss"   ? "error of the output: loss / nat"
                                      : "error of the output: margin of the top token";
  plot.log_y = true;
  const std::vector<std::pair<const char*, const char*>> rungs = {
      {"observed", "observed"},
      {"sigma", "predicted standard deviation"},
      {"probabilistic", "bound with probability 1 - delta"},
      {"deterministic", "first-order worst case"},
      {"entrywise", "entrywise bound (rigorous)"}};
  int colour = 0;
  for (const auto& [key, name] : rungs) {
    Curve curve;
    curve.name = name;
    curve.colour = colour++;
    bool any = false;
    for (std::size_t k = 0; k < d["ladder"].size(); ++k) {
      const auto& value = d["ladder"][k][key];
      // No rounding yet, no error: nothing that a logarithmic axis can show.
      const bool is_shown = value.is_number() && value.get<double>() != 0;
      any = any || is_shown;
      curve.x.push_back(static_cast<double>(k));
      curve.y.push_back(is_shown ? value.get<double>() : std::numeric_limits<double>::quiet_NaN());
    }
    if (any) plot.curves.push_back(std::move(curve));
  }
  return plot;
}

}  // namespace halfulp
