#include "halfulp/report/inspect_attention.hpp"

#include <algorithm>

#include "halfulp/report/table.hpp"

namespace halfulp {
namespace {

using Json = nlohmann::ordered_json;
using Kind = NormParameters::Kind;

std::string name_of(Kind kind) { return kind == Kind::none ? "none" : kind == Kind::rms ? "rms" : "layer"; }

/// Each value once, in the order of the layers.
template <class Value>
Json distinct(const AttentionModel& model, Value value) {
  Json all = Json::array();
  for (const AttentionWeights& w : model.layers)
    if (const Json entry = value(w); std::find(all.begin(), all.end(), entry) == all.end())
      all.push_back(entry);
  return all;
}

Json norm_entry(const NormParameters& norm) {
  return {{"kind", name_of(norm.kind)},
          {"gain", norm.gain.empty()    ? "none"
                   : norm.one_plus_gain ? "1 + w"
                                        : "w"},
          {"bias", !norm.bias.empty()},
          {"epsilon", norm.epsilon}};
}

Json rotary_entry(const RotaryEmbedding& rotary) {
  return {{"dims", rotary.dims},
          {"pairs", rotary.interleaved ? "2i, 2i + 1" : "i, i + r/2"},
          {"base", rotary.base},
          {"scaling", rotary.scaling},
          {"amplitude", rotary.amplitude},
          {"frequencies_known", rotary.dims == 0 || !rotary.frequencies.empty()}};
}

std::string cell(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_array()) {
    std::string all;
    for (const Json& entry : value) all += (all.empty() ? "" : "; ") + cell(entry);
    return all;
  }
  if (!value.is_object()) return value.dump();
  std::string all;
  for (const auto& [key, entry] : value.items()) all += (all.empty() ? "" : ", ") + key + " " + cell(entry);
  return all;
}

}  // namespace

Json attention_entry(const AttentionModel& model) {
  const AttentionShape& s = model.shape;
  const AttentionWeights& first = model.layers.front();
  Json entry = {{"family", model.family},
                {"stated", model.stated_architecture},
                {"layers", s.layers},
                {"layers_read", model.layers.size()},
                {"width", s.width},
                {"heads", s.heads},
                {"kv_heads", s.kv_heads},
                {"head_width", s.head_width},
                {"value_width", s.value_width},
                {"inner", s.inner},
                {"biases", !first.query.bias.empty()},
                {"output_projection", !first.out.weight.empty()},
                {"input_norm", distinct(model, [](const auto& w) { return norm_entry(w.norm); })},
                {"query_key_norm", first.query_norm.kind == Kind::none ? "none"
                                   : first.query_norm.across_heads     ? "over all heads"
                                                                       : "head by head"},
                {"output_norm", name_of(first.post_norm.kind)},
                {"score_scale", distinct(model, [](const auto& w) { return w.score_scale; })},
                {"score_cap", s.score_cap == 0 ? Json() : Json(s.score_cap)},
                {"positions", s.position_kind},
                {"longest", s.positions == 0 ? Json() : Json(s.positions)},
                {"rotary", Json::array()},
                {"warnings", model.warnings}};
  if (s.position_kind == "rotary")
    entry["rotary"] = distinct(model, [](const auto& w) { return rotary_entry(w.rotary); });
  return entry;
}

std::string attention_text(const Json& entry) {
  Table facts({"attention", ""}, 2);
  for (const auto& [key, value] : entry.items())
    if (key != "warnings" && key != "family" && key != "stated" && !value.is_null() &&
        !(value.is_array() && value.empty()))
      facts.add({key, cell(value)});
  std::string text = facts.text("");
  for (const Json& warning : entry["warnings"]) text += "note: " + warning.get<std::string>() + "\n";
  return text;
}

}  // namespace halfulp
