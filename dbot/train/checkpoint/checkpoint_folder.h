#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

// Names inside a run's checkpoints/ folder.
namespace dbot::train {

/// The link to the newest one.
inline constexpr const char* kLatest = "latest";
/// "step-00000120".
std::string step_folder_name(std::int64_t step);
/// The step of such a name; empty for any other name.
std::optional<std::int64_t> step_of_folder(const std::filesystem::path& folder);
/// What a writer works on beside the finished folders: ".step-00000120.partial-1234". A reader
/// never looks at it; the next writer removes what a crash left.
std::string hidden_folder_name(std::int64_t step, std::string_view purpose);
bool is_hidden_folder(const std::filesystem::path& folder);

}  // namespace dbot::train
