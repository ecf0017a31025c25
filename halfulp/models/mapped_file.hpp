// A file seen as bytes without being read: the pages come in when they are touched and may be dropped again.
// A file that somebody truncates while it is mapped is out of scope (the kernel would signal SIGBUS).
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

namespace halfulp {

/// A regular file mapped read-only; the bytes keep their address when the object is moved.
class MappedFile {
 public:
  MappedFile() = default;
  /// Throws input_error when the file is missing, not readable, not a regular file, or empty.
  explicit MappedFile(std::filesystem::path path);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  const std::filesystem::path& path() const { return path_; }
  std::size_t size() const { return size_; }
  std::span<const std::byte> bytes() const { return {data_, size_}; }
  std::string_view text() const { return {reinterpret_cast<const char*>(data_), size_}; }

 private:
  std::filesystem::path path_;
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

/// Lets go of the memory behind mapped bytes that are not needed soon; touching them reads them again.
/// Only for bytes of a MappedFile.
void release_pages(std::span<const std::byte> bytes);

}  // namespace halfulp
