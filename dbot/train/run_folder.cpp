#include "dbot/train/run_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "dbot/core/error.h"
#include "dbot/core/files/file_tree.h"
#include "dbot/core/settings/settings.h"
#include "dbot/core/settings/toml_document.h"

namespace dbot::train {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRecipeFile = "recipe.toml";
constexpr const char* kLockFile = ".lock";

// What a killed process leaves of an atomic write (core/files/files.h).
bool is_temporary(const fs::path& path) {
  return path.filename().string().starts_with(".dbot-");
}

// The first file by name that does not come from a run that was killed before it stored its recipe.
fs::path foreign_entry(const fs::path& folder) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const fs::path name = entry.path().filename();
    if (name != kLockFile && !is_temporary(name)) found.push_back(name);
  }
  return found.empty() ? fs::path() : *std::min_element(found.begin(), found.end());
}

// True if the folder is new.
bool create_folder(const fs::path& path) {
  try {
    const bool is_new = !fs::exists(path);
    core::create_folders(path);
    return is_new;
  } catch (const Error& problem) {
    throw Error({.operation = "run",
                 .subject = "the run folder",
                 .fault = Fault::unreadable,
                 .reason = fmt::format("cannot be created: {}", problem.what()),
                 .way_out = "choose another folder"});
  }
}

// Locks the folder. If that fails, a folder that was `created` just now is removed again.
core::FileLock lock_folder(const fs::path& path, bool created) {
  std::optional<core::FileLock> lock;
  try {
    lock = core::FileLock::try_acquire(path / kLockFile);
  } catch (const Error&) {
    std::error_code ignored;
    if (created) {
      fs::remove(path / kLockFile, ignored);
      fs::remove(path, ignored);
    }
    throw;
  }
  if (lock) return std::move(*lock);
  const std::string holder = core::FileLock::holder(path / kLockFile);
  throw Error({.operation = "run",
               .subject = path.string(),
               .reason = "is being written by " + (holder.empty() ? "another process" : holder),
               .way_out = "let it end or stop it first"});
}

void remove_temporaries(const fs::path& folder) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (is_temporary(entry.path())) found.push_back(entry.path());
  }
  for (const fs::path& path : found) fs::remove(path);
}

}  // namespace

RunFolder::RunFolder(fs::path path, core::FileLock lock, bool resumed, bool created)
    : path_(std::move(path)), lock_(std::move(lock)), resumed_(resumed), remove_at_end_(created) {}

RunFolder::RunFolder(RunFolder&& other) noexcept
    : path_(std::move(other.path_)),
      lock_(std::move(other.lock_)),
      resumed_(other.resumed_),
      remove_at_end_(std::exchange(other.remove_at_end_, false)) {}

RunFolder::~RunFolder() {
  if (!remove_at_end_) return;
  std::error_code ignored;
  fs::remove(path_ / kLockFile, ignored);
  fs::remove(path_, ignored);
}

bool RunFolder::check(const fs::path& path, bool resume) {
  if (path.empty()) {
    throw UsageError({.operation = "run",
                      .subject = "the run folder's name",
                      .fault = Fault::empty,
                      .reason = "is empty, expected the name of a folder"});
  }
  try {
    if (!fs::exists(fs::symlink_status(path))) return false;
    if (!fs::is_directory(path)) {
      throw UsageError({.operation = "run",
                        .subject = path.string(),
                        .fault = Fault::unsupported,
                        .reason = "is not a folder",
                        .way_out = "choose another name"});
    }
    if (fs::exists(path / kRecipeFile)) {
      if (resume) return true;
      throw UsageError({.operation = "run",
                        .subject = path.string(),
                        .fault = Fault::occupied,
                        .reason = "holds a run",
                        .way_out = "go on with it, or choose another folder"});
    }
    const fs::path other = foreign_entry(path);
    if (other.empty()) return false;
    throw UsageError(
        {.operation = "run",
         .subject = path.string(),
         .fault = Fault::mismatch,
         .reason = fmt::format("holds {} but no run ({} is missing)", other.string(), kRecipeFile),
         .way_out = "choose a new or empty folder"});
  } catch (const fs::filesystem_error& problem) {
    throw Error({.operation = "run",
                 .subject = path.string(),
                 .fault = Fault::unreadable,
                 .reason = "cannot be looked into: " + problem.code().message()});
  }
}

