#include "halfulp/report/output_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "halfulp/base/error.hpp"

namespace halfulp {
namespace {

[[noreturn]] void refuse(const std::filesystem::path& path, const char* what) {
  throw resource_error(path.string() + ": " + what + ": " + std::strerror(errno));
}

/// Where a symbolic link leads, so that the link stays and the file behind it changes.
std::filesystem::path behind_links(const std::filesystem::path& path) {
  std::error_code unknown;
  const bool is_link = std::filesystem::is_symlink(path, unknown);
  const auto target = is_link ? std::filesystem::weakly_canonical(path, unknown) : path;
  return unknown ? path : target;
}

/// A new file beside `path`, removed again unless it is given its name.
class Draft {
 public:
  explicit Draft(const std::filesystem::path& path)
      : path_(behind_links(path)), name_(path_.string() + ".XXXXXX") {
    std::error_code unknown;
    if (std::filesystem::is_directory(path, unknown))
      throw resource_error(path.string() + ": cannot write: it is a folder");
    file_ = ::mkstemp(name_.data());
    if (file_ < 0) refuse(path, "cannot write");
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;
  ~Draft() {
    if (file_ >= 0) ::close(file_);
    if (!kept_) ::unlink(name_.c_str());
  }

  void write(std::string_view content) {
    while (!content.empty()) {
      const ssize_t count = ::write(file_, content.data(), content.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) refuse(path_, "cannot write");
      content.remove_prefix(static_cast<std::size_t>(count));
    }
    const mode_t mask = ::umask(0);  // mkstemp makes private files; results have the user's usual permissions
    ::umask(mask);
    if (::fchmod(file_, 0666 & ~mask) != 0 || ::fsync(file_) != 0) refuse(path_, "cannot write");
  }
  void keep() {
    if (::rename(name_.c_str(), path_.c_str()) != 0) refuse(path_, "cannot write");
    kept_ = true;
  }

 private:
  std::filesystem::path path_;
  std::string name_;
  int file_ = -1;
  bool kept_ = false;
};

}  // namespace

void write_whole_file(const std::filesystem::path& path, std::string_view content) {
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode)) {
    // a device or pipe has no beside: write to it
    const int file = ::open(path.c_str(), O_WRONLY);
    if (file < 0) refuse(path, "cannot write");
    const ssize_t count = ::write(file, content.data(), content.size());
    const int error = errno;
    ::close(file);
    errno = error;
    if (count != static_cast<ssize_t>(content.size())) refuse(path, "cannot write");
    return;
  }
  Draft draft(path);
  draft.write(content);
  draft.keep();
}

void check_writable(const std::filesystem::path& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode)) return;
  const Draft draft(path);
}

}  // namespace halfulp
