#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "dbot/core/files.h"

namespace dbot::train {

/// A run on disk, locked for as long as this object lives. Layout: docs/run-folder.md.
///
/// Asking and doing are separate, because a run folder is created only after usage, recipe and data
/// were found good: `check` and `check_recipe` touch nothing, `create` does.
class RunFolder {
 public:
  /// Whether a run may be written to `path`. Returns true if there is one to go on with. Throws
  /// UsageError for a file, for a folder with other content, and for a run without `resume`. With
  /// `resume` a place without a run is fine: a run is started there.
  static bool check(const std::filesystem::path& path, bool resume);

  /// Throws UsageError naming the keys in which `recipe_toml` differs from the recipe stored in the
  /// run at `path`, those of `may_change` excepted.
  static void check_recipe(const std::filesystem::path& path, std::string_view recipe_toml);

  /// True for keys that change neither weights nor the order of samples and may so be given anew on
  /// resume: checkpoint.*, evaluate.*, report.* and data.workers.
  static bool may_change(std::string_view key);

  /// Creates the folder or opens the run in it, locks it and stores the resolved recipe. Throws as
  /// the checks do, and Error naming the reason if the folder cannot be written or the process that
  /// is training there.
  static RunFolder create(const std::filesystem::path& path, bool resume,
                          std::string_view recipe_toml);

  /// runs/NAME-N under `parent`, with N the first number whose folder does not exist. A recipe's
  /// name may have slashes: "dbot/quick" gives runs/dbot-quick-1.
  static std::filesystem::path default_path(std::string_view recipe_name,
                                            const std::filesystem::path& parent = "runs");

  /// True if there was a run already.
  bool resumed() const { return resumed_; }
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path recipe() const { return path_ / "recipe.toml"; }
  std::filesystem::path metrics() const { return path_ / "metrics.jsonl"; }
  std::filesystem::path checkpoints() const { return path_ / "checkpoints"; }
  std::filesystem::path model() const { return path_ / "model.safetensors"; }

 private:
  RunFolder(std::filesystem::path path, core::FileLock lock, bool resumed);

  std::filesystem::path path_;
  core::FileLock lock_;
  bool resumed_ = false;
};

}  // namespace dbot::train
