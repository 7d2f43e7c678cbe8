#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// The zip container as far as torch.save uses it: entries that are stored, not compressed, also
// with 64-bit sizes (PKWARE's APPNOTE 6.3, sections 4.3 and 4.5.3).
namespace dbot::formats {

/// What an entry holds, as it stands in the file.
struct ZipContent {
  std::span<const std::byte> bytes;
  std::uint32_t checksum = 0;  // CRC-32; 0: the writer left it out
};

/// Throws DataError, naming `name`, if the bytes do not give their checksum.
void check_content(const ZipContent& content, std::string_view name);

class ZipFile {
 public:
  /// Reads and checks the directory of a zip file in memory, which must outlive the object: every
  /// entry lies inside the file and none overlaps another. Throws DataError (without a path).
  static ZipFile read(std::span<const std::byte> bytes);

  /// Names of all entries.
  std::vector<std::string_view> names() const;
  bool contains(std::string_view name) const { return entries_.find(name) != entries_.end(); }
  /// Throws DataError for an entry that is missing, compressed or encrypted. Damage is found by
  /// check_content, which reads every byte.
  ZipContent content(std::string_view name) const;

 private:
  struct Entry {
    std::size_t begin = 0, size = 0;
    unsigned method = 0, flags = 0;
    std::uint32_t checksum = 0;
  };
  friend class ZipDirectory;
  std::span<const std::byte> bytes_;
  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace dbot::formats
