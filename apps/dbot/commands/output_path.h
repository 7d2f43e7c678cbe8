#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

// Where results go is looked at before the work, not after it.
namespace dbot::app {

/// Throws UsageError if a file is there already (unless `force`), is a folder, or its folder is
/// missing; Error if that cannot be written to. `option` names them in messages.
void check_output_files(std::string_view command, const std::vector<std::filesystem::path>& files,
                        bool force, std::string_view option = "--out");

/// Throws UsageError if the folder is a file, or holds something (unless `force`).
void check_output_folder(std::string_view command, const std::filesystem::path& folder, bool force);

}  // namespace dbot::app
