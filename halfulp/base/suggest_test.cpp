#include "halfulp/base/suggest.hpp"

#include <gtest/gtest.h>

namespace halfulp {
namespace {

using Names = std::vector<std::string>;

TEST(Suggest, NamesThatBeginSoComeBeforeThoseOfFewerChanges) {
  const Names names{"f_A", "f_M", "rms_norm", "rms_norm.kappa_cc", "sim.rms_norm"};
  EXPECT_EQ(nearest_names("rms", names), (Names{"rms_norm", "rms_norm.kappa_cc", "sim.rms_norm"}));
  EXPECT_EQ(nearest_names("RMS", names, 1), Names{"rms_norm"});
}

TEST(Suggest, NamesThatLackNoLetterComeBeforeThoseThatDo) {
  const Names names{"attention.H_t", "attention.jacobian", "attention.round.coef_u"};
  EXPECT_EQ(nearest_names("attention.coef_u", names, 1), Names{"attention.round.coef_u"});
  EXPECT_EQ(nearest_names("m", {"d", "norm"}, 1), Names{"d"});
}

TEST(Suggest, SlipsComeBeforeNamesThatHappenToHaveTheLetters) {
  const Names names{"rms_norm.jac_norm_22", "sim.rms_norm", "rms_norm"};
  EXPECT_EQ(nearest_names("rms_nrom", names, 1), Names{"rms_norm"});
}

TEST(Suggest, OtherwiseTheFewestChangesDecide) {
  const Names names{"bf16", "fp16", "fp32", "tf32"};
  EXPECT_EQ(nearest_names("fp61", names, 1), Names{"fp16"});
  EXPECT_EQ(nearest_names("ft32", names, 2), (Names{"fp32", "tf32"}));
  EXPECT_EQ(nearest_names("", {"a", "b"}), (Names{"a", "b"}));
}

}  // namespace
}  // namespace halfulp
