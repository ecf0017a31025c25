#include "halfulp/cli/program.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "halfulp/cli/program_testing.hpp"
#include "halfulp/report/text_testing.hpp"

namespace halfulp {
namespace {

TEST(Program, HelpTeachesAndEveryVerbHasAnExample) {
  const Ran help = run({"--help"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_TRUE(has(help.out, "formats") && has(help.out, "round") && has(help.out, "Exit codes")) << help.out;
  EXPECT_EQ(help.log, "");
  for (const char* verb : {"formats", "round"}) {
    const Ran verb_help = run({verb, "--help"});
    EXPECT_EQ(verb_help.exit_code, 0);
    EXPECT_TRUE(has(verb_help.out, "Example") && has(verb_help.out, std::string("halfulp ") + verb))
        << verb_help.out;
  }
}

TEST(Program, Version) {
  const Ran version = run({"--version"});
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_EQ(version.out, "halfulp " + program_version() + "\n");
}

TEST(Program, WithoutAVerbItHelpsAndFails) {
  const Ran nothing = run({});
  EXPECT_EQ(nothing.exit_code, 2);
  EXPECT_EQ(nothing.out, "");
  EXPECT_TRUE(has(nothing.log, "Exit codes"));
}

TEST(Program, AnUnknownVerbGetsTheNearestNames) {
  const Ran wrong = run({"fromats"});
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_TRUE(is_one_error_line(wrong.log)) << wrong.log;
  EXPECT_TRUE(has(wrong.log, "did you mean formats")) << wrong.log;
}

TEST(Program, WrongOptionsAreOneLineAndExitCodeTwo) {
  for (const auto& arguments :
       std::vector<std::vector<std::string>>{{"--nonsense"},
                                             {"formats", "--nonsense"},
                                             {"formats", "fp17"},
                                             {"formats", "fp\n17"},
                                             {"round"},
                                             {"round", "--format"},
                                             {"round", "--format", "fp16", "--seed", "x"},
                                             {"round", "--format", "fp16", "extra"},
                                             {"round", "formats"},
                                             {"round", "--format", "fp16", "\xff"},
                                             {"formats", ""},
                                             {""}}) {
    const Ran wrong = run(arguments, "1\n");
    EXPECT_EQ(wrong.exit_code, 2) << wrong.log;
    EXPECT_TRUE(is_one_error_line(wrong.log)) << wrong.log;
    EXPECT_EQ(wrong.out, "");
  }
}

TEST(Program, AFullDiskIsExitCodeFour) {
  for (const auto& arguments : std::vector<std::vector<std::string>>{
           {"formats"}, {"--help"}, {"--version"}, {"round", "--format", "fp16"}}) {
    std::istringstream in("1 2 3");
    std::ofstream full("/dev/full");
    std::ostringstream log;
    Console console{in, full, log};
    EXPECT_EQ(run_program(arguments, console), 4);
    EXPECT_TRUE(is_one_error_line(log.str()) && has(log.str(), "standard output")) << log.str();
  }
}

}  // namespace
}  // namespace halfulp
