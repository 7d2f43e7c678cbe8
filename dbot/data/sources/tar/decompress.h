#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <span>
#include <string_view>

namespace dbot::data {

/// What a file is packed by, as its first bytes say: "gzip", "zstd", "bzip2", "xz", "lz4", "lzip",
/// "ZIP", "7z" or "RAR"; empty for anything else. Throws DataError if it cannot be read.
std::string_view packing_of(const std::filesystem::path& path);

/// Hands over the content of a gzip or zstd file, told by its content, in pieces of at most some
/// megabytes. Throws DataError naming the file if it is damaged or ends too early.
void decompress(const std::filesystem::path& path,
                const std::function<void(std::span<const std::byte>)>& take);

}  // namespace dbot::data
