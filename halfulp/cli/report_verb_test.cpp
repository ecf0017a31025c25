// report as a user meets it, and -o FILE.html of other verbs.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "halfulp/cli/program_testing.hpp"

namespace halfulp {
namespace {

const std::string model = std::string(HALFULP_SOURCE_DIR) + "/examples/gpt2-tinyshakespeare";

class ReportVerb : public testing::Test {
 protected:
  void SetUp() override {
    folder = std::filesystem::temp_directory_path() / ("report_verb_test_" + std::to_string(::getpid()));
    std::filesystem::create_directory(folder);
  }
  void TearDown() override { std::filesystem::remove_all(folder); }
  std::string at(const std::string& name) const { return (folder / name).string(); }
  std::string content(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(folder / name).rdbuf();
    return text.str();
  }
  std::filesystem::path folder;
};

TEST_F(ReportVerb, PutsResultsOfSeveralVerbsOnOnePage) {
  std::ofstream(at("formats.json")) << run({"formats", "--json"}).out;
  std::ofstream(at("inspect.json")) << run({"inspect", "-m", model, "--json"}).out;
  const Ran ran = run({"report", at("formats.json"), at("inspect.json"), "-o", at("r.html")});
  EXPECT_EQ(ran.exit_code, 0) << ran.log;
  EXPECT_NE(ran.out.find("2 results are in"), std::string::npos) << ran.out;
  const std::string page = content("r.html");
  EXPECT_TRUE(page.starts_with("<!DOCTYPE html>"));
  for (const char* part : {"halfulp.formats/1", "halfulp.inspect/1", "formats.json", "inspect.json"})
    EXPECT_NE(page.find(part), std::string::npos) << part;
}

TEST_F(ReportVerb, VerbsWriteAPageOfTheirOwn) {
  const std::vector<std::vector<std::string>> commands = {
      {"profile", "-m", model, "--tokens", "4", "--recipe", "bf16"},
      {"attribute", "-m", model, "--tokens", "4", "--probes", "2"},
      {"certify", "-m", model, "--tokens", "3", "--candidates", "1"},
      {"plan", "-m", model, "--tokens", "4", "--probes", "2", "--no-run"},
      {"bounds", "--random", "d=4,n=4,D=4,L=2", "--format", "bin24"},
      {"experiment", "summation", "--trials", "2", "--powers", "3"},
      {"figure", "3", "--trials", "2", "--arithmetic", "bin11"}};
  for (std::vector<std::string> command : commands) {
    const std::string verb = command.front(), name = verb + ".html";
    command.insert(command.end(), {"-o", at(name)});
    const Ran ran = run(command);
    EXPECT_LE(ran.exit_code, 1) << verb << ": " << ran.log;
    EXPECT_NE(content(name).find("\"halfulp." + verb + "/1\""), std::string::npos) << verb;
  }
}

TEST_F(ReportVerb, RefusesWhatIsNoResult) {
  const auto refused = [](const std::vector<std::string>& arguments, int code, const std::string& part) {
    std::vector<std::string> words = {"report"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    const Ran ran = run(words);
    EXPECT_EQ(ran.exit_code, code) << ran.log;
    EXPECT_TRUE(is_one_error_line(ran.log)) << ran.log;
    EXPECT_NE(ran.log.find(part), std::string::npos) << ran.log;
  };
  std::ofstream(at("not.json")) << "{\"schema\": \"halfulp.profile/9\"}";
  std::ofstream(at("cut.json")) << run({"formats", "--json"}).out.substr(0, 900);
  refused({}, 2, "FILE");
  refused({at("not.json"), "-o", at("r.html")}, 3, "halfulp.profile/9");
  refused({at("cut.json"), "-o", at("r.html")}, 3, "invalid JSON");
  refused({at("absent.json"), "-o", at("r.html")}, 3, "absent.json");
  refused({at("cut.json"), "-o", at("r.pdf")}, 2, ".html");
  std::ofstream(at("same.html")) << "{}";
  refused({at("same.html"), "-o", at("same.html")}, 2, "that is read too");
  refused({at("cut.json"), "-o", "/nonexistent/r.html"}, 4, "/nonexistent/r.html");
  EXPECT_FALSE(std::filesystem::exists(at("r.html"))) << "nothing is written where something is refused";
}

}  // namespace
}  // namespace halfulp
