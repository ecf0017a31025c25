#include "halfulp/report/inspect_report.hpp"

#include <fmt/format.h>

#include <map>

#include "halfulp/layers/transformer/tensors.hpp"
#include "halfulp/report/provenance.hpp"
#include "halfulp/report/table.hpp"

namespace halfulp {
namespace {

using Json = nlohmann::ordered_json;

std::string name_of(Family family) {
  return family == Family::llama ? "llama" : family == Family::gpt2 ? "gpt2" : "paper";
}

std::string name_of(Activation activation) {
  switch (activation) {
    case Activation::relu:
      return "relu";
    case Activation::gelu_erf:
      return "gelu_erf";
    case Activation::gelu_tanh:
      return "gelu_tanh";
    case Activation::silu:
      break;
  }
  return "silu";
}

Json architecture_entry(const Architecture& a) {
  Json entry = {{"family", name_of(a.family)},
                {"layers", a.layers},
                {"width", a.width},
                {"heads", a.heads},
                {"kv_heads", a.kv_heads},
                {"head_dim", a.head_dim},
                {"inner", a.inner},
                {"vocabulary", a.vocabulary},
                {"positions", a.positions},
                {"norm", a.norm == Norm::rms ? "rms" : "layer"},
                {"epsilon", a.epsilon},
                {"activation", name_of(a.activation)},
                {"gated", a.gated},
                {"learned_positions", a.learned_positions},
                {"rotary_dims", a.rotary_dims},
                {"tied_head", a.tied_head},
                {"parameters", a.parameters()}};
  if (a.rotary_dims > 0) entry["rope"] = {{"theta", a.rope_theta}, {"scaling", a.rope_scaling.type}};
  return entry;
}

Json site_entry(Site site) {
  Json steps = Json::array();
  for (const Step step : steps_of(site)) steps.push_back(halfulp::name_of(step));
  return {{"site", halfulp::name_of(site)}, {"in_layer", is_in_layer(site)}, {"steps", steps}};
}

}  // namespace

Json inspect_document(const Checkpoint& checkpoint, const CostEstimate& estimate,
                      const std::string& command_line) {
  Json document = document_of("halfulp.inspect/1", command_line);
  document["folder"] = checkpoint.folder.string();
  document["architecture"] = architecture_entry(checkpoint.architecture);
  document["config_dtype"] = checkpoint.config_dtype.empty() ? Json() : Json(checkpoint.config_dtype);
  document["ignored_keys"] = checkpoint.unknown_keys;
  document["bytes"] = checkpoint.bytes();
  document["tensors"] = Json::array();
  for (const TensorInfo& info : checkpoint.tensors) {
    const StoredTensor& t = info.tensor;
    document["tensors"].push_back(
        {{"name", t.name}, {"dtype", t.dtype_name}, {"shape", t.shape}, {"bytes", t.bytes}});
  }
  document["sites"] = Json::array();
  document["sites"].push_back(site_entry(Site::embed));
  for (const Site site : layer_sites(checkpoint.architecture, false))
    document["sites"].push_back(site_entry(site));
  document["sites"].push_back(site_entry(Site::final_norm));
  document["sites"].push_back(site_entry(Site::head));
  document["profile_estimate"] = {
      {"tokens", estimate.tokens}, {"memory_bytes", estimate.memory_bytes}, {"seconds", estimate.seconds}};
  return document;
}

std::string inspect_text(const Json& d) {
  const Json& a = d["architecture"];
  std::string text =
      fmt::format("{}: {} with {} parameters, {} in {} tensors\n\n", d["folder"].get<std::string>(),
                  a["family"].get<std::string>(), a["parameters"].get<std::size_t>(),
                  in_bytes(d["bytes"].get<double>()), d["tensors"].size());
  Table facts({"architecture", ""}, 2);
  for (const auto& [key, value] : a.items())
    if (key != "family" && key != "parameters")
      facts.add({key, value.is_string() ? value.get<std::string>() : value.dump()});
  text += facts.text("") + "\n";

  Table tensors({"tensor", "dtype", "shape", "size"}, 3);
  for (const Json& t : d["tensors"])
    tensors.add({t["name"], t["dtype"], t["shape"].dump(), in_bytes(t["bytes"].get<double>())});
  text += tensors.text("") + "\n";

  Table sites({"site", "steps"}, 2);
  for (const Json& s : d["sites"]) {
    std::string steps;
    for (const Json& step : s["steps"]) steps += (steps.empty() ? "" : ", ") + step.get<std::string>();
    sites.add({s["site"], steps});
  }
  text += "Sites, in the order of the forward pass, and the steps that a recipe may change\n" + sites.text() +
          "\n";

  if (!d["ignored_keys"].empty()) {
    text += "Keys of config.json that do not change the forward pass as far as their names tell:";
    for (const Json& key : d["ignored_keys"]) text += " " + key.get<std::string>();
    text += "\n\n";
  }
  const Json& e = d["profile_estimate"];
  text +=
      fmt::format("A profile of {} tokens takes about {} of memory beside the mapped file, and about {}.\n",
                  e["tokens"].get<std::size_t>(), in_bytes(e["memory_bytes"].get<double>()),
                  in_time(e["seconds"].get<double>()));
  return text;
}

}  // namespace halfulp
