#include "dbot/train/run_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "dbot/core/error.h"
#include "dbot/core/settings.h"

namespace dbot::train {
namespace {

namespace fs = std::filesystem;

constexpr const char* recipe_file = "recipe.toml";
constexpr const char* lock_file = ".lock";

// What a killed process leaves of an atomic write (core/files.h).
bool is_temporary(const fs::path& path) {
  return path.filename().string().starts_with(".dbot-");
}

// The first file that a run killed before it stored its recipe cannot have left.
fs::path foreign_entry(const fs::path& folder) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const fs::path name = entry.path().filename();
    if (name != lock_file && !is_temporary(name)) found.push_back(name);
  }
  return found.empty() ? fs::path() : *std::min_element(found.begin(), found.end());
}

void create_folder(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) {
    throw Error(fmt::format("[run] cannot create the run folder {}: {}; choose another --out",
                            path.string(), error.message()));
  }
}

core::FileLock lock_folder(const fs::path& path) {
  auto lock = core::FileLock::try_acquire(path / lock_file);
  if (lock) return std::move(*lock);
  const std::string holder = core::FileLock::holder(path / lock_file);
  throw Error(fmt::format("[run] {} is being written by {}; let it end or stop it first",
                          path.string(), holder.empty() ? "another process" : holder));
}

void remove_temporaries(const fs::path& folder) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (is_temporary(entry.path())) found.push_back(entry.path());
  }
  for (const fs::path& path : found) fs::remove(path);
}

}  // namespace

RunFolder::RunFolder(fs::path path, core::FileLock lock, bool resumed)
    : path_(std::move(path)), lock_(std::move(lock)), resumed_(resumed) {}

bool RunFolder::check(const fs::path& path, bool resume) {
  if (path.empty()) throw UsageError("[run] --out is empty, expected the name of a folder");
  try {
    if (!fs::exists(fs::symlink_status(path))) return false;
    if (!fs::is_directory(path)) {
      throw UsageError(
          fmt::format("[run] --out {} is not a folder; choose another name", path.string()));
    }
    if (fs::exists(path / recipe_file)) {
      if (resume) return true;
      throw UsageError(fmt::format(
          "[run] --out {} holds a run; go on with it by --resume, or choose another --out",
          path.string()));
    }
    const fs::path other = foreign_entry(path);
    if (other.empty()) return false;
    throw UsageError(fmt::format(
        "[run] --out {} holds {} but no run ({} is missing); choose a new or empty folder",
        path.string(), other.string(), recipe_file));
  } catch (const fs::filesystem_error& problem) {
    throw Error(fmt::format("[run] cannot look into --out {}: {}", path.string(),
                            problem.code().message()));
  }
}

bool RunFolder::may_change(std::string_view key) {
  return key.starts_with("checkpoint.") || key.starts_with("evaluate.") ||
         key.starts_with("report.") || key == "data.workers";
}

void RunFolder::check_recipe(const fs::path& path, std::string_view recipe_toml) {
  std::vector<std::string> changed;
  try {
    changed = core::toml_differences(core::read_text_file(path / recipe_file), recipe_toml);
  } catch (const UsageError& problem) {
    throw UsageError(fmt::format("[resume] {} cannot be compared with the recipe: {}",
                                 (path / recipe_file).string(), problem.what()));
  }
  std::erase_if(changed, [](const std::string& change) {
    return may_change(std::string_view(change).substr(0, change.find(':')));
  });
  if (changed.empty()) return;
  throw UsageError(fmt::format(
      "[resume] the recipe is not the one {} was started with:\n  {}\nUse the stored values, or "
      "start another run with a new --out (checkpoint.*, evaluate.*, report.* and data.workers may "
      "change)",
      path.string(), fmt::join(changed, "\n  ")));
}

RunFolder RunFolder::create(const fs::path& path, bool resume, std::string_view recipe_toml) {
  check(path, resume);
  create_folder(path);
  core::FileLock lock = lock_folder(path);
  try {
    // Again, now that nobody else can write here.
    const bool existing = check(path, resume);
    if (existing) check_recipe(path, recipe_toml);
    remove_temporaries(path);
    if (!existing || core::read_text_file(path / recipe_file) != recipe_toml) {
      core::write_file_atomically(path / recipe_file, recipe_toml);
    }
    return RunFolder(path, std::move(lock), existing);
  } catch (const fs::filesystem_error& problem) {
    throw Error(fmt::format("[run] cannot write the run folder {}: {}", path.string(),
                            problem.code().message()));
  }
}

fs::path RunFolder::default_path(std::string_view recipe_name, const fs::path& parent) {
  std::string name(recipe_name);
  for (char& letter : name) {
    const bool plain = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                       (letter >= '0' && letter <= '9') || letter == '.' || letter == '_';
    if (!plain) letter = '-';
  }
  if (name.find_first_not_of(".-") == std::string::npos) name = "run";
  for (std::int64_t number = 1;; ++number) {
    fs::path path = parent / fmt::format("{}-{}", name, number);
    std::error_code error;
    if (!fs::exists(fs::symlink_status(path, error))) return path;
  }
}

}  // namespace dbot::train
