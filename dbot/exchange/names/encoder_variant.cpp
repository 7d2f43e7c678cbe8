#include "dbot/exchange/names/encoder_variant.h"

#include <array>
#include <cmath>
#include <string>

namespace dbot::exchange {
namespace {

constexpr const char* kSharedTable = "rel_pos_bias.relative_position_bias_table";
constexpr const char* kBlockTable = "blocks.0.attn.relative_position_bias_table";

}  // namespace

bool is_clip_tower(const runtime::NamedTensors& tensors) {
  return tensors.contains("norm_pre.weight");
}

const at::Tensor* relative_position_table(const runtime::NamedTensors& tensors) {
  for (const char* name : {kSharedTable, kBlockTable}) {
    const auto found = tensors.find(name);
    if (found != tensors.end() && found->second.dim() == 2) return &found->second;
  }
  return nullptr;
}

std::optional<std::int64_t> relative_position_side(std::int64_t rows) {
  // (2·side − 1)² distances, and three rows of the class token.
  const auto root = static_cast<std::int64_t>(
      std::llround(std::sqrt(static_cast<double>(std::max<std::int64_t>(rows - 3, 0)))));
  if (root < 1 || root % 2 == 0 || root * root != rows - 3) return std::nullopt;
  return (root + 1) / 2;
}

void infer_variant(const runtime::NamedTensors& tensors, bool class_token,
                   nn::EncoderConfig& config) {
  config.class_token = class_token;
  const auto registers = tensors.find("register_tokens");
  if (registers != tensors.end() && registers->second.dim() == 3) {
    config.registers = registers->second.size(1);
  }
  if (tensors.contains("blocks.0.mlp.fc1_g.weight")) config.mlp = nn::Mlp::gated;
  config.head_norm = tensors.contains("blocks.0.attn.q_norm.weight");
  config.attention_norm = tensors.contains("blocks.0.attn.norm.weight");
  config.mlp_norm = tensors.contains("blocks.0.mlp.norm.weight");
  config.attention_pool = tensors.contains("attn_pool.latent");
  if (tensors.contains(kSharedTable)) {
    config.relative_positions = nn::RelativePositions::shared;
  } else if (tensors.contains(kBlockTable)) {
    config.relative_positions = nn::RelativePositions::each_block;
  }
  config.position_table =
      tensors.contains("pos_embed") || config.relative_positions == nn::RelativePositions::none;
  // Where the gains once started is not in a file; it matters to new networks alone.
  constexpr double kUsualStart = 0.1;
  if (tensors.contains("blocks.0.gamma_1")) config.layer_scale = kUsualStart;
  config.key_bias = !tensors.contains("blocks.0.attn.q_bias");
  config.norm_before = is_clip_tower(tensors);
  if (!config.norm_before) return;
  config.patch_bias = tensors.contains("patch_embed.proj.bias");
  const auto head = tensors.find("head.weight");
  if (head != tensors.end() && head->second.dim() == 2) config.projection = head->second.size(0);
}

}  // namespace dbot::exchange
