#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "dbot/train/checkpoint/checkpoint.h"

namespace dbot::train {

/// state.json of a checkpoint: everything of it that is not a tensor.
std::string state_to_json(const Checkpoint& checkpoint);
/// The inverse; `tensors` stay empty. Throws DataError naming `origin`.
Checkpoint state_of_json(const std::string& text, const std::string& origin);
/// Of a checkpoint's folder.
Checkpoint read_state(const std::filesystem::path& folder);

/// Writes tensors and state of `checkpoint` into an existing folder, each file synced. Returns
/// their names, for the manifest. Throws dbot::Error.
std::vector<std::string> write_state_files(const std::filesystem::path& folder,
                                           const Checkpoint& checkpoint,
                                           const std::string& encoder_config_json);

inline constexpr const char* kStateFile = "state.json";

}  // namespace dbot::train
