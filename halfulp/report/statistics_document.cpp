#include "halfulp/report/statistics_document.hpp"

#include "halfulp/report/json_number.hpp"

namespace halfulp {
namespace {

using Json = nlohmann::ordered_json;

/// Share of the values that are smaller than the mean.
double share_below(double mean, const Sample& sample) {
  std::uint64_t below = mean > 0 ? sample.zeros() : 0;
  for (const auto& [value, count] : sample.buckets())
    if (value < mean) below += count;
  return static_cast<double>(below) / static_cast<double>(sample.count());
}

}  // namespace

Json interval(const Interval& interval) { return {number(interval.low), number(interval.high)}; }

Json statistics_of(const std::vector<Sample>& samples) {
  Json all = Json::object();
  for (const char* key :
       {"mean", "mean_se", "median", "median_ci", "p05", "p95", "geomean", "geomean_ci", "tail_index",
        "top_share", "carried_by_few", "infinite", "nan", "largest", "share_below_mean"})
    all[key] = Json::array();
  for (const Sample& sample : samples) {
    const Summary s = summarise(sample);
    all["mean"].push_back(number(s.mean));
    all["mean_se"].push_back(number(s.mean_se));
    all["median"].push_back(number(s.median));
    all["median_ci"].push_back(interval(s.median_ci));
    all["p05"].push_back(number(s.p05));
    all["p95"].push_back(number(s.p95));
    all["geomean"].push_back(number(s.geomean));
    all["geomean_ci"].push_back(interval(s.geomean_ci));
    all["tail_index"].push_back(number(s.tail_index));
    all["top_share"].push_back(number(s.top_share));
    all["carried_by_few"].push_back(s.carried_by_few);
    all["infinite"].push_back(s.infinite);
    all["nan"].push_back(s.nan);
    all["largest"].push_back(number(s.largest));
    all["share_below_mean"].push_back(number(share_below(s.mean, sample)));
  }
  return all;
}

}  // namespace halfulp
