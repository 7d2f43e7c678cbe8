#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dbot/exchange/import/encoder_import.h"
#include "dbot/nn/backbone.h"
#include "dbot/runtime/device.h"

namespace dbot::exchange {

/// A frozen network of any kind, ready to compute.
struct LoadedBackbone {
  std::unique_ptr<nn::Backbone> network;
  std::int64_t width = 0;                      // of its features
  std::vector<double> mean, std, value_range;  // of its pixels; mean and std are never empty
  std::string assumed;                         // which normalisation, where the file says none
  ImportReport report;
};

/// Reads a vision transformer, a convolutional network or an encoder of clips from a weights file
/// (a path of resolve_model_path). `image_size`: of its input, where it is to be another than the
/// file's. Throws as import_encoder, make_encoder and import_convolution.
LoadedBackbone load_backbone(const std::filesystem::path& file,
                             std::optional<core::Size> image_size = {},
                             const runtime::Device& device = {});

}  // namespace dbot::exchange
