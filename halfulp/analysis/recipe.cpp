#include "halfulp/analysis/recipe.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>

#include "halfulp/base/error.hpp"
#include "halfulp/base/suggest.hpp"

namespace halfulp {
namespace {

std::string quoted(std::string_view text) { return "'" + std::string(text.substr(0, 64)) + "'"; }

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto at = text.find(separator);
    parts.push_back(trimmed(text.substr(0, at)));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::optional<std::size_t> whole_number(std::string_view text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::size_t block_size(std::string_view item, std::string_view text) {
  const auto value = whole_number(text);
  if (!value || *value == 0 || *value > 1u << 20)
    throw usage_error("recipe: " + quoted(item) + " needs a block size of 1 to 1048576");
  return *value;
}

std::vector<std::string> site_words() {
  std::vector<std::string> words;
  for (const Site site : all_sites()) words.emplace_back(name_of(site));
  words.insert(words.end(), {"norm", "residual"});
  return words;
}

/// A site by name; norm and residual stand for all of their kind.
std::vector<Site> sites_named(std::string_view item, std::string_view name) {
  if (name == "norm") return {Site::attn_norm, Site::mlp_norm, Site::final_norm};
  if (name == "residual") return {Site::attn_residual, Site::mlp_residual};
  if (const auto site = site_named(name)) return {*site};
  throw usage_error("recipe: unknown site " + quoted(name) + " in " + quoted(item) + ": did you mean " +
                    list_of(nearest_names(name, site_words())) + "?");
}

/// "3" or "3-5" at the front of a path.
bool read_layers(std::string_view word, Override& override) {
  const auto dash = word.find('-');
  const auto first = whole_number(word.substr(0, dash));
  if (!first) return false;
  const auto last = dash == std::string_view::npos ? first : whole_number(word.substr(dash + 1));
  if (!last) return false;
  if (*last < *first)
    throw usage_error("recipe: layers " + quoted(word) + " run backwards: write the smaller number first");
  override.first_layer = first;
  override.last_layer = last;
  return true;
}

void read_step_or_part(std::string_view item, std::string_view word, bool flash, Override& override) {
  if (word == "in") {
    override.part = Override::Part::in;
  } else if (word == "acc") {
    override.part = Override::Part::acc;
  } else if (word == "out") {
    override.part = Override::Part::out;
  } else {
    std::vector<std::string> legal;
    for (const Site site : override.sites)
      for (const Step step : steps_of(site, flash)) legal.emplace_back(name_of(step));
    legal.insert(legal.end(), {"in", "acc", "out"});
    const auto step = step_named(word);
    if (!step || std::find(legal.begin(), legal.end(), word) == legal.end() || override.step)
      throw usage_error("recipe: unknown step " + quoted(word) + " in " + quoted(item) + ": one of " +
                        list_of(legal));
    override.step = step;
    if (override.part == Override::Part::site) override.part = Override::Part::step;
  }
}

bool switched(std::string_view item, std::string_view value) {
  if (value != "on" && value != "off") throw usage_error("recipe: " + quoted(item) + " is on or off");
  return value == "on";
}

}  // namespace

Recipe::Recipe(std::string_view text) : text_(text) {
  const auto comma = text.find(',');
  const std::string_view head = trimmed(text.substr(0, comma));
  if (head.starts_with('@')) {
    const std::string path(head.substr(1));
    std::ifstream file(path);
    std::ostringstream content;
    if (!file || !(content << file.rdbuf()) || content.str().size() > 1u << 20)
      throw input_error(path + ": cannot read the recipe (a text file of at most 1 MiB)");
    read(content.str(), true);
    if (comma != std::string_view::npos)
      for (const auto item : split(text.substr(comma + 1), ',')) read_item(item);
    text_ = content.str();
    if (comma != std::string_view::npos) text_ += "," + std::string(text.substr(comma + 1));
  } else {
    read(text, false);
  }
  if (summation_.fused && summation_.order == Order::pairwise)
    throw usage_error(
        "recipe: fma=on needs order=recursive or blocked:B: a pairwise sum has no running sum to fuse with");
  if (states_flash_block_ && preset_.kind != PresetKind::flash)
    throw usage_error("recipe: flash_block belongs to fused attention: use " + preset_.format.format.name +
                      "-flash");
}

void Recipe::read(std::string_view text, bool from_file) {
  bool is_first = true;
  for (std::string_view line : split(text, '\n')) {
    if (from_file) line = trimmed(line.substr(0, line.find('#')));
    if (line.empty()) continue;
    for (const auto item : split(line, ',')) {
      if (item.empty() && from_file) continue;
      if (is_first)
        preset_ = preset_named(item);
      else
        read_item(item);
      is_first = false;
    }
  }
  if (is_first) throw usage_error("recipe: empty; try bf16, pure-bf16, bf16-flash, amp-bf16, fp32 or tf32");
}

void Recipe::read_item(std::string_view item) {
  if (item.empty()) throw usage_error("recipe: a comma with nothing beside it: leave it out");
  const auto equals = item.find('=');
  if (equals == std::string_view::npos)
    throw usage_error("recipe: " + quoted(item) + " is not of the form site[.step][.in|.acc|.out]=format");
  const std::string_view path = trimmed(item.substr(0, equals)), value = trimmed(item.substr(equals + 1));
  if (path == "order" || path == "acc.order") {
    if (value == "recursive" || value == "pairwise") {
      summation_.order = value == "pairwise" ? Order::pairwise : Order::recursive;
    } else if (value.starts_with("blocked:")) {
      summation_.order = Order::blocked;
      summation_.block = block_size(item, value.substr(8));
    } else {
      throw usage_error("recipe: " + quoted(item) + ": order is recursive, pairwise or blocked:B");
    }
    return;
  }
  if (path == "flash_block") {
    flash_block_ = block_size(item, value);
    states_flash_block_ = true;
    return;
  }
  if (path == "fma") {
    summation_.fused = switched(item, value);
    return;
  }
  if (path == "shift") {
    shift_ = switched(item, value) ? Shift::by_maximum : Shift::none;
    return;
  }
  Override override;
  auto words = split(path, '.');
  if (words.size() > 1 && read_layers(words.front(), override)) words.erase(words.begin());
  override.sites = sites_named(item, words.front());
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (override.part != Override::Part::site && override.part != Override::Part::step)
      throw usage_error("recipe: nothing may follow " + quoted(words[i - 1]) + " in " + quoted(item));
    read_step_or_part(item, words[i], preset_.kind == PresetKind::flash, override);
  }
  override.rule = rounding_rule(value);
  if (override.step == Step::weight && override.rule.mode == Rounding::stochastic)
    throw usage_error("recipe: " + quoted(item) +
                      ": weights are stored to nearest or directed, not stochastically");
  overrides_.push_back(override);
}

Shift Recipe::shift(const Architecture& architecture) const {
  if (shift_) return *shift_;
  const bool as_paper = architecture.family == Family::paper && preset_.kind == PresetKind::pure;
  return as_paper ? Shift::none : Shift::by_maximum;
}

StepFormats Recipe::formats(const Architecture& architecture, std::size_t layer, Site site, Step step) const {
  StepFormats formats = preset_formats(preset_, architecture, site, step);
  const auto steps = steps_of(site, flash_block() > 0);
  for (const Override& o : overrides_) {
    if (std::find(o.sites.begin(), o.sites.end(), site) == o.sites.end()) continue;
    if (o.first_layer && is_in_layer(site) && (layer < *o.first_layer || layer > *o.last_layer)) continue;
    if (o.step ? *o.step != step : step == Step::weight) continue;
    const PresetKind kind = preset_.kind == PresetKind::pure    ? PresetKind::pure
                            : preset_.kind == PresetKind::flash ? PresetKind::flash
                                                                : PresetKind::eager;
    switch (o.part) {
      case Override::Part::site:
        formats = preset_formats({kind, o.rule}, architecture, site, step);
        break;
      case Override::Part::step: {
        const StepFormats plain = preset_formats({kind, o.rule}, architecture, Site::qkv, Step::product);
        formats = {o.rule, plain.acc, o.rule};
        break;
      }
      case Override::Part::in:
        formats.in = o.rule;
        break;
      case Override::Part::acc:
        formats.acc = o.rule;
        break;
      case Override::Part::out:
        if (o.step || step == steps.back()) formats.out = o.rule;
        break;
    }
  }
  return formats;
}

RoundingRule Recipe::stored(const Architecture& architecture, std::size_t layer, Site site) const {
  return formats(architecture, layer, site, Step::weight).out;
}

RoundingRule Recipe::stored_as(const Architecture& architecture, std::size_t layer, Tensor tensor) const {
  const bool flash = flash_block() > 0, from_before = tensor == Tensor::stream && layer > 0;
  const Site producer = from_before ? Site::mlp_residual : site_writing(tensor);
  const Step last = steps_of(producer, flash).back();
  RoundingRule rule = formats(architecture, layer - from_before, producer, last).out;
  if (rule.mode == Rounding::stochastic) rule.mode = Rounding::nearest_even;
  return rule;
}

bool Recipe::reads_what_was_stored(const Architecture& architecture, std::size_t layer, Site site,
                                   const RoundingRule& in) const {
  for (const Tensor t : tensors_of(site, architecture, flash_block() > 0).reads)
    if (stored_as(architecture, layer, t).format != in.format) return false;
  return true;
}

Staged Recipe::staged(const Architecture& architecture, std::size_t layer, Site site, std::uint64_t seed,
                      bool on_reference) const {
  Staged staged;
  const bool flash = flash_block() > 0;
  for (const Step step : steps_of(site, flash)) {
    if (step == Step::weight) continue;
    StepFormats f = formats(architecture, layer, site, step);
    const bool rounds_exponentials = flash && site == Site::pv && step == Step::product;
    if (on_reference && !rounds_exponentials && reads_what_was_stored(architecture, layer, site, f.in))
      f.in = {format_named(f.in.format.precision <= 11 ? "fp32" : "fp64"), Rounding::nearest_even, false};
    const auto place = static_cast<std::uint32_t>(site) << 8 | static_cast<std::uint32_t>(step);
    const auto key = philox(seed, {place, static_cast<std::uint32_t>(layer), 0, 2});
    staged.set(step, Simulated(f, summation_, RandomStream(std::uint64_t{key[0]} << 32 | key[1])));
  }
  return staged;
}

Staged Recipe::arithmetic(const Architecture& architecture, std::size_t layer, Site site,
                          std::uint64_t seed) const {
  return staged(architecture, layer, site, seed, false);
}

Staged Recipe::arithmetic_on_reference(const Architecture& architecture, std::size_t layer, Site site,
                                       std::uint64_t seed) const {
  return staged(architecture, layer, site, seed, true);
}

void Recipe::check(const Architecture& architecture) const {
  for (const Override& o : overrides_)
    if (o.last_layer && *o.last_layer >= architecture.layers)
      throw usage_error("recipe: layer " + std::to_string(*o.last_layer) +
                        " of an override: the model has layers 0 to " +
                        std::to_string(architecture.layers - 1));
}

}  // namespace halfulp
