#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dbot/core/text_list.h"
#include "dbot/data/image/unread_images.h"
#include "dbot/data/sources/content.h"

namespace dbot::data {

/// By what a change of a folder's entries is noticed. The time of the last status change cannot be
/// set by programs, unlike that of the last modification.
struct FolderStamp {
  std::uint64_t inode = 0;
  std::int64_t modified = 0, changed = 0;  // nanoseconds since 1970
  bool operator==(const FolderStamp&) const = default;
};

/// Names of entries in byte-wise order.
core::TextList sorted_names(std::vector<std::string> names);

/// Sorted names, each closed by a zero byte.
std::string name_bytes(const core::TextList& names);
/// The inverse. Empty if a name is not closed, is out of order, or is none of an entry that is
/// taken.
std::optional<core::TextList> parse_names(std::string_view bytes);

/// What stands in one folder, by names alone: hidden entries are left out, links not followed.
struct FolderListing {
  FolderStamp stamp;     // before the entries were read
  core::TextList files;  // names in byte-wise order, with the extension of what is wanted
  core::TextList folders, links;
  std::int64_t other_files = 0;
  std::string first_other;  // byte-wise
  bool own_output = false;  // dbot wrote the folder (own_output.h)
  UnreadImages unread;      // of the other files
};

/// The stamp of a folder, and which one it is.
struct FolderIdentity {
  std::uint64_t device = 0;
  FolderStamp stamp;
};

/// Follows links. Throws std::system_error if there is no such folder.
FolderIdentity identify_folder(const std::filesystem::path& path);

/// Reads a folder's entries; no file of it is looked at where the file system tells what an entry
/// is, but for those that tell an output. Throws std::system_error.
FolderListing read_folder(const std::filesystem::path& path, Content content = Content::images);

}  // namespace dbot::data
