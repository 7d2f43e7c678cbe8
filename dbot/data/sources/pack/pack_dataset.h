#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "dbot/core/stop.h"
#include "dbot/data/dataset.h"
#include "dbot/data/sources/open_context.h"
#include "dbot/data/sources/pack/pack_index.h"

namespace dbot::data {

/// True for the name of a pack's index.
bool is_pack_index_name(const std::filesystem::path& path);

/// Reads the index at `path`. Throws DataError naming it.
PackIndex read_pack_index(const std::filesystem::path& path);

/// The images of the packs whose indices are given, one a part; labels count the same classes.
/// Throws DataError for an index that is not sound, and for shards that are missing or of another
/// size than it says.
std::vector<std::shared_ptr<const Dataset>> open_packs(
    const std::vector<std::vector<std::filesystem::path>>& parts, const OpenContext& context);

/// What was held against its checksum.
struct PackCheck {
  std::int64_t images = 0, shards = 0;
  std::uint64_t bytes = 0;
};

/// Reads every byte of a pack, that of both parts where there are two. Throws DataError naming all
/// shards that are missing or damaged, Stopped when asked to stop.
PackCheck verify_pack(const std::filesystem::path& folder, const core::StopRequest& stop);

}  // namespace dbot::data
