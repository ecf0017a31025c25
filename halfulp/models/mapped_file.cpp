#include "halfulp/models/mapped_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

#include "halfulp/base/error.hpp"
#include "halfulp/models/message.hpp"

namespace halfulp {
namespace {

struct Descriptor {
  int fd;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

[[noreturn]] void fail(const std::filesystem::path& path, int error) {
  const char* const advice = error == ENOENT    ? "no such file; check the path"
                             : error == EACCES  ? "no permission to read it"
                             : error == ENOTDIR ? "a part of the path is not a folder"
                                                : std::strerror(error);
  throw input_error(fmt::format("{}: {}", display(path), advice));
}

}  // namespace

MappedFile::MappedFile(std::filesystem::path path) : path_(std::move(path)) {
  // Without O_NONBLOCK a named pipe would wait for a writer before we can refuse it.
  const Descriptor file{::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (file.fd < 0) fail(path_, errno);
  struct stat status {};
  if (::fstat(file.fd, &status) != 0) fail(path_, errno);
  if (S_ISDIR(status.st_mode)) throw input_error(display(path_) + ": is a folder, not a file");
  if (!S_ISREG(status.st_mode))
    throw input_error(display(path_) + ": is not a regular file; save it to one first");
  if (status.st_size <= 0) throw input_error(display(path_) + ": the file is empty");
  size_ = static_cast<std::size_t>(status.st_size);
  void* const address = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file.fd, 0);
  if (address == MAP_FAILED) {
    if (errno == ENOMEM)
      throw resource_error(fmt::format("{}: no address space for its {} bytes", display(path_), size_));
    fail(path_, errno);
  }
  data_ = static_cast<const std::byte*>(address);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : path_(std::move(other.path_)),
      data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_);
}

void release_pages(std::span<const std::byte> bytes) {
  // Only whole pages inside the range: the neighbours may still be in use.
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto first = (reinterpret_cast<std::uintptr_t>(bytes.data()) + page - 1) / page * page;
  const auto last = (reinterpret_cast<std::uintptr_t>(bytes.data()) + bytes.size()) / page * page;
  if (bytes.data() == nullptr || first >= last) return;
  // A hint: if it fails, the memory is merely kept.
  (void)::madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED);
}

}  // namespace halfulp
