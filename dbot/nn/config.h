#pragma once

#include <cstdint>

#include "dbot/core/settings.h"

namespace dbot::nn {

using core::Size;

/// A vision transformer (ViT) as MAE and dBOT use it. Spec: mae.md §1.
struct EncoderConfig {
  Size image_size{224, 224};  // pixels
  std::int64_t channels = 3;
  std::int64_t patch_size = 16;  // pixels, square
  std::int64_t width = 768;
  std::int64_t depth = 12;  // blocks
  std::int64_t heads = 12;
  double mlp_ratio = 4.0;
  double layer_norm_eps = 1e-6;

  Size grid() const { return {image_size.height / patch_size, image_size.width / patch_size}; }
  std::int64_t patches() const { return grid().height * grid().width; }
  /// Width of the hidden layer of each MLP, truncated as the reference does.
  std::int64_t hidden_width() const {
    return static_cast<std::int64_t>(static_cast<double>(width) * mlp_ratio);
  }
  bool operator==(const EncoderConfig&) const = default;
};

/// The light decoder that sees visible tokens and mask tokens. Spec: mae.md §1.
struct DecoderConfig {
  std::int64_t width = 512;
  std::int64_t depth = 8;
  std::int64_t heads = 16;
  bool operator==(const DecoderConfig&) const = default;
};

/// Throws UsageError unless the sizes fit each other: patch divides image, heads divide width,
/// width divisible by 4 (position table). `section` names the recipe table in messages ("model").
void check(const EncoderConfig& config, const char* section);
void check(const DecoderConfig& config);

}  // namespace dbot::nn
