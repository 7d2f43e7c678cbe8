#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace dbot::data {

/// The whole content of a file. Throws DataError ("[data] PATH: reason") if it cannot be read or is
/// empty.
std::vector<std::uint8_t> read_file_bytes(const std::filesystem::path& path);

}  // namespace dbot::data
