#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "halfulp/analysis/error_statistics.hpp"
#include "halfulp/report/json_number.hpp"
#include "halfulp/report/spectra_report.hpp"
#include "halfulp/report/table.hpp"

namespace halfulp {
namespace {

using Json = nlohmann::ordered_json;

double largest(const std::vector<double>& x) { return *std::max_element(x.begin(), x.end()); }

/// null stands for infinity.
double number_or_inf(const Json& value) { return value.is_number() ? value.get<double>() : HUGE_VAL; }
std::string in_short_or_inf(double x) { return std::isfinite(x) ? in_short(x) : "inf"; }

std::string name_of_head(const Json& h) {
  return fmt::format("{}.{}", h["layer"].get<std::size_t>(), h["head"].get<std::size_t>());
}

std::string headline(const Json& d) {
  const Json& m = d["model"];
  std::string text =
      fmt::format("Attention of {} ({}): {} layers of {} heads and {} key heads, {} x {} each\n",
                  m["folder"].get<std::string>(), m["family"].get<std::string>(), d["layers"].size(),
                  m["heads"].get<std::size_t>(), m["kv_heads"].get<std::size_t>(),
                  m["head_width"].get<std::size_t>(), m["width"].get<std::size_t>());
  for (const Json& line : d["treatment"]) text += "  " + line.get<std::string>() + "\n";
  for (const Json& line : m["warnings"]) text += "  warning: " + line.get<std::string>() + "\n";
  return text;
}

std::string layers_text(const Json& d) {
  Table table({"layer", "sigma_max", "condition", "stable rank", "sigma|K||Q|", "factor", "usual logit",
               "logit <=", "omega_OV", "omega_UD"},
              1);
  std::map<std::size_t, std::vector<const Json*>> layers;
  for (const Json& h : d["heads"]) layers[h["layer"].get<std::size_t>()].push_back(&h);
  for (const Json& layer : d["layers"]) {
    const auto& heads = layers[layer["layer"].get<std::size_t>()];
    const auto all = [&](const auto& get) {
      std::vector<double> values;
      for (const Json* h : heads) values.push_back(number_or_inf(get(*h)));
      return values;
    };
    const auto of = [&](const char* key) { return all([key](const Json& h) { return h[key]; }); };
    const auto tight = [](const Json& f) { return f.is_null() ? std::string("-") : shown(f["tight"]); };
    table.add(
        {fmt::format("{}", layer["layer"].get<std::size_t>()), in_short_or_inf(largest(of("sigma_max"))),
         in_short_or_inf(median(of("effective_condition"))), in_short_or_inf(median(of("stable_rank"))),
         in_short_or_inf(largest(all([](const Json& h) { return h["abs_sigma_max"]["upper"]; }))),
         in_short_or_inf(largest(of("factor_repaired"))), in_short_or_inf(largest(of("typical_logit"))),
         in_short_or_inf(largest(of("logit_bound"))), tight(layer["omega_ov"]), tight(layer["omega_ud"])});
  }
  return "\nW_k^T W_q by layer (largest of its heads; condition and stable rank: median)\n" + table.text() +
         "  factor: 1 + 4 d scale sigma_max(|W_k|^T|W_q|), Theorem 4.30 repaired\n";
}

std::string printed_text(const Json& d) {
  std::size_t infinite = 0;
  std::vector<double> finite;
  std::string note;
  for (const Json& h : d["heads"])
    if (h["factor_as_printed"].is_null()) {
      ++infinite;
      note = h["factor_as_printed_note"];
    } else {
      finite.push_back(h["factor_as_printed"].get<double>());
    }
  std::string text;
  if (!finite.empty())
    text += fmt::format("  The factor as printed: {} at most, median {}\n", in_short(largest(finite)),
                        in_short(median(finite)));
  if (infinite > 0)
    text += fmt::format("  The factor as printed has no number for {} of {} heads: {}\n", infinite,
                        d["heads"].size(), note);
  return text;
}

std::string flags_text(const Json& d) {
  Table table({"flag", "heads", "which", "because"}, 1);
  bool any = false;
  for (const Json& f : d["flags"]) {
    const std::string name = f["name"];
    std::string which;
    std::size_t count = 0;
    for (const Json& h : d["heads"]) {
      if (std::find(h["flags"].begin(), h["flags"].end(), name) == h["flags"].end()) continue;
      if (++count <= 6) which += (which.empty() ? "" : " ") + name_of_head(h);
    }
    if (count == 0) continue;
    any = true;
    table.add(
        {name, fmt::format("{}", count), which + (count > 6 ? " ..." : ""),
         fmt::format(
             "{}: {}",
             f["threshold"].get<double>() > 0 ? fmt::format("{:g}", f["threshold"].get<double>()) : "any",
             f["origin"].get<std::string>())});
  }
  if (!any) {
    std::string text = "\nNo head is flagged:\n";
    for (const Json& f : d["flags"])
      if (f["threshold"].get<double>() > 0)
        text += fmt::format("  {:<14} {} stays below {:g}\n", f["name"].get<std::string>(),
                            f["condition"].get<std::string>(), f["threshold"].get<double>());
    return text;
  }
  std::string text = "\nFlags (layer.head; threshold and where it comes from)\n" + table.text();
  for (const Json& f : d["flags"])
    if (f["heads"].get<std::size_t>() > 0)
      text += fmt::format("  {}: {}; {}\n", f["name"].get<std::string>(), f["condition"].get<std::string>(),
                          f["meaning"].get<std::string>());
  return text;
}

/// Those with the largest number of that name.
std::string top_text(const Json& d, const char* key, const std::string& title) {
  std::vector<const Json*> heads;
  for (const Json& h : d["heads"]) heads.push_back(&h);
  std::stable_sort(heads.begin(), heads.end(), [&](const Json* a, const Json* b) {
    return number_or_inf((*a)[key]) > number_or_inf((*b)[key]);
  });
  constexpr std::size_t most = 5;
  Table table(
      {"head", "sigma_max", "sigma_min", "condition", "gauge slack", "logit <=", "OV sigma_max", "OV cond."},
      1);
  for (std::size_t i = 0; i < std::min(most, heads.size()); ++i) {
    const Json& h = *heads[i];
    const auto text = [](const Json& value) { return in_short_or_inf(number_or_inf(value)); };
    table.add({name_of_head(h), text(h["sigma_max"]), text(h["sigma_min"]), text(h["effective_condition"]),
               text(h["gauge_slack"]), text(h["logit_bound"]),
               h["ov"].is_null() ? "-" : text(h["ov"]["sigma_max"]),
               h["ov"].is_null() ? "-" : text(h["ov"]["effective_condition"])});
  }
  return "\n" + title + "\n" + table.text();
}

std::string changes_text(const Json& d) {
  if (d["compare"].is_null()) return "";
  std::vector<const Json*> heads;
  std::size_t proved = 0;
  for (const Json& c : d["compare"]["heads"]) {
    heads.push_back(&c);
    proved += c["proved"].get<bool>();
  }
  const auto size = [](const Json& c) {
    return std::max(number_or_inf(c["kq_change"]),
                    c["ov_change"].is_null() ? 0 : number_or_inf(c["ov_change"]));
  };
  std::stable_sort(heads.begin(), heads.end(),
                   [&](const Json* a, const Json* b) { return size(*a) > size(*b); });
  constexpr std::size_t most = 10;
  Table table({"head", "change KQ", "change OV", "sigma_max", "", "condition", "", "logit <=", ""}, 1);
  for (std::size_t i = 0; i < std::min(most, heads.size()); ++i) {
    const Json& c = *heads[i];
    const auto end = [&](const char* key, const char* which) {
      return in_short_or_inf(number_or_inf(c[key][which]));
    };
    const auto change = [](const Json& x) {
      return x.is_null() ? std::string("-") : in_short(x.get<double>());
    };
    table.add({name_of_head(c), change(c["kq_change"]), change(c["ov_change"]), end("sigma_max", "before"),
               "-> " + end("sigma_max", "after"), end("effective_condition", "before"),
               "-> " + end("effective_condition", "after"), end("logit_bound", "before"),
               "-> " + end("logit_bound", "after")});
  }
  return fmt::format(
             "\n{} -> {}: singular values of {} of {} heads changed, proved\n"
             "  (change: the largest change of a singular value over the larger sigma_max; the product "
             "changed by no less)\n",
             d["compare"]["model"]["folder"].get<std::string>(), d["model"]["folder"].get<std::string>(),
             proved, heads.size()) +
         table.text();
}

}  // namespace

std::string spectra_text(const Json& d) {
  return headline(d) + layers_text(d) + printed_text(d) +
         top_text(d, "effective_condition", "Heads with the largest condition number sigma_max / sigma_min") +
         top_text(d, "sigma_max", "Heads with the largest sigma_max") + flags_text(d) + changes_text(d);
}

std::string spectra_csv(const Json& d) {
  const std::vector<std::string> plain = {"layer",
                                          "head",
                                          "kv_head",
                                          "sigma_max",
                                          "sigma_min",
                                          "smallest_nonzero",
                                          "radius",
                                          "rank",
                                          "effective_condition",
                                          "stable_rank",
                                          "nuclear_norm",
                                          "frobenius_norm",
                                          "gauge_slack",
                                          "factor_as_printed",
                                          "factor_repaired",
                                          "sigma_max_any_distance",
                                          "logit_bound",
                                          "logit_bound_before_cap",
                                          "typical_logit"};
  const std::vector<std::string> of_ov = {"sigma_max",   "sigma_min",    "effective_condition",
                                          "stable_rank", "nuclear_norm", "gauge_slack"};
  const auto field = [](const Json& value) { return value.is_null() ? std::string("inf") : value.dump(); };
  std::string text;
  for (const std::string& key : plain) text += key + ",";
  text += "abs_sigma_max_lower,abs_sigma_max_upper,omega_kq,omega_kq_tight";
  for (const std::string& key : of_ov) text += ",ov_" + key;
  text += ",ov_abs_sigma_max_lower,ov_abs_sigma_max_upper,flags\n";
  for (const Json& h : d["heads"]) {
    for (const std::string& key : plain) text += field(h[key]) + ",";
    text += field(h["abs_sigma_max"]["lower"]) + "," + field(h["abs_sigma_max"]["upper"]) + "," +
            field(h["omega_kq"]["plain"]) + "," + field(h["omega_kq"]["tight"]);
    const Json& ov = h["ov"];
    for (const std::string& key : of_ov) text += "," + (ov.is_null() ? "" : field(ov[key]));
    for (const char* end : {"lower", "upper"})
      text += "," + (ov.is_null() ? "" : field(ov["abs_sigma_max"][end]));
    std::string flags;
    for (const Json& f : h["flags"]) flags += (flags.empty() ? "" : " ") + f.get<std::string>();
    text += "," + flags + "\n";
  }
  return text;
}

HeatMaps spectra_heat_maps(const Json& d) {
  std::vector<double> rows, columns;
  for (const Json& layer : d["layers"]) rows.push_back(layer["layer"].get<double>());
  for (std::size_t h = 0; h < d["model"]["heads"].get<std::size_t>(); ++h)
    columns.push_back(static_cast<double>(h));
  const auto map = [&](const Json& entries, const std::string& title, const auto& get) {
    HeatMap m{title, "head", "layer", true, rows, columns, {}};
    m.values.assign(rows.size(), std::vector<double>(columns.size(), number_in(Json())));
    for (const Json& entry : entries) {
      const auto row = std::find(rows.begin(), rows.end(), entry["layer"].get<double>());
      if (row != rows.end())
        m.values[static_cast<std::size_t>(row - rows.begin())][entry["head"].get<std::size_t>()] =
            number_in(get(entry));
    }
    return m;
  };
  HeatMaps maps{"Attention heads of " + d["model"]["folder"].get<std::string>(), {}, ""};
  maps.maps.push_back(
      map(d["heads"], "sigma_max of W_k^T W_q", [](const Json& h) { return h["sigma_max"]; }));
  maps.maps.push_back(
      map(d["heads"], "effective condition number", [](const Json& h) { return h["effective_condition"]; }));
  if (!d["compare"].is_null()) {
    maps.maps.push_back(map(d["compare"]["heads"], "relative change of singular values",
                            [](const Json& c) { return c["kq_change"]; }));
    maps.note = "compared with " + d["compare"]["model"]["folder"].get<std::string>();
  }
  return maps;
}

}  // namespace halfulp
