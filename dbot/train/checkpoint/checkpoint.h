#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "dbot/core/log.h"
#include "dbot/runtime/named_tensors.h"
#include "dbot/train/observer.h"

// Checkpoints are folders of safetensors and a manifest, written aside, fsynced and renamed:
//   checkpoints/step-00000120/{student,teacher,optimizer}.safetensors, state.json, manifest.json
//   checkpoints/latest → step-00000120, where the disk has links
// manifest.json names every file with size and checksum; a folder whose manifest does not hold is
// not a checkpoint. Tensors are divided into files by the part of their name before the first dot.
namespace dbot::train {

struct CheckpointConfig {
  std::int64_t every_steps = 0;  // 0: not by steps
  double every_epochs = 1;       // 0: not by epochs
  std::int64_t keep = 2;         // newest ones to keep, besides the ends of stages
  bool stage_ends = true;        // those at the ends of stages stay
  /// How long the end of a run tries to save in vain (a full disk, say) before it gives up.
  double retry_seconds = 300;
};

struct Checkpoint {
  TrainState state;
  bool stage_end = false;  // the last step of its stage: kept for good
  /// "student.…", "teacher.…", "optimizer.…"; "best.student.…": the best state of the stage.
  runtime::NamedTensors tensors;
  std::string fixed_choices;  // JSON: precision, threads, … resolved once and reused
  /// Plan::stage_begin of a run of which a stage ended early or stages were left out; empty: as the
  /// recipe says.
  std::vector<std::int64_t> stage_begin = {};
  ValidationState validation = {};
};

/// Writes `checkpoint` under `folder` (the run's checkpoints/). Returns the new folder, which
/// counts from then on. Throws dbot::Error; then older checkpoints are whole.
std::filesystem::path write_checkpoint(const std::filesystem::path& folder,
                                       const Checkpoint& checkpoint,
                                       const std::string& encoder_config_json = {});

/// Makes `latest` beside `checkpoint` a link to it: a convenience, without which a run goes on from
/// its newest whole checkpoint. A copy of a checkpoint in its place, as tools leave it that follow
/// links, is removed. Returns why there can be no link, empty if there is one; a link to an older
/// checkpoint, which would mislead, is removed then.
std::string point_latest_to(const std::filesystem::path& checkpoint);

/// Removes old checkpoints when `current` has been written. Of those up to `current`, the newest
/// `keep` whole ones stay, and with `stage_ends` those at the ends of stages. Throws dbot::Error.
void prune_checkpoints(const std::filesystem::path& current, std::int64_t keep,
                       bool stage_ends = true);

/// The newest checkpoint that is whole; broken ones are named in the log and passed over. Empty if
/// there is no checkpoint folder at all; throws DataError if there are some and all are broken.
std::optional<Checkpoint> read_newest_checkpoint(const std::filesystem::path& folder,
                                                 const core::Log& log);

/// Reads and verifies one checkpoint folder. Throws DataError saying what does not hold.
Checkpoint read_checkpoint(const std::filesystem::path& folder);

/// Step folders, oldest first.
std::vector<std::filesystem::path> list_checkpoints(const std::filesystem::path& folder);

}  // namespace dbot::train
