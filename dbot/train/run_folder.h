#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "dbot/core/files/files.h"

namespace dbot::train {

/// A run on disk, locked for as long as this object lives. Layout: docs/run-folder.md.
///
/// Asking and doing are separate, because a run folder is created only after usage, recipe and data
/// were found good: `check` and `check_recipe` touch nothing, `claim` does. What takes time comes
/// between `claim` and `store_recipe`: a folder that cannot be written, or is another's, is found
/// out before it.
class RunFolder {
 public:
  /// Whether a run may be written to `path`. Returns true if there is one to go on with. Throws
  /// UsageError for a file, for a folder with other content, and for a run without `resume`. With
  /// `resume` a place without a run is fine: a run is started there.
  static bool check(const std::filesystem::path& path, bool resume);

  /// Throws UsageError naming the keys in which `recipe_toml` differs from the recipe stored in the
  /// run at `path`, those of `may_change` excepted. A key that one of them lacks, since another
  /// version wrote it, has there its value in `defaults_toml`.
  static void check_recipe(const std::filesystem::path& path, std::string_view recipe_toml,
                           std::string_view defaults_toml = {});

  /// True for keys that change neither weights nor the order of samples and may so be given anew on
  /// resume: checkpoint.*, evaluate.*, report.*, data.workers, data.cache_bytes, optimizer.shard,
  /// train.early_sum_bytes, train.capture_step and train.capture_bytes.
  static bool may_change(std::string_view key);

  /// Creates the folder or opens the run in it, and locks it. Throws as `check` does, and Error
  /// naming the reason if the folder cannot be written or the process that is training there.
  static RunFolder claim(const std::filesystem::path& path, bool resume);

  /// Creates and locks runs/NAME-N under `parent`, with N the first number whose folder does not
  /// exist: of several processes each gets its own. A recipe's name may have slashes: "dbot/quick"
  /// gives runs/dbot-quick-1.
  static RunFolder claim_new(std::string_view recipe_name,
                             const std::filesystem::path& parent = "runs");

  /// Stores the resolved recipe; from here on it is a run. Throws as `check_recipe` does.
  void store_recipe(std::string_view recipe_toml, std::string_view defaults_toml = {});

  RunFolder(RunFolder&& other) noexcept;
  /// A folder that was created here and became no run is removed again.
  ~RunFolder();

  /// True if there was a run already.
  bool resumed() const { return resumed_; }
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path recipe() const { return path_ / "recipe.toml"; }
  std::filesystem::path metrics() const { return path_ / "metrics.jsonl"; }
  std::filesystem::path checkpoints() const { return path_ / "checkpoints"; }
  std::filesystem::path model() const { return path_ / "model.safetensors"; }
  std::filesystem::path captures() const { return path_ / "captures"; }

 private:
  RunFolder(std::filesystem::path path, core::FileLock lock, bool resumed, bool created);

  std::filesystem::path path_;
  core::FileLock lock_;
  bool resumed_ = false;
  bool remove_at_end_ = false;
};

}  // namespace dbot::train
