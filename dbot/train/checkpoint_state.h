#pragma once

#include <filesystem>
#include <string>

#include "dbot/train/checkpoint.h"

namespace dbot::train {

/// state.json of a checkpoint: everything of it that is not a tensor.
std::string state_to_json(const Checkpoint& checkpoint);
/// The inverse; `tensors` stay empty. Throws DataError naming `folder`.
Checkpoint read_state(const std::filesystem::path& folder);

inline constexpr const char* state_file = "state.json";

}  // namespace dbot::train
