#include "halfulp/analysis/recipe.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "halfulp/base/error.hpp"

namespace halfulp {
namespace {

Architecture llama() {
  Architecture a;
  a.layers = 8;
  a.rotary_dims = 4;
  return a;
}

Architecture gpt2() {
  Architecture a;
  a.family = Family::gpt2;
  a.norm = Norm::layer;
  a.layers = 8;
  return a;
}

std::string formats(const std::string& recipe, std::size_t layer, Site site, Step step,
                    const Architecture& architecture = llama()) {
  const StepFormats f = Recipe(recipe).formats(architecture, layer, site, step);
  return name_of(f.in) + " " + name_of(f.acc) + " " + name_of(f.out);
}

std::string message_of(const std::string& recipe) {
  try {
    Recipe r(recipe);
    r.check(llama());
  } catch (const usage_error& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Recipe, EagerPresetsStoreInFAndComputeInBinary32) {
  EXPECT_EQ(formats("bf16", 0, Site::qkv, Step::product), "bf16 fp32 bf16");
  EXPECT_EQ(formats("bf16", 0, Site::softmax, Step::exp), "fp32 fp32 fp32");
  EXPECT_EQ(formats("bf16", 0, Site::softmax, Step::divide), "fp32 fp32 bf16");
  EXPECT_EQ(formats("bf16", 0, Site::attn_norm, Step::stats), "fp32 fp32 fp32");
  EXPECT_EQ(formats("bf16", 0, Site::attn_norm, Step::normalise), "fp32 fp32 bf16");
  EXPECT_EQ(formats("bf16", 0, Site::attn_norm, Step::normalise, gpt2()), "fp32 fp32 fp32");
  EXPECT_EQ(formats("bf16", 0, Site::attn_norm, Step::gain, gpt2()), "fp32 fp32 bf16");
  EXPECT_EQ(formats("bf16", 0, Site::rope, Step::table), "fp32 fp32 bf16");
  EXPECT_EQ(formats("fp64", 0, Site::qkv, Step::product), "fp64 fp64 fp64");
  EXPECT_EQ(formats("fp32", 0, Site::act, Step::activate), "fp32 fp32 fp32");
}

TEST(Recipe, PureRoundsEverythingToF) {
  for (const Site site : all_sites())
    for (const Step step : steps_of(site)) EXPECT_EQ(formats("pure-bin8", 3, site, step), "bin8 bin8 bin8");
}

TEST(Recipe, AmpKeepsNormsSoftmaxAndStreamInBinary32) {
  EXPECT_EQ(formats("amp-fp16", 0, Site::mlp_in, Step::product), "fp16 fp32 fp16");
  EXPECT_EQ(formats("amp-fp16", 0, Site::mlp_in, Step::weight), "fp32 fp32 fp32");
  for (const Site site : {Site::attn_norm, Site::softmax, Site::attn_residual, Site::final_norm})
    for (const Step step : steps_of(site)) EXPECT_EQ(formats("amp-fp16", 0, site, step), "fp32 fp32 fp32");
}

TEST(Recipe, Tf32RoundsOnlyTheOperandsOfMatrixProducts) {
  EXPECT_EQ(formats("tf32", 0, Site::head, Step::product), "tf32 fp32 fp32");
  EXPECT_EQ(formats("tf32", 0, Site::score, Step::product), "tf32 fp32 fp32");
  EXPECT_EQ(formats("tf32", 0, Site::score, Step::scale), "fp32 fp32 fp32");
  EXPECT_EQ(formats("tf32", 0, Site::embed, Step::weight), "fp32 fp32 fp32");
}

TEST(Recipe, FlashKeepsScoresInBinary32AndRoundsTheirExponentials) {
  const std::string recipe = "bf16-flash,flash_block=64";
  EXPECT_EQ(Recipe(recipe).flash_block(), 64u);
  EXPECT_EQ(Recipe("bf16-flash").flash_block(), 128u);
  EXPECT_EQ(Recipe("bf16").flash_block(), 0u);
  EXPECT_EQ(formats(recipe, 0, Site::pv, Step::scale), "bf16 fp32 fp32");
  EXPECT_EQ(formats(recipe, 0, Site::pv, Step::product), "bf16 fp32 fp32");
  EXPECT_EQ(formats(recipe, 0, Site::pv, Step::divide), "fp32 fp32 bf16");
}

TEST(Recipe, OverridesSetSitesStepsAndParts) {
  EXPECT_EQ(formats("bf16,score=fp32", 0, Site::score, Step::product), "fp32 fp32 fp32");
  EXPECT_EQ(formats("bf16,qkv=fp16", 0, Site::qkv, Step::product), "fp16 fp32 fp16");
  EXPECT_EQ(formats("pure-bf16,qkv=fp16", 0, Site::qkv, Step::product), "fp16 fp16 fp16");
  EXPECT_EQ(formats("bf16,norm.stats=bf16", 0, Site::mlp_norm, Step::stats), "bf16 fp32 bf16");
  EXPECT_EQ(formats("bf16,norm.stats=bf16", 0, Site::final_norm, Step::stats), "bf16 fp32 bf16");
  EXPECT_EQ(formats("bf16,softmax.out=fp32", 0, Site::softmax, Step::divide), "fp32 fp32 fp32");
  EXPECT_EQ(formats("bf16,softmax.out=fp64", 0, Site::softmax, Step::exp), "fp32 fp32 fp32");
  EXPECT_EQ(formats("fp16,qkv.acc=fp32:stochastic", 0, Site::qkv, Step::product),
            "fp16 fp32:stochastic fp16");
  EXPECT_EQ(formats("bf16,head.weight=e4m3fn:saturate", 0, Site::head, Step::weight),
            "e4m3fn:saturate fp32 e4m3fn:saturate");
  EXPECT_EQ(formats("bf16,head=fp32", 0, Site::head, Step::weight), "bf16 bf16 bf16")
      << "weights stay as stored";
}

TEST(Recipe, LayersLimitAnOverrideAndLaterOnesWin) {
  const std::string recipe = "bf16,3-5.qkv=fp32,4.qkv.acc=fp64,3-5.head.acc=fp64";
  EXPECT_EQ(formats(recipe, 2, Site::qkv, Step::product), "bf16 fp32 bf16");
  EXPECT_EQ(formats(recipe, 3, Site::qkv, Step::product), "fp32 fp32 fp32");
  EXPECT_EQ(formats(recipe, 4, Site::qkv, Step::product), "fp32 fp64 fp32");
  EXPECT_EQ(formats(recipe, 0, Site::head, Step::product), "bf16 fp64 bf16") << "there is one head";
}

TEST(Recipe, OrderFusionAndShiftAreStated) {
  EXPECT_EQ(Recipe("bf16").summation(), Summation{});
  EXPECT_EQ(Recipe("bf16,order=blocked:32").summation().block, 32u);
  EXPECT_EQ(Recipe("bf16,acc.order=pairwise").summation().order, Order::pairwise);
  EXPECT_TRUE(Recipe("fp32,fma=on").summation().fused);
  Architecture paper;
  paper.family = Family::paper;
  EXPECT_EQ(Recipe("pure-bf16").shift(paper), Shift::none);
  EXPECT_EQ(Recipe("pure-bf16,shift=on").shift(paper), Shift::by_maximum);
  EXPECT_EQ(Recipe("bf16").shift(paper), Shift::by_maximum);
  EXPECT_EQ(Recipe("pure-bf16").shift(llama()), Shift::by_maximum);
}

TEST(Recipe, FilesAreReadWithCommentsAndFurtherOverrides) {
  const auto path = std::filesystem::temp_directory_path() / ("recipe_test_" + std::to_string(::getpid()));
  std::ofstream(path) << "bf16   # a framework\nscore=fp32,\n\n# promoted\n0-1.act=fp32\n";
  const std::string recipe = "@" + path.string() + ",qkv=fp16";
  EXPECT_EQ(formats(recipe, 0, Site::score, Step::scale), "fp32 fp32 fp32");
  EXPECT_EQ(formats(recipe, 1, Site::act, Step::gate), "fp32 fp32 fp32");
  EXPECT_EQ(formats(recipe, 2, Site::act, Step::gate), "fp32 fp32 bf16");
  EXPECT_EQ(formats(recipe, 2, Site::qkv, Step::product), "fp16 fp32 fp16");
  std::filesystem::remove(path);
  EXPECT_THROW(Recipe("@" + path.string()), input_error);
}

TEST(Recipe, MistakesNameTheWordAndTheCure) {
  const auto has = [](const std::string& text, const std::string& part) {
    EXPECT_NE(text.find(part), std::string::npos) << text;
  };
  has(message_of("bf61"), "bf16");
  has(message_of("bf16,scores=fp32"), "score");
  has(message_of("bf16,norm.stat=fp32"), "stats");
  has(message_of("bf16,qkv.stats=fp32"), "product");
  has(message_of("bf16,qkv=pf16"), "fp16");
  has(message_of("bf16,qkv"), "format");
  has(message_of("bf16,order=random"), "blocked:B");
  has(message_of("bf16,order=blocked:0"), "block size");
  has(message_of("bf16,flash_block=64"), "bf16-flash");
  has(message_of("bf16,9.qkv=fp32"), "layers 0 to 7");
  has(message_of("bf16,qkv.weight=e4m3fn:stochastic"), "stochastically");
  has(message_of("bf16,order=pairwise,fma=on"), "pairwise");
  has(message_of("fp8"), "scales");
  has(message_of("nvfp4"), "scales");
  has(message_of(""), "empty");
  has(message_of("bf16,"), "comma");
  has(message_of("bf16,,qkv=fp32"), "comma");
  has(message_of("bf16,5-3.qkv=fp32"), "backwards");
  has(message_of("bf16,qkv=fp32:random"), "stochastic");
}

TEST(Recipe, ReadingWhatWasStoredSoIsNoErrorOfTheReader) {
  const auto in = [](const std::string& recipe, Site site, Step step) {
    return Recipe(recipe).arithmetic_on_reference(llama(), 1, site, 0).step(step).in().rule().format.name;
  };
  EXPECT_EQ(in("bf16", Site::qkv, Step::product), "fp32");
  EXPECT_EQ(in("pure-bin8", Site::attn_residual, Step::add), "fp32");
  EXPECT_EQ(in("fp32", Site::qkv, Step::product), "fp64");
  EXPECT_EQ(in("amp-bf16", Site::qkv, Step::product), "bf16") << "autocast casts here";
  EXPECT_EQ(in("bf16,attn_norm.out=fp32", Site::qkv, Step::product), "bf16");
  EXPECT_EQ(in("pure-bin8,0.mlp_residual.out=fp32", Site::attn_norm, Step::stats), "bin8");
  EXPECT_EQ(in("bf16-flash", Site::pv, Step::product), "bf16") << "exponentials are rounded there";
}

TEST(Recipe, RandomBitsAreAFunctionOfThePlace) {
  const Recipe recipe("bf16,qkv.acc=bin8:stochastic,score.acc=bin8:stochastic");
  const auto key = [&](std::size_t layer, Site site, std::uint64_t seed) {
    return recipe.arithmetic(llama(), layer, site, seed).step(Step::product).random().key();
  };
  EXPECT_EQ(key(1, Site::qkv, 7), key(1, Site::qkv, 7));
  EXPECT_NE(key(1, Site::qkv, 7), key(2, Site::qkv, 7));
  EXPECT_NE(key(1, Site::qkv, 7), key(1, Site::score, 7));
  EXPECT_NE(key(1, Site::qkv, 7), key(1, Site::qkv, 8));
}

}  // namespace
}  // namespace halfulp
