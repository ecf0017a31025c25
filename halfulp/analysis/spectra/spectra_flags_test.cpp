// A flag is raised at its threshold and not below it.
#include "halfulp/analysis/spectra/spectra_flags.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "halfulp/analysis/spectra/spectra.hpp"

namespace halfulp {
namespace {

HeadSpectra quiet() {
  HeadSpectra h;
  h.kq.singular_values = {2, 1};
  h.kq.rank = 2;
  h.kq.sigma_max.value = 2;
  h.ov = h.kq;
  return h;
}
using Names = std::vector<std::string>;

TEST(SpectraFlags, AreRaisedAtTheirThresholds) {
  EXPECT_EQ(flags_of(quiet(), 2), Names());
  HeadSpectra h = quiet();
  h.typical_logit = 12.8;
  EXPECT_EQ(flags_of(h, 2), Names{"hot"});
  h.logits_normalised = true;  // W_k^T W_q says nothing about its logits
  EXPECT_EQ(flags_of(h, 2), Names());
  h = quiet();
  h.logit.before_cap = 65504;
  EXPECT_EQ(flags_of(h, 2), Names{"fp16_overflow"});
  h = quiet();
  h.kq.gauge_slack = h.ov->gauge_slack = 2.1;
  EXPECT_EQ(flags_of(h, 2), (Names{"gauge", "ov_gauge"}));
  h.gauge_is_free = h.ov_gauge_is_free = false;
  EXPECT_EQ(flags_of(h, 2), Names());
  h = quiet();
  h.kq.rank = 1;
  EXPECT_EQ(flags_of(h, 2), Names{"rank"});
  EXPECT_EQ(flags_of(quiet(), 0.19), Names{"outlier"});
  EXPECT_EQ(flags_of(quiet(), 0.2), Names()) << "ten times the median is not above it";
  h = quiet();
  h.kq.condition.value = 256;
  EXPECT_EQ(flags_of(h, 2), Names{"condition"});
  h.kq.condition.value = HUGE_VAL;
  EXPECT_EQ(flags_of(h, 2), Names{"condition"});
}

TEST(SpectraFlags, SayWhereTheirThresholdsComeFrom) {
  for (const Flag& f : spectra_flags())
    for (const char* text : {f.name, f.condition, f.meaning, f.origin})
      EXPECT_GT(std::string(text).size(), 2u);
}

}  // namespace
}  // namespace halfulp
