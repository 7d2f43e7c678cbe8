#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace dbot::data {

/// By what a change of a folder's entries is noticed. The time of the last status change cannot be
/// set by programs, unlike that of the last modification.
struct FolderStamp {
  std::uint64_t inode = 0;
  std::int64_t modified = 0, changed = 0;  // nanoseconds since 1970
  bool operator==(const FolderStamp&) const = default;
};

/// Names of entries in one piece of memory, in byte-wise order.
class NameList {
 public:
  NameList() = default;
  explicit NameList(std::vector<std::string> names);
  /// Names that are each closed by a zero byte; false if they are not, are not sorted, or one is no
  /// name of an entry that is taken.
  static bool parse(std::string_view bytes, NameList& names);

  /// The inverse of `parse`.
  const std::string& bytes() const { return bytes_; }
  std::size_t size() const { return size_; }
  std::vector<std::string_view> views() const;

 private:
  std::string bytes_;
  std::size_t size_ = 0;
};

/// What stands in one folder, by names alone: hidden entries are left out, links not followed.
struct FolderListing {
  FolderStamp stamp;  // before the entries were read
  NameList files;     // with the extension of an image
  NameList folders, links;
  std::int64_t other_files = 0;
  std::string first_other;  // byte-wise
};

/// The stamp of a folder, and which one it is.
struct FolderIdentity {
  std::uint64_t device = 0;
  FolderStamp stamp;
};

/// Follows links. Throws std::system_error if there is no such folder.
FolderIdentity identify_folder(const std::filesystem::path& path);

/// Reads a folder's entries; no file of it is looked at where the file system tells what an entry
/// is. Throws std::system_error.
FolderListing read_folder(const std::filesystem::path& path);

}  // namespace dbot::data
