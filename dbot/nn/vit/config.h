#pragma once

#include <cstdint>

#include "dbot/core/settings/settings.h"

namespace dbot::nn {

using core::Size;

/// What attention adds to its logits for the distance of two patches: nothing, one learned table
/// for all blocks, or one a block. Source: BEiT, arXiv 2106.08254; docs/methods/dbot.md §8.
enum class RelativePositions { none, shared, each_block };
/// exact: x Φ(x); quick: x sigmoid(1.702 x), CLIP's; tanh: its approximation (M3AE, SigLIP).
enum class Gelu { exact, quick, tanh };
/// plain: two matrices with a GELU between; gated: SiLU(gate) · value between three (SwiGLU).
enum class Mlp { plain, gated };

/// Positions as rotations of query and key. docs/methods/teachers.md §2.
enum class RotaryCoordinates {
  none,
  centred,  // the middles of patches, −1…1 along each side (DINOv3)
  index     // the number of row and column, stretched to a reference grid (EVA-02)
};
/// Which columns of a head turn together: k and k + half of them, or 2k and 2k + 1.
enum class RotaryPairs { halves, neighbours };
struct Rotary {
  RotaryCoordinates coordinates = RotaryCoordinates::none;
  RotaryPairs pairs = RotaryPairs::halves;
  Size reference = {};  // of `index`, in patches; 0×0: each grid is its own
  bool operator==(const Rotary&) const = default;
};

/// How a table of positions is put onto another grid: bicubic; the same with antialiasing (timm,
/// OpenCLIP, DINOv2 with registers); by a scale of (patches + 0.1) / patches (DINOv2).
/// docs/methods/teachers.md §4.
enum class PositionResize { bicubic, antialiased, offset };

/// A vision transformer (ViT) as MAE and dBOT use it (docs/methods/mae.md §1) and, by the fields
/// after `layer_norm_eps`, the symmetric variant's student and CLIP's visual tower
/// (docs/methods/dbot.md §8), and by those after `gelu` the frozen teachers of other projects
/// (docs/methods/teachers.md), which are computed and not trained.
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

  bool class_token = true;
  std::int64_t registers = 0;  // tokens between the class token and the patches: register_tokens
  Rotary rotary = {};
  Mlp mlp = Mlp::plain;
  bool head_norm = false;       // a LayerNorm of each head's query and key: q_norm, k_norm
  bool attention_norm = false;  // a LayerNorm before the attention's last matrix: attn.norm
  bool mlp_norm = false;        // a LayerNorm before the MLP's last matrix: mlp.norm
  bool attention_pool = false;  // a learned query that looks at all patches: attn_pool
  bool pooled_norm = false;     // the final norm is for the mean of the patches (fc_norm)
  PositionResize position_resize = PositionResize::bicubic;

  Size grid() const { return {image_size.height / patch_size, image_size.width / patch_size}; }
  std::int64_t patches() const { return grid().height * grid().width; }
  /// Width of the hidden layer of each MLP, truncated as the reference does.
  std::int64_t hidden_width() const {
    return static_cast<std::int64_t>(static_cast<double>(width) * mlp_ratio);
  }
  /// Width of what the whole network gives: `projection`, or the width where there is none.
  std::int64_t output_width() const { return projection > 0 ? projection : width; }
  std::int64_t head_width() const { return width / heads; }
  /// Tokens before those of the patches.
  std::int64_t prefix_tokens() const { return (class_token ? 1 : 0) + registers; }
  /// Whether its tokens are the class token and the patches, as students' are.
  bool has_plain_tokens() const { return class_token && registers == 0; }
  /// Whether its blocks have no part that only frozen networks have.
  bool has_plain_blocks() const {
    return rotary.coordinates == RotaryCoordinates::none && mlp == Mlp::plain && !head_norm &&
           !attention_norm && !mlp_norm;
  }
  /// Whether recipes can describe it, and students have its shape.
  bool can_be_trained() const {
    return has_plain_tokens() && has_plain_blocks() && !attention_pool && !pooled_norm;
  }
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
