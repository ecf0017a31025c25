#include "halfulp/report/output_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "halfulp/base/error.hpp"
#include "halfulp/report/table.hpp"

namespace halfulp {
namespace {

class OutputFile : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "output_file_test_XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder); }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
  }
  static std::string content(const std::filesystem::path& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }
  std::filesystem::path folder;
};

TEST_F(OutputFile, IsWrittenWholeAndReplacesWhatWasThere) {
  write_whole_file(folder / "a.json", "first");
  write_whole_file(folder / "a.json", "second");
  EXPECT_EQ(content(folder / "a.json"), "second");
  EXPECT_EQ(files(), 1u) << "no draft is left";
}

TEST_F(OutputFile, ALinkStaysAndTheFileBehindItChanges) {
  std::filesystem::create_directory(folder / "results");
  write_whole_file(folder / "results" / "a.json", "first");
  std::filesystem::create_symlink("results/a.json", folder / "latest.json");
  write_whole_file(folder / "latest.json", "second");
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "latest.json"));
  EXPECT_EQ(content(folder / "results" / "a.json"), "second");
}

TEST_F(OutputFile, HasTheUsersUsualPermissions) {
  const mode_t mask = ::umask(022);
  write_whole_file(folder / "a.json", "x");
  ::umask(mask);
  struct stat info {};
  ASSERT_EQ(::stat((folder / "a.json").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0644u);
}

TEST_F(OutputFile, RefusesAFolderAMissingFolderAndAFullDisk) {
  EXPECT_THROW(write_whole_file(folder, "x"), resource_error);
  EXPECT_THROW(check_writable(folder / "none" / "a.json"), resource_error);
  EXPECT_THROW(write_whole_file(folder / "none" / "a.json", "x"), resource_error);
  if (std::filesystem::exists("/dev/full")) {
    EXPECT_THROW(write_whole_file("/dev/full", "x"), resource_error);
  }
  EXPECT_EQ(files(), 0u);
}

TEST_F(OutputFile, AskingWhetherItCanBeWrittenLeavesNothing) {
  check_writable(folder / "a.json");
  EXPECT_EQ(files(), 0u);
}

TEST(Table, AlignsWordsLeftAndNumbersRightCountingCharacters) {
  Table table({"site", "é", "n"}, 2);
  table.add({"a", "xyz", "10"});
  EXPECT_EQ(table.text(""), "site  é     n\na     xyz  10\n");
}

TEST(Table, NumbersBytesAndTimesAreShort) {
  EXPECT_EQ(in_short(0.0326), "0.0326");
  EXPECT_EQ(in_short(2.653e-4), "2.65e-04");
  EXPECT_EQ(in_short(0), "0");
  EXPECT_EQ(in_short(12.34), "12.3");
  EXPECT_EQ(in_bytes(1536), "1.5 KiB");
  EXPECT_EQ(in_bytes(12), "12 B");
  EXPECT_EQ(in_time(200), "3 min 20 s");
  EXPECT_EQ(in_time(0.84), "0.8 s");
}

}  // namespace
}  // namespace halfulp
