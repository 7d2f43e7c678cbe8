#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

namespace dbot::formats {

/// A regular file, mapped read-only; the bytes live as long as the object.
class MappedFile {
 public:
  /// Throws DataError with what is wrong (and no path: the caller knows it).
  static MappedFile open(const std::filesystem::path& path);

  std::span<const std::byte> bytes() const { return bytes_; }

  MappedFile() = default;
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

 private:
  std::span<const std::byte> bytes_;
};

}  // namespace dbot::formats
