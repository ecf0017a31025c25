// The page as a browser's parser meets it: nothing in a result is markup, and what runs is what the policy
// names.
#include "halfulp/report/html_page.hpp"

#include <gtest/gtest.h>

#include "halfulp/report/page_assets.hpp"

namespace halfulp {
namespace {

using Json = nlohmann::ordered_json;

Json document_named(const std::string& name) {
  return {
      {"schema", "halfulp.check/1"}, {"provenance", {{"command_line", name}}}, {"files", {name}}, {name, 1}};
}

/// What stands between the data island's tags: everything up to the first </script, as a parser does.
std::string island_of(const std::string& page) {
  const std::string start = "<script type=\"application/json\" id=\"documents\">";
  const std::size_t from = page.find(start) + start.size();
  return page.substr(from, page.find("</script", from) - from);
}

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST(HtmlPage, StringsOfResultsAreNeverMarkup) {
  for (const std::string hostile :
       {"</script><script>alert(1)</script>", "<!--", "-->", "<!-- <script>", "]]>", "&lt;", "\" onload=\"x",
        "@SCRIPT@", "@DOCUMENTS@", "\xe2\x80\xa8\xe2\x80\xa9", "\\u003c/script>", "</SCRIPT >",
        "\x01\x7f\n\t", "${x}`'", "\xf0\x9f\x98\x80"}) {
    const std::string page = html_report({{hostile, document_named(hostile)}, {"b", document_named("b")}});
    const std::string island = island_of(page);
    for (const char c : island) {
      EXPECT_TRUE(c >= 0x20 && c < 0x7f) << hostile;
      EXPECT_TRUE(c != '<' && c != '>' && c != '&') << hostile;
    }
    const Json data = Json::parse(island);
    EXPECT_EQ(data["results"][0]["name"], hostile);
    EXPECT_EQ(data["results"][0]["document"], document_named(hostile));
    EXPECT_EQ(count(page, "</script"), 3u) << "three scripts are closed, whatever the data says";
    EXPECT_EQ(count(page, "@DOCUMENTS@"), hostile == "@DOCUMENTS@" ? count(island, "@DOCUMENTS@") : 0u);
  }
}

TEST(HtmlPage, BytesThatAreNoTextAreReplaced) {
  EXPECT_NO_THROW(html_report({{"\xff\xfe", document_named("\xc3\x28")}}));
}

TEST(HtmlPage, ThePolicyAllowsThePagesOwnPartsAlone) {
  const std::string page = html_page(document_named("x"));
  const std::size_t policy = page.find("Content-Security-Policy");
  ASSERT_NE(policy, std::string::npos);
  const std::string line = page.substr(policy, page.find('\n', policy) - policy);
  for (const std::string_view hash : {page_style_hash(), page_d3_hash(), page_script_hash()}) {
    EXPECT_EQ(hash.size(), 51u) << hash;
    EXPECT_EQ(count(line, hash), 1u) << line;
  }
  EXPECT_NE(line.find("default-src 'none'"), std::string::npos);
  EXPECT_EQ(line.find("unsafe"), std::string::npos);
  EXPECT_LT(policy, page.find("<style>"));
}

TEST(HtmlPage, AsksForNothingOutsideItself) {
  const std::string page = html_page(document_named("x"));
  for (const std::string_view asks : {"src=\"http", "href=\"http", "@import", "url(http", "<link", "<iframe"})
    EXPECT_EQ(count(page, asks), 0u) << asks;
  EXPECT_LT(page.size(), 500'000u);
}

TEST(HtmlPage, ScriptsHandleDataAsTextAlone) {
  const std::string script(page_script());
  for (const std::string_view parses :
       {"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", ".html("})
    EXPECT_EQ(count(script, parses), 0u) << parses;
}

}  // namespace
}  // namespace halfulp
