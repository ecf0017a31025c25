#include "halfulp/base/utf8.hpp"

#include <gtest/gtest.h>

#include <string>

namespace halfulp {
namespace {

TEST(Utf8, KnowsCharactersOfEveryLength) {
  const std::string text = "a\u00e9\u20ac\U0001f600";
  EXPECT_TRUE(is_utf8(text));
  EXPECT_EQ(utf8_length(text, 0), 1u);
  EXPECT_EQ(utf8_length(text, 1), 2u);
  EXPECT_EQ(utf8_length(text, 3), 3u);
  EXPECT_EQ(utf8_length(text, 6), 4u);
  EXPECT_EQ(utf8_length(text, 2), std::nullopt) << "in the middle of one";
  EXPECT_TRUE(is_utf8(""));
}

TEST(Utf8, RefusesWhatIsCutOverlongOrNoCharacter) {
  for (const char* text : {"\xff", "\xc3", "\xc3(", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80",
                           "\xe2\x82", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "a\x80"})
    EXPECT_FALSE(is_utf8(text)) << text;
  EXPECT_TRUE(is_utf8("\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf")) << "the last before and the first after";
}

}  // namespace
}  // namespace halfulp
