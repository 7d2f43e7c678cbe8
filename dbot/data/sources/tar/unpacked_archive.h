#pragma once

#include <filesystem>

#include "dbot/data/sources/open_context.h"

namespace dbot::data {

/// True for the names of tar archives, plain or compressed: .tar, .tar.gz, .tgz, .tar.zst, .tzst.
bool is_tar_name(const std::filesystem::path& path);

/// The archive itself if it is plain; else a copy that is unpacked once and used again as long as
/// the archive keeps its size and time: compressed bytes cannot be read at random. Copies lie in
/// dbot/unpacked under XDG_CACHE_HOME or ~/.cache, are written atomically, and leave at least a
/// tenth of the disk free. Throws DataError if the archive is damaged, Error if there is no room,
/// Stopped when asked to stop; all name it.
std::filesystem::path plain_archive(const std::filesystem::path& archive,
                                    const OpenContext& context);

}  // namespace dbot::data