bool RunFolder::may_change(std::string_view key) {
  return key.starts_with("checkpoint.") || key.starts_with("evaluate.") ||
         key.starts_with("report.") || key == "data.workers" || key == "data.cache_bytes" ||
         key == "train.capture_step" || key == "train.capture_bytes" || key == "optimizer.shard" ||
         key == "train.early_sum_bytes" || key == "train.device" || key == "train.graph" ||
         key == "train.recompute";
}

void RunFolder::check_recipe(const fs::path& path, std::string_view recipe_toml,
                             std::string_view defaults_toml) {
  std::vector<std::string> changed;
  try {
    changed = core::toml_differences(core::read_text_file(path / kRecipeFile), recipe_toml,
                                     defaults_toml);
  } catch (const UsageError& problem) {
    throw UsageError(
        {.operation = "resume",
         .subject = (path / kRecipeFile).string(),
         .fault = Fault::corrupt,
         .reason = fmt::format("cannot be compared with the recipe: {}", problem.what())});
  }
  std::erase_if(changed, [](const std::string& change) {
    return may_change(std::string_view(change).substr(0, change.find(':')));
  });
  if (changed.empty()) return;
  throw UsageError(
      {.operation = "resume",
       .subject = "the recipe",
       .fault = Fault::mismatch,
       .reason = fmt::format(
           "is not the one {} was started with:\n  {}\nUse the stored values, or start another run "
           "in a new folder (checkpoint.*, evaluate.*, report.*, data.workers, data.cache_bytes, "
           "optimizer.shard, train.device, train.graph, train.recompute, train.early_sum_bytes, "
           "train.capture_step and train.capture_bytes may change)",
           path.string(), fmt::join(changed, "\n  "))});
}

RunFolder RunFolder::claim(const fs::path& path, bool resume) {
  check(path, resume);
  const bool created = create_folder(path);
  // From here on a failure must not leave a new folder behind.
  RunFolder folder(path, lock_folder(path, created), false, created);
  folder.resumed_ = check(path, resume);  // once more, since nobody else can write here now
  return folder;
}

RunFolder RunFolder::claim_new(std::string_view recipe_name, const fs::path& parent) {
  std::string name(recipe_name);
  for (char& letter : name) {
    const bool plain = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                       (letter >= '0' && letter <= '9') || letter == '.' || letter == '_';
    if (!plain) letter = '-';
  }
  if (name.find_first_not_of(".-") == std::string::npos) name = "run";
  create_folder(parent);
  for (std::int64_t number = 1;; ++number) {
    const fs::path path = parent / fmt::format("{}-{}", name, number);
    if (core::create_folder(path)) return RunFolder(path, lock_folder(path, true), false, true);
  }
}

void RunFolder::store_recipe(std::string_view recipe_toml, std::string_view defaults_toml) {
  try {
    if (resumed_) check_recipe(path_, recipe_toml, defaults_toml);
    remove_temporaries(path_);
    const bool changed =
        !resumed_ || !core::toml_differences(core::read_text_file(recipe()), recipe_toml).empty();
    if (changed) {
      core::write_file_atomically(recipe(), recipe_toml);
    }
    remove_at_end_ = false;
  } catch (const fs::filesystem_error& problem) {
    throw Error({.operation = "run",
                 .subject = path_.string(),
                 .fault = Fault::unreadable,
                 .reason = "cannot be written: " + problem.code().message()});
  }
}

}  // namespace dbot::train
