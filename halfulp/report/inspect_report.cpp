#include "halfulp/report/inspect_report.hpp"

#include <fmt/format.h>

#include <map>

#include "halfulp/base/error.hpp"
#include "halfulp/layers/transformer/tensors.hpp"
#include "halfulp/report/inspect_attention.hpp"
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

Json tensor_entries(const std::vector<TensorInfo>& tensors) {
  Json all = Json::array();
  for (const TensorInfo& info : tensors) {
    const StoredTensor& t = info.tensor;
    all.push_back({{"name", t.name}, {"dtype", t.dtype_name}, {"shape", t.shape}, {"bytes", t.bytes}});
  }
  return all;
}

Json site_entries(const Architecture& architecture) {
  Json all = Json::array({site_entry(Site::embed)});
  for (const Site site : layer_sites(architecture, false)) all.push_back(site_entry(site));
  all.push_back(site_entry(Site::final_norm));
  all.push_back(site_entry(Site::head));
  return all;
}

Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

/// "FOLDER: llama with 818048 parameters, 3.1 MiB in 50 tensors", and whether it can be run.
std::string headline(const Json& d) {
  const Json& a = d["architecture"];
  const std::string size =
      fmt::format("{} in {} tensors", in_bytes(d["bytes"].get<double>()), d["tensors"].size());
  const std::string folder = d["folder"].get<std::string>();
  if (!a.is_null())
    return fmt::format("{}: {} with {} parameters, {}\n", folder, a["family"].get<std::string>(),
                       a["parameters"].get<std::size_t>(), size);
  const Json& attention = d["attention"];
  return fmt::format("{}: {} ({}), {}\nIt cannot be run: {}\nIts attention can be read by halfulp spectra.\n",
                     folder, attention["family"].get<std::string>(), attention["stated"].get<std::string>(),
                     size, d["why_not_run"].get<std::string>());
}

std::string spectra_text(const Json& d) {
  const Json& attention = d["attention"];
  if (attention.is_null())
    return "Its attention cannot be read by halfulp spectra: " + d["why_not_spectra"].get<std::string>() +
           "\n\n";
  if (d["runs"].get<bool>())
    return fmt::format("It can be run; halfulp spectra can read its {} layers too.\n\n",
                       attention["layers_read"].get<std::size_t>());
  return attention_text(attention) + "\n";
}

}  // namespace

Json inspect_document(const Inspection& inspection, const std::string& command_line) {
  if (!inspection.checkpoint && !inspection.attention) throw shape_error("inspect: nothing was read");
  Json document = document_of("halfulp.inspect/1", command_line);
  const bool runs = inspection.checkpoint.has_value();
  const std::vector<TensorInfo>& tensors =
      runs ? inspection.checkpoint->tensors : inspection.attention->tensors;
  const std::string& dtype = runs ? inspection.checkpoint->config_dtype : inspection.attention->config_dtype;
  std::size_t bytes = 0;
  for (const TensorInfo& info : tensors) bytes += info.tensor.bytes;
  document["folder"] = (runs ? inspection.checkpoint->folder : inspection.attention->folder).string();
  document["runs"] = runs;
  document["why_not_run"] = text_or_null(inspection.why_not_run);
  document["architecture"] = runs ? architecture_entry(inspection.checkpoint->architecture) : Json();
  document["attention"] = inspection.attention ? attention_entry(*inspection.attention) : Json();
  document["why_not_spectra"] = text_or_null(inspection.why_not_spectra);
  document["config_dtype"] = text_or_null(dtype);
  document["ignored_keys"] = runs ? Json(inspection.checkpoint->unknown_keys) : Json::array();
  document["bytes"] = bytes;
  document["tensors"] = tensor_entries(tensors);
  document["sites"] = runs ? site_entries(inspection.checkpoint->architecture) : Json::array();
  document["profile_estimate"] = nullptr;
  if (const auto& e = inspection.estimate)
    document["profile_estimate"] = {
        {"tokens", e->tokens}, {"memory_bytes", e->memory_bytes}, {"seconds", e->seconds}};
  return document;
}

std::string inspect_text(const Json& d) {
  std::string text = headline(d) + "\n";
  if (const Json& a = d["architecture"]; !a.is_null()) {
    Table facts({"architecture", ""}, 2);
    for (const auto& [key, value] : a.items())
      if (key != "family" && key != "parameters")
        facts.add({key, value.is_string() ? value.get<std::string>() : value.dump()});
    text += facts.text("") + "\n";
  }
  text += spectra_text(d);
  Table tensors({"tensor", "dtype", "shape", "size"}, 3);
  for (const Json& t : d["tensors"])
    tensors.add({t["name"], t["dtype"], t["shape"].dump(), in_bytes(t["bytes"].get<double>())});
  text += tensors.text("") + "\n";

  if (!d["runs"].get<bool>()) return text;
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
