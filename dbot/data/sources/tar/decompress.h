#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <span>

namespace dbot::data {

/// Hands over the content of a gzip or zstd file, told by its content, in pieces of at most some
/// megabytes. Throws DataError naming the file if it is damaged or ends too early.
void decompress(const std::filesystem::path& path,
                const std::function<void(std::span<const std::byte>)>& take);

}  // namespace dbot::data
