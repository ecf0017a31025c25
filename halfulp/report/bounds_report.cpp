#include "halfulp/report/bounds_report.hpp"

#include <fmt/format.h>

#include <cmath>

#include "halfulp/report/json_number.hpp"
#include "halfulp/report/provenance.hpp"
#include "halfulp/report/table.hpp"

namespace halfulp {
namespace {

using Json = nlohmann::ordered_json;

struct Column {
  const char *key, *header, *curve;
};
constexpr Column bound_columns[] = {
    {"running", "running", "a posteriori, running radii"},
    {"a_priori", "a priori", "a priori, non-asymptotic"},
    {"repaired", "4.30 repaired", "Theorem 4.30 repaired, first order"},
    {"as_printed", "4.30 printed", "Theorem 4.30 as printed, first order"},
};

double value_of(const Json& x) { return x.is_null() ? HUGE_VAL : x.get<double>(); }

std::string cell(const Json& x) {
  return x.is_null() ? "no statement" : fmt::format("{:.2e}", x.get<double>());
}

std::string observed(const Json& x) { return x.is_null() ? "not finite" : cell(x); }

}  // namespace

nlohmann::ordered_json bounds_document(const ModelBounds& bounds, const std::string& format,
                                       const BoundsOrigin& origin) {
  Json all = document_of("halfulp.bounds/1", origin.command_line);
  all["model"] = origin.model;
  all["model_hash"] = origin.model_hash ? Json(*origin.model_hash) : Json();
  all["tokens"] =
      origin.tokens ? Json{{"source", origin.tokens->source}, {"hash", origin.tokens->hash}} : Json();
  all["format"] = format;
  all["exponent"] = bounds.bounded_exponent ? "bounded" : "unbounded";
  all["unit_roundoff"] = bounds.u;
  all["norm"] = bounds.norm == Norm::rms ? "rms" : "layer";
  all["d"] = bounds.d;
  all["n"] = bounds.n;
  all["D"] = bounds.inner;
  all["events"] = {{"overflow", bounds.events.overflow},
                   {"underflow", bounds.events.underflow},
                   {"nan", bounds.events.nan}};
  all["layers"] = Json::array();
  for (const LayerBounds& layer : bounds.layers) {
    Json one = {
        {"layer", layer.layer},
        {"observed", {{"max", number(layer.observed_max)}, {"median", number(layer.observed_median)}}},
        {"reference_error", number(layer.reference_error)},
        {"trusted", layer.trusted()},
        {"running", number(layer.running)},
        {"a_priori", number(layer.a_priori)},
        {"repaired", number(layer.repaired)},
        {"as_printed", number(layer.as_printed)}};
    for (const Column& column : bound_columns) {
      const double ratio =
          std::isfinite(layer.observed_max) ? value_of(one[column.key]) / layer.observed_max : HUGE_VAL;
      one["over_observed"][column.key] = number(ratio);
    }
    one["dominating"] = layer.dominating;
    for (const BoundFactor& factor : layer.factors) one["factors"][factor.name] = number(factor.value);
    one["failed_hypotheses"] = Json::array();
    for (const Hypothesis& hypothesis : layer.hypotheses) {
      one["margins"][hypothesis.name] = number(hypothesis.margin);
      if (!hypothesis.holds()) one["failed_hypotheses"].push_back(hypothesis.name);
    }
    all["layers"].push_back(std::move(one));
  }
  return all;
}

std::string bounds_text(const nlohmann::ordered_json& document) {
  std::string text = fmt::format(
      "{} in {} (u = {:.3g}): {} layers, d {}, n {}, D {}, {} norm; relative componentwise errors\n\n",
      document["model"].get<std::string>(), document["format"].get<std::string>(),
      document["unit_roundoff"].get<double>(), document["layers"].size(), document["d"].get<std::size_t>(),
      document["n"].get<std::size_t>(), document["D"].get<std::size_t>(),
      document["norm"].get<std::string>());
  std::vector<std::string> header{"layer", "observed max", "median"};
  for (const Column& column : bound_columns) header.push_back(column.header);
  std::vector<std::string> ratio_header{"layer", ""};
  for (const Column& column : bound_columns) ratio_header.push_back(column.header);
  Table values(header, 0), ratios(ratio_header, 0),
      reasons({"layer", "largest factor of 4.30", "value", "hypotheses that fail"}, 4);
  for (const Json& layer : document["layers"]) {
    std::vector<std::string> row{std::to_string(layer["layer"].get<std::size_t>()),
                                 observed(layer["observed"]["max"]), observed(layer["observed"]["median"])};
    for (const Column& column : bound_columns) row.push_back(cell(layer[column.key]));
    values.add(row);
    std::vector<std::string> over{row[0], "times the largest observed"};
    for (const Column& column : bound_columns) over.push_back(cell(layer["over_observed"][column.key]));
    ratios.add(over);
    const std::string dominating = layer["dominating"].get<std::string>();
    std::string failed;
    for (const Json& name : layer["failed_hypotheses"])
      failed += (failed.empty() ? "" : ", ") + name.get<std::string>();
    reasons.add({row[0], dominating, cell(layer["factors"][dominating]), failed.empty() ? "none" : failed});
  }
  text += values.text() + "\n" + ratios.text() + "\n" + reasons.text();
  text +=
      "\nrunning and a priori are rigorous; 4.30 is first order (u^2 dropped), no bound where it is not "
      "small.\n";
  double reference = 0;
  bool trusted = true;
  for (const Json& layer : document["layers"]) {
    reference = std::fmax(reference, value_of(layer["reference_error"]));
    trusted &= layer["trusted"].get<bool>();
  }
  text += fmt::format(
      "The exact pass is in double-double, good to about {:.0e} (binary64's error, measured, scaled){}.\n",
      reference, trusted ? "" : "; CAUTION: some observed errors are not 100 times that");
  if (document["exponent"] == "bounded")
    text += "CAUTION: " + document["format"].get<std::string>() +
            " has a bounded exponent: rigorous only if nothing underflowed, gradually either, which is not "
            "checked "
            "(bin<t> has no bounds).\n";
  const Json& events = document["events"];
  const auto count = [&](const char* name) { return events[name].get<std::uint64_t>(); };
  if (count("overflow") + count("underflow") + count("nan") > 0)
    text += fmt::format(
        "CAUTION: {} overflows, {} underflows, {} NaN in the simulated run: all bounds assume that there are "
        "none.\n",
        count("overflow"), count("underflow"), count("nan"));
  return text;
}

std::string bounds_csv(const nlohmann::ordered_json& document) {
  std::string csv =
      "layer,observed_max,observed_median,running,a_priori,repaired,as_printed,dominating,failed\n";
  const auto plain = [](const Json& x) { return x.is_null() ? std::string("inf") : x.dump(); };
  for (const Json& layer : document["layers"]) {
    std::string failed;
    for (const Json& name : layer["failed_hypotheses"])
      failed += (failed.empty() ? "" : " ") + name.get<std::string>();
    csv += fmt::format("{},{},{}", layer["layer"].dump(), plain(layer["observed"]["max"]),
                       plain(layer["observed"]["median"]));
    for (const Column& column : bound_columns) csv += "," + plain(layer[column.key]);
    csv += "," + layer["dominating"].get<std::string>() + "," + failed + "\n";
  }
  return csv;
}

Plot bounds_plot(const nlohmann::ordered_json& document) {
  Plot plot{
      fmt::format("{} in {}", document["model"].get<std::string>(), document["format"].get<std::string>()),
      "layer",
      "relative componentwise error",
      false,
      true,
      {}};
  plot.curves.push_back({"observed, largest", {}, {}});
  plot.curves.push_back({"observed, median", {}, {}});
  for (const Column& column : bound_columns) plot.curves.push_back({column.curve, {}, {}});
  for (const Json& layer : document["layers"]) {
    for (Curve& curve : plot.curves) curve.x.push_back(layer["layer"].get<double>());
    plot.curves[0].y.push_back(value_of(layer["observed"]["max"]));
    plot.curves[1].y.push_back(value_of(layer["observed"]["median"]));
    for (std::size_t c = 0; c < std::size(bound_columns); ++c)
      plot.curves[2 + c].y.push_back(value_of(layer[bound_columns[c].key]));
  }
  return plot;
}

}  // namespace halfulp
