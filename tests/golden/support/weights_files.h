#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "dbot/exchange/import/weights_source.h"
#include "tests/golden/harness/comparison.h"
#include "tests/golden/harness/fixture.h"

namespace dbot::golden {

/// "checkpoint_mae" of checkpoint_mae.expected.safetensors and of checkpoint_mae.hf.safetensors.
std::string base_of(const std::filesystem::path& fixture);

/// Weights files of torch.save beside a fixture.
std::vector<std::filesystem::path> torch_files(const std::filesystem::path& folder);

/// Those that hold what BASE.expected.safetensors says: BASE.pth, BASE_legacy.pth, … A file whose
/// name begins with a longer base belongs to that one.
std::vector<std::filesystem::path> files_of(const std::filesystem::path& fixture);

/// Those that no expected file speaks of.
std::vector<std::filesystem::path> unclaimed_files(const std::filesystem::path& folder);

}  // namespace dbot::golden
