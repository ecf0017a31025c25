#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "halfulp/arith/format.hpp"
#include "halfulp/cli/program_testing.hpp"

namespace halfulp {
namespace {

TEST(FormatsVerb, TableHasEveryNamedFormatAndSaysWhatElseThereIs) {
  const Ran table = run({"formats"});
  EXPECT_EQ(table.exit_code, 0);
  for (const Format& f : named_formats())
    EXPECT_NE(table.out.find("\n" + f.name + " "), std::string::npos) << f.name;
  for (const char* text : {"eXmY", "bin<t>", "dec<p>", "65504", "448", "57344"})
    EXPECT_NE(table.out.find(text), std::string::npos) << text;
}

TEST(FormatsVerb, JsonHasTheNumbersExactly) {
  const Ran ran = run({"formats", "--json"});
  const auto document = nlohmann::json::parse(ran.out);
  EXPECT_EQ(document["schema"], "halfulp.formats/1");
  EXPECT_EQ(document["provenance"]["version"], program_version());
  ASSERT_EQ(document["formats"].size(), named_formats().size());
  for (std::size_t i = 0; i < named_formats().size(); ++i) {
    const Format& f = named_formats()[i];
    const auto& entry = document["formats"][i];
    EXPECT_EQ(entry["name"], f.name);
    EXPECT_EQ(entry["largest"].get<double>(), f.max_finite);
    EXPECT_EQ(entry["smallest_subnormal"].get<double>(), f.smallest_subnormal());
    EXPECT_EQ(entry["bias"], f.bias());
  }
  EXPECT_EQ(document["formats"][5]["overflow"]["up"]["positive"], "nan") << "e4m3fn has no infinity";
  EXPECT_EQ(document["formats"][5]["overflow"]["up"]["negative"], "max");
}

TEST(FormatsVerb, ParametricFormatsOnRequest) {
  const auto document = nlohmann::json::parse(run({"formats", "bin8", "dec4", "e5m10", "--json"}).out);
  ASSERT_EQ(document["formats"].size(), 3u);
  EXPECT_TRUE(document["formats"][0]["largest"].is_null());
  EXPECT_EQ(document["formats"][1]["decimal_digits"], 4);
  EXPECT_EQ(document["formats"][1]["overflow"].size(), 1u)
      << "decimal digits are rounded to nearest-even only";
  EXPECT_EQ(document["formats"][2]["largest"], 65504);
}

}  // namespace
}  // namespace halfulp
