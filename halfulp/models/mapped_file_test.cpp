#include "halfulp/models/mapped_file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include "halfulp/models/tiny_checkpoint_testing.hpp"

namespace halfulp {
namespace {

using namespace halfulp::testing;

TEST(MappedFile, ShowsTheBytesAndKeepsThemWhenMoved) {
  const TemporaryFolder folder;
  write_file(folder / "a", "hello");
  MappedFile file(folder / "a");
  const auto* const data = file.bytes().data();
  MappedFile moved = std::move(file);
  EXPECT_EQ(moved.text(), "hello");
  EXPECT_EQ(moved.bytes().data(), data);
}

TEST(MappedFile, SaysWhatIsWrongWithThePath) {
  const TemporaryFolder folder;
  write_file(folder / "empty", "");
  expect_input_error([&] { MappedFile{folder / "none"}; }, {(folder / "none").string(), "no such file"});
  expect_input_error([&] { MappedFile{folder.path()}; }, {folder.path().string(), "is a folder"});
  expect_input_error([&] { MappedFile{folder / "empty"}; }, {(folder / "empty").string(), "empty"});
  expect_input_error([&] { MappedFile{folder / "empty" / "x"}; }, {"not a folder"});
}

TEST(MappedFile, RefusesAPipeWithoutWaitingForItsWriter) {
  const TemporaryFolder folder;
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  expect_input_error([&] { MappedFile{folder / "pipe"}; }, {"pipe", "not a regular file"});
}

TEST(MappedFile, SaysThatThereIsNoPermission) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read everything";
  const TemporaryFolder folder;
  write_file(folder / "secret", "x");
  ::chmod((folder / "secret").c_str(), 0);
  expect_input_error([&] { MappedFile{folder / "secret"}; }, {"secret", "no permission"});
}

TEST(MappedFile, ReleasedPagesComeBackUnchanged) {
  const TemporaryFolder folder;
  std::string content(100'000, 'x');
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>('a' + i % 23);
  write_file(folder / "a", content);
  const MappedFile file(folder / "a");
  EXPECT_EQ(file.text(), content);
  release_pages(file.bytes().subspan(100, 90'000));
  EXPECT_EQ(file.text(), content);
}

TEST(MappedFile, MessagesStayOnOneLineWhateverThePath) {
  expect_input_error([] { MappedFile{"/no\nsuch\x1b[31m"}; }, {"\\x0a", "\\x1b"});
}

}  // namespace
}  // namespace halfulp
