// What is promoted, and that the recipe written says exactly that.
#include "halfulp/analysis/plan/promotion.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "halfulp/analysis/plan/recipe_overrides.hpp"
#include "halfulp/base/error.hpp"
#include "halfulp/base/random.hpp"
#include "halfulp/layers/transformer/tensors.hpp"

namespace halfulp {
namespace {

Architecture llama() {
  Architecture a;
  a.family = Family::llama;
  a.vocabulary = 10, a.width = 8, a.layers = 5, a.heads = 2, a.kv_heads = 1, a.head_dim = 4, a.inner = 12;
  a.positions = 16, a.rotary_dims = 4;
  return a;
}
Architecture gpt2() {
  Architecture a = llama();
  a.family = Family::gpt2;
  a.kv_heads = 2, a.rotary_dims = 0, a.gated = false, a.learned_positions = true;
  a.norm = Norm::layer, a.activation = Activation::gelu_tanh;
  return a;
}

using Places = std::vector<std::pair<std::size_t, Site>>;
Places places_of(const Architecture& a, bool flash) {
  Places places = {{0, Site::embed}};
  for (std::size_t layer = 0; layer < a.layers; ++layer)
    for (const Site site : layer_sites(a, flash)) places.emplace_back(layer, site);
  places.emplace_back(a.layers, Site::final_norm);
  places.emplace_back(a.layers, Site::head);
  return places;
}

const std::vector<std::pair<std::string, std::string>> pairs = {
    {"bf16", "fp32"},       {"fp16", "fp32"},
    {"pure-bf16", "fp32"},  {"bf16-flash", "fp32"},
    {"amp-bf16", "fp32"},   {"tf32", "fp32"},
    {"e4m3fn", "bf16"},     {"e4m3fn", "fp16"},
    {"pure-e5m2", "fp16"},  {"bf16,2.score=fp32,order=blocked:4", "fp32"},
    {"pure-bin8", "bin11"}, {"fp16,1-3.act.out=bf16,norm=fp32", "fp32"}};

TEST(Promotion, RecipeOfAnySetOfPromotionsGivesExactlyTheFormatsMeant) {
  std::size_t checked = 0;
  const Philox4x32 stream{7, 1};
  for (const Architecture& a : {llama(), gpt2()})
    for (const auto& [base_text, format_text] : pairs) {
      const Recipe base(base_text);
      const RoundingRule format = rounding_rule(format_text);
      const bool flash = base.flash_block() > 0;
      const std::vector<Promotion> all = promotions_of(a, base, format, 8);
      for (std::uint64_t draw = 0; draw < 12; ++draw) {
        std::vector<Promotion> some;
        std::string literally = base_text;  // an override for each promotion, reads first
        for (std::size_t i = 0; i < all.size(); ++i)
          if (draw == 0 || stream.block(100 * draw + i)[0] % 3 == 0) some.push_back(all[i]);
        for (const Promotion& p : some)
          for (const WidenedRead& r : p.reads)
            literally += "," + std::to_string(r.layer) + "." + std::string(name_of(r.site)) + "." +
                         std::string(name_of(r.step)) + ".in=" + format_text;
        // (a prefix limits nothing outside layers, but the layer must exist)
        for (std::string::size_type at;
             (at = literally.find("," + std::to_string(a.layers) + ".")) < literally.size();)
          literally.erase(at + 1, std::to_string(a.layers).size() + 1);
        for (const Promotion& p : some) literally += "," + p.text() + "=" + format_text;
        // The table is one for all layers; a step's bare format would also say in what the angles are read.
        if (std::any_of(some.begin(), some.end(), [](const Promotion& p) { return p.site == Site::rope; }))
          literally += base.preset().kind == PresetKind::pure ? ",rope.table=" + format_text
                                                              : ",rope.table.out=" + format_text;
        const std::string text = promoted_text(a, base, format, some);
        const Recipe written(text), meant(literally);
        written.check(a);
        EXPECT_EQ(written.summation().order, base.summation().order);
        for (const auto& [layer, site] : places_of(a, flash))
          for (const Step step : steps_of(site, flash)) {
            ASSERT_EQ(written.formats(a, layer, site, step), meant.formats(a, layer, site, step))
                << text << "\n"
                << literally << "\nat " << layer << "." << name_of(site) << "." << name_of(step);
            ++checked;
          }
      }
    }
  EXPECT_GT(checked, 20000u);
}

TEST(Promotion, NothingBecomesNarrowerAndWeightsStayAsTheyAreStored) {
  for (const Architecture& a : {llama(), gpt2()})
    for (const auto& [base_text, format_text] : pairs) {
      const Recipe base(base_text), all = all_promoted(a, base, rounding_rule(format_text));
      for (const auto& [layer, site] : places_of(a, base.flash_block() > 0)) {
        EXPECT_EQ(base.stored(a, layer, site), all.stored(a, layer, site));
        for (const Step step : steps_of(site, base.flash_block() > 0)) {
          const StepFormats before = base.formats(a, layer, site, step),
                            after = all.formats(a, layer, site, step);
          EXPECT_TRUE(holds(after.in.format, before.in.format)) << base_text << " " << name_of(site);
          EXPECT_TRUE(holds(after.acc.format, before.acc.format)) << base_text << " " << name_of(site);
          EXPECT_TRUE(holds(after.out.format, before.out.format)) << base_text << " " << name_of(site);
        }
      }
    }
}

TEST(Promotion, WhatAPromotedSiteStoresIsReadUnrounded) {
  for (const Architecture& a : {llama(), gpt2()})
    for (const auto& [base_text, format_text] : pairs) {
      const Recipe base(base_text);
      const RoundingRule format = rounding_rule(format_text);
      for (const Promotion& p : promotions_of(a, base, format, 8)) {
        const Recipe one(promoted_text(a, base, format, {p}));
        const bool flash = one.flash_block() > 0;
        for (const Tensor t : tensors_of(p.site, a, flash).writes) {
          const bool leaves = t == Tensor::next_stream;
          const std::size_t there = p.layer + leaves;
          const Tensor seen = leaves ? Tensor::stream : t;
          for (const auto& [layer, site] : places_of(a, flash)) {
            if (layer != there || site == p.site) continue;
            const auto reads = tensors_of(site, a, flash).reads;
            if (std::find(reads.begin(), reads.end(), seen) == reads.end()) continue;
            // Some step of the reader reads it; the first one that multiplies or adds is enough to look at.
            bool reads_it = false;
            for (const Step step : steps_of(site, flash))
              reads_it |= step != Step::weight && holds(one.formats(a, layer, site, step).in.format,
                                                        one.stored_as(a, layer, seen).format);
            EXPECT_TRUE(reads_it) << base_text << " " << p.text() << " read by " << name_of(site);
          }
        }
      }
    }
}

TEST(Promotion, MergesLikeLayers) {
  const Architecture a = gpt2();
  const Recipe base("bf16");
  const RoundingRule fp32 = rounding_rule("fp32");
  std::vector<Promotion> some;
  for (const Promotion& p : promotions_of(a, base, fp32, 8))
    if (p.site == Site::score || (p.site == Site::attn_residual && p.layer != 3) || p.site == Site::head)
      some.push_back(p);
  EXPECT_EQ(promoted_text(a, base, fp32, some),
            "bf16,score=fp32,0-2.attn_residual=fp32,4.attn_residual=fp32,head=fp32");
}

TEST(Promotion, ANormIsPromotedTogetherWithTheProductThatReadsIt) {
  const Architecture a = gpt2();
  const Recipe base("bf16");
  const auto all = promotions_of(a, base, rounding_rule("fp32"), 8);
  const auto norm =
      std::find_if(all.begin(), all.end(), [](const Promotion& p) { return p.site == Site::attn_norm; });
  ASSERT_NE(norm, all.end());
  EXPECT_EQ(norm->reads, (std::vector<WidenedRead>{{0, Site::qkv, Step::product}}));
  EXPECT_EQ(promoted_text(a, base, rounding_rule("fp32"), {*norm}),
            "bf16,0.attn_norm=fp32,0.qkv.product.in=fp32");
  EXPECT_EQ(norm->bytes, 2 * 2 * 8 * 8.0);  // 2 bytes more, written and read, of d n
  const auto residual =
      std::find_if(all.begin(), all.end(), [](const Promotion& p) { return p.site == Site::attn_residual; });
  EXPECT_TRUE(residual->reads.empty());  // a norm reads what it is given
  EXPECT_FALSE(residual->multiplies);
}

TEST(Promotion, FusedAttentionReadsQueriesAndKeysInOneStepAndValuesInAnother) {
  const auto reads = [](const Architecture& a, const char* base, Site site) {
    for (const Promotion& p : promotions_of(a, Recipe(base), rounding_rule("fp32"), 8))
      if (p.site == site) return p.reads;
    return std::vector<WidenedRead>{};
  };
  using Reads = std::vector<WidenedRead>;
  EXPECT_EQ(reads(gpt2(), "bf16-flash", Site::qkv),
            (Reads{{0, Site::pv, Step::scale}, {0, Site::pv, Step::product}}));
  EXPECT_EQ(reads(llama(), "bf16-flash", Site::qkv), (Reads{{0, Site::pv, Step::product}}));
  EXPECT_EQ(reads(llama(), "bf16-flash", Site::rope), (Reads{{0, Site::pv, Step::scale}}));
  EXPECT_EQ(reads(llama(), "bf16", Site::qkv), (Reads{{0, Site::pv, Step::product}}));
  EXPECT_EQ(reads(llama(), "bf16", Site::rope), (Reads{{0, Site::score, Step::product}}));
  EXPECT_EQ(reads(llama(), "pure-bf16", Site::qkv),
            (Reads{{0, Site::rope, Step::rotate}, {0, Site::pv, Step::product}}));
  EXPECT_EQ(reads(llama(), "pure-bf16", Site::mlp_in),
            (Reads{{0, Site::act, Step::activate}, {0, Site::act, Step::gate}}));
  EXPECT_EQ(reads(llama(), "pure-bf16", Site::mlp_residual), (Reads{{1, Site::attn_norm, Step::stats},
                                                                    {1, Site::attn_norm, Step::normalise},
                                                                    {1, Site::attn_residual, Step::add}}));
}

TEST(Promotion, RefusesAFormatThatHoldsNoMore) {
  const auto refused = [](const char* base, const char* format) {
    EXPECT_THROW(promotions_of(llama(), Recipe(base), rounding_rule(format), 8), usage_error)
        << base << format;
  };
  refused("bf16", "bf16");
  refused("bf16", "fp16");
  refused("fp32", "fp32");
  refused("fp32", "bf16");
}

TEST(Promotion, HoldsComparesNumbersNotNames) {
  const auto f = [](const char* name) { return format_named(name); };
  EXPECT_TRUE(holds(f("fp32"), f("bf16")) && holds(f("fp32"), f("fp16")) && holds(f("tf32"), f("bf16")));
  EXPECT_TRUE(holds(f("bin11"), f("bin8")) && holds(f("bin24"), f("fp32")) && holds(f("dec6"), f("dec4")));
  EXPECT_FALSE(holds(f("fp16"), f("bf16")) || holds(f("bf16"), f("fp16")) || holds(f("fp32"), f("bin8")));
  EXPECT_FALSE(holds(f("dec6"), f("bin8")) || holds(f("fp64"), f("dec4")));
  EXPECT_EQ(bytes_of(f("bf16")), 2);
  EXPECT_EQ(bytes_of(f("e4m3fn")), 1);
  EXPECT_EQ(bytes_of(f("fp32")), 4);
  EXPECT_EQ(bytes_of(f("tf32")), 4);
  EXPECT_EQ(bytes_of(f("fp64")), 8);
}

TEST(Promotion, FilesWrittenAreReadBack) {
  const auto path = std::filesystem::temp_directory_path() / ("plan_recipe_" + std::to_string(::getpid()));
  const Architecture a = gpt2();
  const std::string text = "bf16,0-2.act=fp32,score=fp32,order=blocked:8";
  std::ofstream(path) << recipe_file(text, "two lines,\nwith = signs");
  const Recipe read("@" + path.string());
  EXPECT_EQ(one_line(read.text()), text);
  EXPECT_EQ(one_line(Recipe("@" + path.string() + ",head=fp64").text()), text + ",head=fp64");
  const Recipe again(promoted_text(a, read, rounding_rule("fp64"), {}));
  for (const auto& [layer, site] : places_of(a, false))
    for (const Step step : steps_of(site))
      EXPECT_EQ(again.formats(a, layer, site, step), Recipe(text).formats(a, layer, site, step));
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace halfulp
