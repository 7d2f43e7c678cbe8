#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "dbot/core/log.h"
#include "dbot/data/sources/folder/folder_index.h"
#include "dbot/data/sources/folder/folder_listing.h"

namespace dbot::data {

/// A folder that was entered.
struct WalkedFolder {
  std::string path;  // relative to the root, whose own is empty
  std::shared_ptr<const FolderListing> listing;
  std::vector<std::string_view> linked_files;  // of listing->links: those that lead to no folder
  /// Folders below that were entered through this one, links to folders included: name, and place
  /// in the walk.
  std::vector<std::pair<std::string, std::size_t>> children;
};

struct FolderWalk {
  std::deque<WalkedFolder> folders;  // the root first; empty if it cannot be read
  std::size_t read = 0;              // of them, those that were not known
  std::vector<std::string> outputs;  // folders of dbot's own, which were not entered
};

/// Enters each folder under `root` once, but for what dbot wrote there (own_output.h), by its own
/// path rather than through a link, so that loops of links end. `known` listings of which the stamp
/// still holds spare reading. Several threads read at once, since disks answer many questions
/// together better than one by one; the result does not depend on them. Folders that may not be
/// read are named in the log and left out. Gives up when `stopping`: then the result is not whole.
/// `known` listings are of the same content.
FolderWalk walk_folders(const std::filesystem::path& root, const FolderListings& known, int threads,
                        const std::function<bool()>& stopping, const core::Log& log,
                        Content content = Content::images);

}  // namespace dbot::data
