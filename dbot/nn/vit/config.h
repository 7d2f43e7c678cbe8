#pragma once

#include <cstdint>

#include "dbot/core/settings/settings.h"

namespace dbot::nn {

using core::Size;

/// What attention adds to its logits for the distance of two patches: nothing, one learned table
/// for all blocks, or one a block. Source: BEiT, arXiv 2106.08254; docs/methods/dbot.md §8.
enum class RelativePositions { none, shared, each_block };
/// exact: x Φ(x); quick: x sigmoid(1.702 x), CLIP's.
enum class Gelu { exact, quick };

/// A vision transformer (ViT) as MAE and dBOT use it (docs/methods/mae.md §1) and, by the fields
/// after `layer_norm_eps`, the symmetric variant's student and CLIP's visual tower
/// (docs/methods/dbot.md §8).
struct EncoderConfig {
  Size image_size{224, 224};  // pixels
  std::int64_t channels = 3;
  std::int64_t patch_size = 16;  // pixels, square
  std::int64_t width = 768;
  std::int64_t depth = 12;  // blocks
  std::int64_t heads = 12;
  double mlp_ratio = 4.0;
  double layer_norm_eps = 1e-6;

  bool position_table = true;  // an absolute one, added to the tokens: pos_embed
  RelativePositions relative_positions = RelativePositions::none;
  double layer_scale = 0;       // start of the branches' gains gamma_1 and gamma_2; 0: none
  bool key_bias = true;         // false: q_bias and v_bias in place of qkv.bias
  bool patch_bias = true;       // of the patch embedding
  bool norm_before = false;     // a LayerNorm before the first block: norm_pre
  std::int64_t projection = 0;  // width of a last matrix without bias, head.weight; 0: none
  Gelu gelu = Gelu::exact;

  Size grid() const { return {image_size.height / patch_size, image_size.width / patch_size}; }
  std::int64_t patches() const { return grid().height * grid().width; }
  /// Width of the hidden layer of each MLP, truncated as the reference does.
  std::int64_t hidden_width() const {
    return static_cast<std::int64_t>(static_cast<double>(width) * mlp_ratio);
  }
  /// Width of what the whole network gives: `projection`, or the width where there is none.
  std::int64_t output_width() const { return projection > 0 ? projection : width; }
  bool operator==(const EncoderConfig&) const = default;
};

/// The light decoder that sees visible tokens and mask tokens. docs/methods/mae.md §1.
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
