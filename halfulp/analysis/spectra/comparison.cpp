#include "halfulp/analysis/spectra/comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "halfulp/base/error.hpp"

namespace halfulp {
namespace {

/// max_i |s_i - t_i| / max(s_1, t_1), and whether it is proved to be above 0.
double change_of(const Circuit& a, const Circuit& b, bool& proved) {
  const double size = std::max(a.sigma_max.value, b.sigma_max.value);
  double largest = 0;
  for (std::size_t i = 0; i < a.singular_values.size(); ++i)
    largest = std::max(largest, std::fabs(a.singular_values[i] - b.singular_values[i]));
  proved = proved || largest > a.radius + b.radius;
  return size > 0 ? largest / size : 0;
}

}  // namespace

void check_comparable(const AttentionModel& before, const AttentionModel& after) {
  const auto check = [&](std::size_t a, std::size_t b, const char* what) {
    if (a != b)
      throw input_error(fmt::format("{}: {} {}, but {} has {}: only models of one shape can be compared",
                                    before.folder.string(), a, what, after.folder.string(), b));
  };
  check(before.shape.layers, after.shape.layers, "layers");
  check(before.shape.width, after.shape.width, "columns (width)");
  check(before.shape.heads, after.shape.heads, "heads");
  check(before.shape.kv_heads, after.shape.kv_heads, "key heads");
  check(before.shape.head_width, after.shape.head_width, "numbers in a query");
  check(before.shape.value_width, after.shape.value_width, "numbers in a value");
}

std::vector<HeadChange> compared(const AttentionModel& before_model, const ModelSpectra& before,
                                 const AttentionModel& after_model, const ModelSpectra& after) {
  check_comparable(before_model, after_model);
  std::map<std::pair<std::size_t, std::size_t>, const HeadSpectra*> places;
  for (const HeadSpectra& h : before.heads) places[{h.layer, h.head}] = &h;
  std::vector<HeadChange> changes;
  for (const HeadSpectra& h : after.heads) {
    const auto place = places.find({h.layer, h.head});
    if (place == places.end()) continue;
    const HeadSpectra& other = *place->second;
    HeadChange change{h.layer, h.head, &other, &h};
    if (h.kq.singular_values.size() == other.kq.singular_values.size())
      change.kq = change_of(other.kq, h.kq, change.proved);
    if (h.ov && other.ov && h.ov->singular_values.size() == other.ov->singular_values.size())
      change.ov = change_of(*other.ov, *h.ov, change.proved);
    changes.push_back(change);
  }
  if (changes.empty())
    throw input_error(
        fmt::format("{} and {}: no head is in both, since they hold the attention of different layers: "
                    "nothing to compare",
                    before_model.folder.string(), after_model.folder.string()));
  return changes;
}

}  // namespace halfulp
