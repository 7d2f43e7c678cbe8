#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "dbot/core/error.h"
#include "dbot/core/log.h"
#include "dbot/core/patience.h"
#include "dbot/core/rarely.h"
#include "dbot/train/checkpoint/checkpoint.h"

namespace dbot::train {

/// Writes a run's checkpoints when they are due. If the disk refuses one, training goes on and the
/// last good checkpoint stays. The next try is at the next due step, or 4, 8, 16 … up to 64 steps
/// after the last failure if that is sooner.
class Saver {
 public:
  Saver(std::filesystem::path folder, CheckpointConfig config, core::Log log);

  /// Whether one is to be written after `step`.
  bool is_due(std::int64_t step, const Plan& plan) const;
  /// The new folder; empty if it could not be written, which is a warning at the 1st, 2nd, 4th,
  /// 8th … failure.
  std::optional<std::filesystem::path> try_to_save(const Checkpoint& checkpoint,
                                                   const std::string& encoder);
  /// Tries again as long as there is `patience`, then throws Error: what is lost, how to go on.
  std::filesystem::path save_or_fail(const Checkpoint& checkpoint, const std::string& encoder,
                                     const core::Patience& patience);

  /// The step of the newest whole checkpoint; −1 if there is none.
  std::int64_t saved_step() const { return saved_step_; }
  void resumed_from(std::int64_t step) { saved_step_ = step; }
  /// Whether the last `save_or_fail` failed, so that trying again is in vain.
  bool gave_up() const { return gave_up_; }

 private:
  std::optional<std::filesystem::path> attempt(const Checkpoint& checkpoint,
                                               const std::string& encoder);
  std::string last_good() const;
  void point_latest(const std::filesystem::path& written);
  void prune(const std::filesystem::path& current);

  std::filesystem::path folder_;
  CheckpointConfig config_;
  core::Log log_;
  std::int64_t saved_step_ = -1;
  bool gave_up_ = false;
  bool told_of_latest_ = false;
  core::Rarely failures_, prune_failures_;
  std::optional<Error> problem_;  // of the last attempt that failed
  std::int64_t retry_step_ = -1, retry_interval_ = 0;
};

}  // namespace dbot::train
