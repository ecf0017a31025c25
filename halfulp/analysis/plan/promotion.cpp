#include "halfulp/analysis/plan/promotion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "halfulp/analysis/plan/recipe_overrides.hpp"
#include "halfulp/base/error.hpp"
#include "halfulp/layers/transformer/tensors.hpp"

namespace halfulp {
namespace {

/// The sites of the whole network in order, with their layers.
template <class Visit>
void each_site(const Architecture& architecture, bool flash, Visit visit) {
  visit(std::size_t{0}, Site::embed);
  for (std::size_t layer = 0; layer < architecture.layers; ++layer)
    for (const Site site : layer_sites(architecture, flash)) visit(layer, site);
  visit(architecture.layers, Site::final_norm);
  visit(architecture.layers, Site::head);
}

/// The steps that read a tensor, or none.
std::vector<Step> steps_reading(Site site, Tensor tensor, const Architecture& architecture, bool flash) {
  const std::vector<Tensor> reads = tensors_of(site, architecture, flash).reads;
  if (std::find(reads.begin(), reads.end(), tensor) == reads.end()) return {};
  switch (site) {
    case Site::attn_norm:
    case Site::mlp_norm:
    case Site::final_norm:
      return {Step::stats, Step::normalise};
    case Site::rope:
      return {Step::rotate};
    case Site::softmax:
      return {Step::exp};
    case Site::pv:
      return {flash && tensor != Tensor::value ? Step::scale : Step::product};
    case Site::attn_residual:
    case Site::mlp_residual:
      return {Step::add};
    case Site::act:
      return {tensor == Tensor::up && architecture.gated ? Step::gate : Step::activate};
    default:
      return {Step::product};
  }
}

/// Who reads what a site stores: visit(layer, site, step, tensor).
template <class Visit>
void each_reader(const Architecture& a, bool flash, std::size_t layer, Site site, Visit visit) {
  for (const Tensor written : tensors_of(site, a, flash).writes) {
    const bool leaves = written == Tensor::next_stream;
    const Tensor tensor = leaves ? Tensor::stream : written;
    const std::size_t there = leaves ? layer + 1 : layer;
    std::vector<Site> sites = layer_sites(a, flash);
    if (there >= a.layers) sites = {Site::final_norm, Site::head};
    for (const Site reader : sites)
      for (const Step step : steps_reading(reader, tensor, a, flash)) visit(there, reader, step, tensor);
  }
}

double entries_of(Tensor tensor, const Architecture& a, std::size_t tokens) {
  const auto n = static_cast<double>(tokens);
  if (tensor == Tensor::score || tensor == Tensor::weight)
    return static_cast<double>(a.heads) * n * (n + 1) / 2;  // masked ones are not moved
  return static_cast<double>(rows_of(tensor, a, tokens)) * n;
}

std::string place_of(std::size_t layer, Site site) {
  return is_in_layer(site) ? fmt::format("{}.{}", layer, name_of(site)) : std::string(name_of(site));
}

/// Whether the site, left alone by all others, rounds what it reads: a cast of its own.
bool casts(const Architecture& a, const Recipe& recipe, std::size_t layer, Site site) {
  const bool flash = recipe.flash_block() > 0;
  for (const Tensor tensor : tensors_of(site, a, flash).reads)
    for (const Step step : steps_reading(site, tensor, a, flash))
      if (!holds(recipe.formats(a, layer, site, step).in.format, recipe.stored_as(a, layer, tensor).format))
        return true;
  return false;
}

std::string path_of(const WidenedRead& read) {
  return fmt::format("{}.{}.in", name_of(read.site), name_of(read.step));
}

/// The widened reads of a promotion: where the base would round.
std::vector<WidenedRead> reads_of(const Architecture& a, const Recipe& base, const RoundingRule& stored,
                                  std::size_t layer, Site site) {
  std::vector<WidenedRead> reads;
  each_reader(a, base.flash_block() > 0, layer, site, [&](std::size_t there, Site reader, Step step, Tensor) {
    const WidenedRead read{there, reader, step};
    if (!holds(base.formats(a, there, reader, step).in.format, stored.format) &&
        std::find(reads.begin(), reads.end(), read) == reads.end())
      reads.push_back(read);
  });
  return reads;
}

/// The base with `site=G` for all sites that have the right to be one.
std::string sites_text(const Architecture& a, const Recipe& base, const RoundingRule& format) {
  RecipeOverrides overrides(a.layers);
  each_site(a, base.flash_block() > 0,
            [&](std::size_t layer, Site site) { overrides.add(std::string(name_of(site)), site, layer); });
  return one_line(base.text()) + overrides.text(name_of(format));
}

/// What a site writes, and its readers read.
double site_bytes(const Architecture& a, const Recipe& recipe, std::size_t layer, Site site,
                  std::size_t tokens) {
  const bool flash = recipe.flash_block() > 0;
  const Format& stored = recipe.formats(a, layer, site, steps_of(site, flash).back()).out.format;
  double entries = 0;
  for (const Tensor tensor : tensors_of(site, a, flash).writes) {
    const Tensor seen = tensor == Tensor::next_stream ? Tensor::stream : tensor;
    double times = 1;
    each_reader(a, flash, layer, site, [&](std::size_t, Site, Step step, Tensor read) {
      times += read == seen && step != Step::normalise;  // a norm reads its token once
    });
    entries += times * entries_of(tensor, a, tokens);
  }
  return entries * bytes_of(stored);
}

}  // namespace

std::string Promotion::text() const { return place_of(layer, site); }

bool holds(const Format& wide, const Format& narrow) {
  if (wide.is_decimal() || narrow.is_decimal())
    return wide.is_decimal() == narrow.is_decimal() && wide.digits >= narrow.digits;
  return wide.precision >= narrow.precision && wide.max_finite >= narrow.max_finite &&
         (wide.is_unbounded() ||
          (!narrow.is_unbounded() && wide.smallest_subnormal() <= narrow.smallest_subnormal()));
}

double bytes_of(const Format& format) {
  if (format.is_decimal()) return 8;
  const int exponent_bits =
      format.is_unbounded()
          ? 8
          : static_cast<int>(std::bit_width(static_cast<unsigned>(format.emax - format.emin + 1)));
  const int bits = format.precision + exponent_bits;
  return bits <= 8 ? bits / 8.0 : bits <= 16 ? 2 : bits <= 32 ? 4 : 8;
}

std::vector<Promotion> promotions_of(const Architecture& a, const Recipe& base, const RoundingRule& format,
                                     std::size_t tokens) {
  const bool flash = base.flash_block() > 0;
  const Recipe all(sites_text(a, base, format));
  std::vector<Promotion> promotions;
  std::string narrower;
  each_site(a, flash, [&](std::size_t layer, Site site) {
    if (site == Site::embed && !a.learned_positions) return;  // a copied row: nothing is rounded
    Promotion p;
    p.layer = layer;
    p.site = site;
    bool changes = false, narrows = false;
    for (const Step step : steps_of(site, flash)) {
      if (step == Step::weight) continue;
      const StepFormats before = base.formats(a, layer, site, step),
                        after = all.formats(a, layer, site, step);
      for (const auto part : {&StepFormats::in, &StepFormats::acc, &StepFormats::out})
        narrows |= !holds((after.*part).format, (before.*part).format);
      changes |= before != after;
      p.multiplies |= before.acc.format != after.acc.format;
      p.roundings += before.out.format != after.out.format;
    }
    if (narrows) narrower = place_of(layer, site);
    if (!changes || narrows) return;
    p.multiplies |= casts(a, base, layer, site);
    p.bytes = site_bytes(a, all, layer, site, tokens) - site_bytes(a, base, layer, site, tokens);
    p.reads = reads_of(a, base, all.formats(a, layer, site, steps_of(site, flash).back()).out, layer, site);
    promotions.push_back(std::move(p));
  });
  if (promotions.empty())
    throw usage_error(fmt::format(
        "--promote {}: nothing of '{}' becomes wider by it{}", name_of(format), base.text().substr(0, 64),
        narrower.empty() ? ""
                         : fmt::format(" ({} does not hold the numbers of {})", name_of(format), narrower)));
  return promotions;
}

double moved_bytes(const Architecture& a, const Recipe& recipe, std::size_t tokens) {
  double bytes = static_cast<double>(a.parameters()) * bytes_of(recipe.stored(a, 0, Site::qkv).format);
  each_site(a, recipe.flash_block() > 0,
            [&](std::size_t layer, Site site) { bytes += site_bytes(a, recipe, layer, site, tokens); });
  return bytes;
}

Recipe all_promoted(const Architecture& a, const Recipe& base, const RoundingRule& format) {
  return Recipe(promoted_text(a, base, format, promotions_of(a, base, format, 1)));
}

Recipe all_widened(const Architecture& a, const Recipe& base, const RoundingRule& format) {
  RecipeOverrides overrides(a.layers);
  for (const Promotion& p : promotions_of(a, base, format, 1))
    for (const WidenedRead& read : p.reads) overrides.add(path_of(read), read.site, read.layer);
  return Recipe(one_line(base.text()) + overrides.text(name_of(format)));
}

std::string promoted_text(const Architecture& a, const Recipe& base, const RoundingRule& format,
                          const std::vector<Promotion>& promotions) {
  RecipeOverrides overrides(a.layers);
  const auto is_promoted = [&](std::size_t layer, Site site) {
    return std::any_of(promotions.begin(), promotions.end(),
                       [&](const Promotion& p) { return p.layer == layer && p.site == site; });
  };
  for (const Promotion& p : promotions) overrides.add(std::string(name_of(p.site)), p.site, p.layer);
  for (const Promotion& p : promotions)
    for (const WidenedRead& read : p.reads)
      if (!is_promoted(read.layer, read.site)) overrides.add(path_of(read), read.site, read.layer);
  const auto turns = [](const Promotion& p) { return p.site == Site::rope; };
  if (std::any_of(promotions.begin(), promotions.end(), turns))
    for (std::size_t layer = 0; layer < a.layers; ++layer)
      if (holds(format.format, base.formats(a, layer, Site::rope, Step::table).out.format))
        overrides.add(base.preset().kind == PresetKind::pure ? "rope.table" : "rope.table.out", Site::rope,
                      layer);
  return one_line(base.text()) + overrides.text(name_of(format));
}

}  // namespace halfulp
