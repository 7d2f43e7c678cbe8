#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>

// For sources alone: what is in a header of ours names no type of another library.
namespace dbot::exchange {

/// A JSON object of at most 64 MiB. Throws DataError naming the file and what is wrong.
nlohmann::json read_json_file(const std::filesystem::path& path);

}  // namespace dbot::exchange
