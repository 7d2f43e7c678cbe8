#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "dbot/data/sources/folder/folder_listing.h"

// What was read of a folder's folders, kept in a file of the user's cache. It holds for a folder as
// long as the folder's stamp is the one it was read with, and is never needed.
namespace dbot::data {

/// By path relative to the root, whose own is empty.
using FolderListings = std::unordered_map<std::string, std::shared_ptr<const FolderListing>>;

/// $XDG_CACHE_HOME/dbot/index, or ~/.cache/dbot/index; empty with DBOT_INDEX=off or without a home.
std::filesystem::path default_index_folder();

/// The index file of a data folder, known by its canonical path.
std::filesystem::path index_file(const std::filesystem::path& index_folder,
                                 const std::filesystem::path& root);

/// Empty if there is no such file, or one that is damaged, of another version or another root.
FolderListings read_index(const std::filesystem::path& file, const std::filesystem::path& root);

/// Replaces the file in one step, so that processes may read and write it at once. Throws Error.
void write_index(const std::filesystem::path& file, const std::filesystem::path& root,
                 const FolderListings& listings);

/// What stands in the file behind its checksum.
std::string pack_listings(std::string_view root, const FolderListings& listings);
/// The inverse. Throws DataError unless all of it is sound and of that root.
FolderListings unpack_listings(std::string_view bytes, std::string_view root);

}  // namespace dbot::data
