#pragma once

#include <filesystem>
#include <string_view>

namespace dbot::data {

/// Where what is known of data is kept between runs: a folder of that name in the user's cache;
/// empty with DBOT_INDEX=off or without a home.
std::filesystem::path index_folder(std::string_view name);

}  // namespace dbot::data
