#include "apps/dbot/commands/output_path.h"

#include <fmt/format.h>
#include <unistd.h>

#include "dbot/core/error.h"

namespace dbot::app {
namespace {

namespace fs = std::filesystem;

void check_folder_of(std::string_view command, std::string_view option, const fs::path& file) {
  std::error_code error;
  const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
  if (!fs::is_directory(folder, error)) {
    throw UsageError(fmt::format("[{}] {} is {}, but its folder {} does not exist; make it",
                                 command, option, file.string(), folder.string()));
  }
  if (::access(folder.c_str(), W_OK) != 0) {
    throw Error(fmt::format("[{}] {} cannot be written to", command, folder.string()));
  }
}

}  // namespace

void check_output_files(std::string_view command, const std::vector<fs::path>& files, bool force,
                        std::string_view option) {
  std::error_code error;
  for (const fs::path& file : files) {
    check_folder_of(command, option, file);
    if (!fs::exists(fs::symlink_status(file, error))) continue;
    if (fs::is_directory(file, error)) {
      throw UsageError(fmt::format("[{}] {} is a folder, expected a file", command, file.string()));
    }
    if (!force) {
      throw UsageError(
          fmt::format("[{}] {} is there already; choose another name, or --force to replace it",
                      command, file.string()));
    }
  }
}

void check_output_folder(std::string_view command, const fs::path& folder, bool force) {
  std::error_code error;
  if (!fs::exists(folder, error)) return;
  if (!fs::is_directory(folder, error)) {
    throw UsageError(fmt::format("[{}] --out {} is a file, expected a new or empty folder", command,
                                 folder.string()));
  }
  if (!force && !fs::is_empty(folder, error)) {
    throw UsageError(
        fmt::format("[{}] --out {} is not empty; choose another name, or --force to replace the "
                    "files it writes",
                    command, folder.string()));
  }
}

}  // namespace dbot::app
