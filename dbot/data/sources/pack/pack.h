#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "dbot/core/log.h"
#include "dbot/core/progress.h"
#include "dbot/core/stop.h"
#include "dbot/data/dataset.h"

// Design goals: a pack gives the same images in the same order as what it was made of; half a pack
// is never taken for one; what was packed before a stop or a full disk is not packed again.
// Non-goals: changing a pack, and reading it without its index.
namespace dbot::data {

struct PackConfig {
  std::uint64_t shard_bytes = std::uint64_t{1} << 30;  // a shard is closed before it grows larger
  /// 0: encoded images as they are. Else those whose shorter side is longer are made smaller,
  /// upright and in RGB, and written as JPEG; the others stay as they are.
  int shorter_side = 0;
  int quality = 90;
  int workers = 1;
};

struct PackSummary {
  std::int64_t images = 0, left_out = 0, shards = 0;
  std::int64_t shards_kept = 0;  // from an attempt that did not get to its end
  std::uint64_t bytes = 0;
};

/// Packs data sets, one (undivided) or two (train and test), into the new folder `out`: shards and
/// an index (pack_index.h), for two in out/train and out/test. Everything is written into
/// "OUT.partial" and gets its name in the end; the same call goes on behind the last finished
/// shard. Images that cannot be read, or made smaller, are named in the log and left out.
/// `progress` gets how many of all images were looked at.
///
/// Throws UsageError if `out` holds something, if the images are not encoded ones (IDX, CIFAR) or
/// if a setting is out of its range; DataError if no image could be read; Stopped; Error where
/// something cannot be written, or another process packs into the same place.
PackSummary pack(const std::vector<std::shared_ptr<const Dataset>>& parts,
                 const std::filesystem::path& out, const PackConfig& config,
                 const core::StopRequest& stop, const core::Log& log,
                 const core::TellProgress& progress = {});

}  // namespace dbot::data
