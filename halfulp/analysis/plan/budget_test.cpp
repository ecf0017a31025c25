#include "halfulp/analysis/plan/budget.hpp"

#include <gtest/gtest.h>

#include "halfulp/base/error.hpp"

namespace halfulp {
namespace {

TEST(Budget, ReadsEveryForm) {
  EXPECT_EQ(budget_named("kld=1e-4").kind, Budget::Kind::kld);
  EXPECT_EQ(budget_named("kld=1e-4").limit, 1e-4);
  EXPECT_EQ(budget_named("kld=10%").kind, Budget::Kind::relative);
  EXPECT_EQ(budget_named("kld=10%").limit, 0.1);
  EXPECT_EQ(budget_named("flips=0.1%").limit, 0.1 / 100);
  EXPECT_EQ(budget_named("flips=0.25").limit, 0.25);
  EXPECT_EQ(budget_named("flips=0.25").kind, Budget::Kind::flips);
  EXPECT_EQ(budget_named("logits=0.01").kind, Budget::Kind::logits);
}

TEST(Budget, RefusesInOneLineWhatIsNone) {
  const auto refusal = [](const char* text) -> std::string {
    try {
      budget_named(text);
    } catch (const usage_error& error) {
      return error.what();
    }
    return "accepted";
  };
  EXPECT_NE(refusal("kdl=1e-4").find("did you mean kld"), std::string::npos) << refusal("kdl=1e-4");
  for (const char* text :
       {"", "kld", "1e-4", "=1", "kld=", "kld=x", "kld=1e-4x", "kld=nan", "kld=inf", "kld=0", "kld=-1",
        "flips=0%", "flips=200%", "flips=1.5", "logits=5%", "logits=1e999", "kld=0x1p-3", "kld= 1"}) {
    EXPECT_NE(refusal(text).find("a budget is kld=1e-4"), std::string::npos) << text << ": " << refusal(text);
    EXPECT_EQ(refusal(text).find('\n'), std::string::npos);
  }
}

}  // namespace
}  // namespace halfulp
