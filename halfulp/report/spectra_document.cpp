#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "halfulp/analysis/spectra/spectra_flags.hpp"
#include "halfulp/report/json_number.hpp"
#include "halfulp/report/provenance.hpp"
#include "halfulp/report/spectra_report.hpp"

namespace halfulp {
namespace {

using Json = nlohmann::ordered_json;

/// Six digits: for curves.
double shortened(double x) {
  const std::string text = fmt::format("{:.6g}", x);
  double value = x;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

Json bracket(double lower, double upper) { return {{"lower", number(lower)}, {"upper", number(upper)}}; }

Json functional(const Functional& f) { return {{"plain", number(f.plain)}, {"tight", number(f.tight)}}; }

Json circuit_entry(const Circuit& c, bool with_values) {
  Json entry = {{"sigma_max", number(c.sigma_max.value)},
                {"sigma_min", number(c.sigma_min.value)},
                {"smallest_nonzero", number(c.smallest_nonzero)},
                {"radius", number(c.radius)},
                {"rank", c.rank},
                {"effective_condition", number(c.condition.value)},
                {"effective_condition_bounds", bracket(c.condition.lower, c.condition.upper)},
                {"stable_rank", number(c.stable_rank)},
                {"nuclear_norm", number(c.nuclear_norm)},
                {"frobenius_norm", number(c.frobenius)},
                {"gauge_slack", number(c.gauge_slack)}};
  if (with_values) {
    entry["singular_values"] = Json::array();
    for (const double x : c.singular_values) entry["singular_values"].push_back(shortened(x));
  }
  return entry;
}

Json biased_entry(const std::optional<Circuit>& c) { return c ? circuit_entry(*c, false) : Json(); }

Json head_entry(const HeadSpectra& h, const AttentionModel& model) {
  const AttentionShape& shape = model.shape;
  Json entry = {{"layer", h.layer}, {"head", h.head}, {"kv_head", h.kv_head}};
  entry.update(circuit_entry(h.kq, true));
  entry["abs_sigma_max"] = bracket(h.abs_sigma_max.lower, h.abs_sigma_max.upper);
  entry["factor_as_printed"] = number(h.factor_as_printed);
  entry["factor_as_printed_note"] =
      std::isfinite(h.factor_as_printed) ? Json()
      : !h.full_rank_possible
          ? Json(fmt::format("infinite: W_k^T W_q is {} x {} and has rank at most {}, so that its smallest "
                             "singular value is 0",
                             shape.width, shape.width, h.kq.singular_values.size()))
          : Json("infinite: the smallest singular value of W_k^T W_q is not proved to be above 0");
  entry["factor_repaired"] = number(h.factor_repaired);
  entry["sigma_max_any_distance"] = number(h.rotary_sigma);
  entry["logit_bound"] = number(h.logit.value);
  entry["logit_bound_before_cap"] = number(h.logit.before_cap);
  entry["logits_normalised"] = h.logits_normalised;
  entry["typical_logit"] = number(h.typical_logit);
  entry["gauge_is_free"] = h.gauge_is_free;
  entry["omega_kq"] = functional(h.omega_kq);
  entry["biased"] = biased_entry(h.kq_biased);
  if (h.ov) {
    Json ov = circuit_entry(*h.ov, true);
    ov["abs_sigma_max"] = bracket(h.ov_abs_sigma_max.lower, h.ov_abs_sigma_max.upper);
    ov["gauge_is_free"] = h.ov_gauge_is_free;
    ov["biased"] = biased_entry(h.ov_biased);
    entry["ov"] = std::move(ov);
  } else {
    entry["ov"] = nullptr;
  }
  entry["flags"] = h.flags;
  return entry;
}

Json model_entry(const AttentionModel& model, const std::string& hash) {
  const AttentionShape& s = model.shape;
  return {{"folder", model.folder.string()},
          {"hash", hash},
          {"family", model.family},
          {"architecture", model.stated_architecture},
          {"dtype", model.config_dtype},
          {"layers", s.layers},
          {"width", s.width},
          {"heads", s.heads},
          {"kv_heads", s.kv_heads},
          {"head_width", s.head_width},
          {"value_width", s.value_width},
          {"positions", s.position_kind},
          {"score_cap", s.score_cap > 0 ? Json(s.score_cap) : Json()},
          {"warnings", model.warnings}};
}

/// What was done to the weights before their spectrum was taken.
Json treatment(const AttentionModel& model, const ModelSpectra& spectra) {
  bool gains = false, layer = false, none = false, biases = false, rotary = false, head_norms = false;
  for (const AttentionWeights& w : model.layers) {
    gains = gains || !w.norm.gain.empty();
    layer = layer || w.norm.kind == NormParameters::Kind::layer;
    none = none || w.norm.kind == NormParameters::Kind::none;
    rotary = rotary || w.rotary.dims > 0;
  }
  for (const HeadSpectra& h : spectra.heads) {
    biases = biases || h.kq_biased || h.ov_biased;
    head_norms = head_norms || h.logits_normalised;
  }
  Json lines = Json::array();
  if (gains) lines.push_back("gains of the norm before a projection are folded into its weights");
  if (layer)
    lines.push_back(
        "the norm subtracts the mean: its results are orthogonal to (1, ..., 1), and that direction is taken "
        "out "
        "of W_k^T W_q and W_o W_v (not of abs_sigma_max)");
  if (none) lines.push_back("no norm bounds the input of attention: logits are not bounded");
  if (biases)
    lines.push_back("biases: the augmented product [W, b] in the fields `biased`; elsewhere without");
  if (rotary)
    lines.push_back(
        "rotary embedding: numbers are for relative distance 0; sigma_max_any_distance and logit_bound hold "
        "at "
        "every distance");
  if (head_norms)
    lines.push_back(
        "queries and keys have norms of their own, whose gains scale the rows here: the size and the "
        "condition "
        "number of W_k^T W_q do not bound logits, the gains do");
  return lines;
}

Json change_entry(const HeadChange& c) {
  const auto pair = [](double before, double after) {
    return Json{{"before", number(before)}, {"after", number(after)}};
  };
  return {{"layer", c.layer},
          {"head", c.head},
          {"kq_change", number(c.kq)},
          {"ov_change", c.after->ov && c.before->ov ? number(c.ov) : Json()},
          {"proved", c.proved},
          {"sigma_max", pair(c.before->kq.sigma_max.value, c.after->kq.sigma_max.value)},
          {"effective_condition", pair(c.before->kq.condition.value, c.after->kq.condition.value)},
          {"stable_rank", pair(c.before->kq.stable_rank, c.after->kq.stable_rank)},
          {"nuclear_norm", pair(c.before->kq.nuclear_norm, c.after->kq.nuclear_norm)},
          {"abs_sigma_max", pair(c.before->abs_sigma_max.upper, c.after->abs_sigma_max.upper)},
          {"logit_bound", pair(c.before->logit.value, c.after->logit.value)},
          {"flags", {{"before", c.before->flags}, {"after", c.after->flags}}}};
}

}  // namespace

Json spectra_document(const SpectraResult& r) {
  Json d = document_of("halfulp.spectra/1", r.command_line);
  d["model"] = model_entry(r.model, r.model_hash);
  d["treatment"] = treatment(r.model, r.spectra);
  d["flags"] = Json::array();
  for (const Flag& f : spectra_flags()) {
    const auto count =
        std::count_if(r.spectra.heads.begin(), r.spectra.heads.end(), [&](const HeadSpectra& h) {
          return std::find(h.flags.begin(), h.flags.end(), f.name) != h.flags.end();
        });
    d["flags"].push_back({{"name", f.name},
                          {"threshold", f.threshold},
                          {"condition", f.condition},
                          {"meaning", f.meaning},
                          {"origin", f.origin},
                          {"heads", count}});
  }
  d["layers"] = Json::array();
  for (const LayerSpectra& l : r.spectra.layers)
    d["layers"].push_back({{"layer", l.layer},
                           {"omega_kq", functional(l.omega_kq)},
                           {"omega_ov", l.omega_ov ? functional(*l.omega_ov) : Json()},
                           {"omega_ud", l.omega_ud ? functional(*l.omega_ud) : Json()}});
  d["heads"] = Json::array();
  for (const HeadSpectra& h : r.spectra.heads) d["heads"].push_back(head_entry(h, r.model));
  d["compare"] = nullptr;
  if (r.other) {
    d["compare"] = {{"model", model_entry(*r.other, r.other_hash)}, {"heads", Json::array()}};
    for (const HeadChange& c : r.changes) d["compare"]["heads"].push_back(change_entry(c));
  }
  d["seconds"] = r.seconds;
  return d;
}

}  // namespace halfulp
