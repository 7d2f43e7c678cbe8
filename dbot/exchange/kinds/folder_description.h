#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "dbot/core/settings/settings.h"
#include "dbot/exchange/kinds/rotary_kind.h"

namespace dbot::exchange {

/// What the JSON files beside published weights say about them. Sources: config.json and
/// preprocessor_config.json of Hugging Face transformers; config.json of timm;
/// open_clip_config.json.
struct FolderDescription {
  std::optional<std::int64_t> width, depth, heads;
  std::optional<core::Size> image_size;
  std::optional<double> layer_norm_eps;
  std::optional<std::string> activation;  // "gelu", "quick_gelu", "gelu_pytorch_tanh", …
  std::vector<double> mean, std;          // one a channel, or one for all; empty if unknown
  RotaryFacts rotary = {};                // positions as rotations, which no tensor shows
  std::string family;                     // model_type of transformers, else timm's architecture
  bool antialiased_positions = false;     // its position table is resized with antialiasing
  /// Fields that dbot reads and does otherwise, in words.
  std::vector<std::string> not_followed;
};

/// Whether other files of the folder belong to weights of such a name.
bool is_published_name(const std::string& name);

/// Reads them if `weights` has a name that such folders use (model…, pytorch_model…,
/// open_clip_…); what is absent stays empty. Throws DataError naming the file and the key for a
/// value that cannot be, or that would give the network other pixels.
FolderDescription describe_folder(const std::filesystem::path& weights);

}  // namespace dbot::exchange
