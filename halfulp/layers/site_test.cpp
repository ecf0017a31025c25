#include "halfulp/layers/site.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace halfulp {
namespace {

TEST(Site, NamesRoundTrip) {
  std::set<std::string_view> names;
  EXPECT_EQ(all_sites().size(), site_count);
  for (const Site site : all_sites()) {
    EXPECT_EQ(site_named(name_of(site)), site);
    names.insert(name_of(site));
  }
  EXPECT_EQ(names.size(), site_count);
  names.clear();
  for (std::size_t i = 0; i < step_count; ++i) {
    const Step step = static_cast<Step>(i);
    EXPECT_EQ(step_named(name_of(step)), step);
    names.insert(name_of(step));
  }
  EXPECT_EQ(names.size(), step_count);
  EXPECT_FALSE(site_named("norm"));
  EXPECT_FALSE(site_named(""));
  EXPECT_FALSE(step_named("Weight"));
}

TEST(Site, EverySiteHasStepsAndEveryStepASite) {
  std::set<Step> used;
  for (const Site site : all_sites()) {
    const std::vector<Step> steps = steps_of(site);
    EXPECT_FALSE(steps.empty()) << name_of(site);
    EXPECT_EQ(std::set<Step>(steps.begin(), steps.end()).size(), steps.size()) << name_of(site);
    used.insert(steps.begin(), steps.end());
  }
  EXPECT_EQ(used.size(), step_count);
}

TEST(Site, FusedAttentionHasTheStepsOfTheThreeSitesItJoins) {
  std::set<Step> joined, fused;
  for (const Site site : {Site::score, Site::softmax, Site::pv})
    for (const Step step : steps_of(site)) joined.insert(step);
  for (const Step step : steps_of(Site::pv, true)) fused.insert(step);
  EXPECT_EQ(fused, joined);
}

TEST(Site, OnlyTheEndsOfTheNetworkAreOutsideOfLayers) {
  const auto inside = std::count_if(all_sites().begin(), all_sites().end(), is_in_layer);
  EXPECT_EQ(inside, static_cast<std::ptrdiff_t>(site_count - 3));
}

}  // namespace
}  // namespace halfulp
