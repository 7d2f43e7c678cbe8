#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>

// Only sources include this: our headers name no type of another library.
namespace dbot::exchange {

/// A JSON object of at most 64 MiB. Throws DataError naming the file and what is wrong.
nlohmann::json read_json_file(const std::filesystem::path& path);

}  // namespace dbot::exchange
