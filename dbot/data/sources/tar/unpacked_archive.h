#pragma once

#include <filesystem>
#include <string_view>

#include "dbot/core/error.h"
#include "dbot/data/sources/open_context.h"

namespace dbot::data {

/// True for the names of tar archives, plain or compressed, in any case: .tar, .tar.gz, .tgz,
/// .tar.zst, .tzst.
bool is_tar_name(const std::filesystem::path& path);

/// True for the names of archives that have to be unpacked first: .tar.bz2, .tar.xz, .zip, ….
bool is_packed_name(const std::filesystem::path& path);

/// What is to be done with such an archive, to continue its name: "is packed by bzip2, …".
DataError packed_error(const std::filesystem::path& path, std::string_view packing);

/// The archive itself if it is plain; else a copy that is unpacked once and used again as long as
/// the archive keeps its size and time: compressed bytes cannot be read at random. How it is packed
/// its content tells, whatever its name says. Copies lie in dbot/unpacked under XDG_CACHE_HOME or
/// ~/.cache, are written atomically, and leave at least a tenth of the disk free. Throws DataError
/// if the archive is damaged or packed in another way than by gzip or zstd, Error if there is no
/// room, Stopped when asked to stop; all name it.
std::filesystem::path plain_archive(const std::filesystem::path& archive,
                                    const OpenContext& context);

}  // namespace dbot::data
