#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "dbot/core/settings/settings.h"

namespace dbot::exchange {

/// What the JSON files beside published weights say about them. Sources: config.json and
/// preprocessor_config.json of Hugging Face transformers; config.json of timm;
/// open_clip_config.json.
struct FolderDescription {
  std::optional<std::int64_t> width, depth, heads;
  std::optional<core::Size> image_size;
  std::optional<double> layer_norm_eps;
  std::optional<std::string> activation;  // "gelu", "quick_gelu", …
  std::vector<double> mean, std;          // one a channel; empty if unknown
};

/// Reads them if `weights` has a name that such folders use (model…, pytorch_model…,
/// open_clip_…); what is absent stays empty. Throws DataError naming the file and the key for a
/// value that cannot be.
FolderDescription describe_folder(const std::filesystem::path& weights);

}  // namespace dbot::exchange
