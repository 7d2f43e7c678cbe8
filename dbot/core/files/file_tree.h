#pragma once

#include <filesystem>

// Folders and names. Every function throws dbot::Error with the path, the operation and the
// system's reason.
namespace dbot::core {

/// Creates one folder; false if there is something of that name already.
bool create_folder(const std::filesystem::path& path);

/// Creates a folder and those above it where they are missing, and makes their names durable. What
/// exists is fine.
void create_folders(const std::filesystem::path& path);

/// Gives `from` the name `to`; a file that has it is replaced.
void rename_path(const std::filesystem::path& from, const std::filesystem::path& to);

/// Swaps two names in one step; false if the file system cannot.
bool swap_paths(const std::filesystem::path& one, const std::filesystem::path& other);

/// Removes a file or a folder with all that is in it; what is not there is fine.
void remove_tree(const std::filesystem::path& path);

}  // namespace dbot::core
