#include "halfulp/report/figure_options.hpp"

#include "halfulp/base/error.hpp"

namespace halfulp {
namespace {

using Json = nlohmann::ordered_json;

template <class T>
void put(Json& to, const char* key, const std::optional<T>& value) {
  if (value) to[key] = *value;
}
template <class T>
void put(Json& to, const char* key, const std::vector<T>& values) {
  if (!values.empty()) to[key] = values;
}
template <class T>
void take(const Json& from, const char* key, T& value) {
  if (from.contains(key)) value = from.at(key).get<T>();
}
template <class T>
void take(const Json& from, const char* key, std::optional<T>& value) {
  if (from.contains(key)) value = from.at(key).get<T>();
}

}  // namespace

Json document_of(const FigureOptions& o) {
  Json to = Json::object();
  put(to, "arithmetics", o.arithmetics);
  put(to, "d", o.d);
  put(to, "n", o.n);
  put(to, "D", o.inner);
  put(to, "heads", o.heads);
  put(to, "layers", o.layers);
  if (o.norm) to["norm"] = name_of(*o.norm);
  put(to, "lambda", o.lambda);
  put(to, "diagonal", o.diagonal);
  put(to, "input_deviation", o.input_deviation);
  put(to, "scales", o.scales);
  if (o.granularity) to["granularity"] = name_of(*o.granularity);
  if (o.blocks) to["blocks"] = name_of(*o.blocks);
  to["rounded_weights"] = o.rounded_weights;
  to["seed"] = o.seed;
  return to;
}

FigureOptions figure_options_of(const Json& from) {
  FigureOptions o;
  try {
    take(from, "arithmetics", o.arithmetics);
    take(from, "d", o.d);
    take(from, "n", o.n);
    take(from, "D", o.inner);
    take(from, "heads", o.heads);
    take(from, "layers", o.layers);
    take(from, "lambda", o.lambda);
    take(from, "diagonal", o.diagonal);
    take(from, "input_deviation", o.input_deviation);
    take(from, "scales", o.scales);
    take(from, "rounded_weights", o.rounded_weights);
    take(from, "seed", o.seed);
    if (from.contains("norm")) o.norm = norm_order_named(from.at("norm").get<std::string>());
    if (from.contains("granularity"))
      o.granularity = granularity_named(from.at("granularity").get<std::string>());
    if (from.contains("blocks")) o.blocks = blocks_named(from.at("blocks").get<std::string>());
  } catch (const usage_error& error) {
    throw input_error(std::string("the options of an experiment: ") + error.what());
  } catch (const nlohmann::json::exception& error) {
    throw input_error(std::string("the options of an experiment: ") + error.what());
  }
  return o;
}

}  // namespace halfulp
