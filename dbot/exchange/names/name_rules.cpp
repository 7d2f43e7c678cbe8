#include "dbot/exchange/names/name_rules.h"

#include <string_view>
#include <utility>

namespace dbot::exchange {
namespace {

using Parts = std::vector<std::pair<std::string_view, std::string_view>>;

/// Rules for the parts of blocks that begin with `blocks`, as "layer.#.".
void add_blocks(std::vector<NameRule>& rules, std::string_view blocks, const Parts& parts) {
  for (const auto& [official, foreign] : parts) {
    rules.push_back(
        {"blocks.#." + std::string(official), std::string(blocks) + "#." + std::string(foreign)});
  }
}

/// Query, key and value stay apart, since the key has no bias; whether the first matrix has a gate
/// beside it shows only in the whole (exchange/kinds).
const Parts& dinov3_parts() {
  static const Parts parts{{"norm1.*", "norm1.*"},
                           {"attn.q_proj.weight", "attention.q_proj.weight"},
                           {"attn.k_proj.weight", "attention.k_proj.weight"},
                           {"attn.v_proj.weight", "attention.v_proj.weight"},
                           {"attn.q_bias", "attention.q_proj.bias"},
                           {"attn.k_bias", "attention.k_proj.bias"},
                           {"attn.v_bias", "attention.v_proj.bias"},
                           {"attn.proj.*", "attention.o_proj.*"},
                           {"gamma_1", "layer_scale1.lambda1"},
                           {"norm2.*", "norm2.*"},
                           {"mlp.fc1_g.*", "mlp.gate_proj.*"},
                           {"mlp.fc1_x.*", "mlp.up_proj.*"},
                           {"mlp.fc2.*", "mlp.down_proj.*"},
                           {"gamma_2", "layer_scale2.lambda1"}};
  return parts;
}

std::vector<NameRule> dinov3_rules() {
  std::vector<NameRule> rules{{"cls_token", "embeddings.cls_token"},
                              {"register_tokens", "embeddings.register_tokens"},
                              {"patch_embed.proj.*", "embeddings.patch_embeddings.*"},
                              {"rope_embed.inv_freq", "rope_embeddings.inv_freq"},
                              {"norm.*", "norm.*"}};
  add_blocks(rules, "layer.", dinov3_parts());
  return rules;
}

std::vector<NameRule> siglip_rules() {
  return {{"pos_embed", "embeddings.position_embedding.weight", TensorForm::table},
          {"patch_embed.proj.*", "embeddings.patch_embedding.*"},
          {"blocks.#.norm1.*", "encoder.layers.#.layer_norm1.*"},
          {"blocks.#.attn.qkv.*", "encoder.layers.#.self_attn.q_proj.*", TensorForm::query},
          {"blocks.#.attn.qkv.*", "encoder.layers.#.self_attn.k_proj.*", TensorForm::key},
          {"blocks.#.attn.qkv.*", "encoder.layers.#.self_attn.v_proj.*", TensorForm::value},
          {"blocks.#.attn.proj.*", "encoder.layers.#.self_attn.out_proj.*"},
          {"blocks.#.norm2.*", "encoder.layers.#.layer_norm2.*"},
          {"blocks.#.mlp.fc1.*", "encoder.layers.#.mlp.fc1.*"},
          {"blocks.#.mlp.fc2.*", "encoder.layers.#.mlp.fc2.*"},
          {"norm.*", "post_layernorm.*"},
          {"attn_pool.latent", "head.probe"},
          {"attn_pool.qkv.weight", "head.attention.in_proj_weight"},
          {"attn_pool.qkv.bias", "head.attention.in_proj_bias"},
          {"attn_pool.proj.*", "head.attention.out_proj.*"},
          {"attn_pool.norm.*", "head.layernorm.*"},
          {"attn_pool.mlp.fc1.*", "head.mlp.fc1.*"},
          {"attn_pool.mlp.fc2.*", "head.mlp.fc2.*"}};
}

/// Registers, and the gated MLP of the giant: in one matrix as published, in two in transformers 5.
std::vector<NameRule> further_dinov2_rules() {
  std::vector<NameRule> rules{{"register_tokens", "embeddings.register_tokens"}};
  const Parts parts{{"mlp.w12.*", "mlp.weights_in.*"},  {"mlp.fc2.*", "mlp.weights_out.*"},
                    {"mlp.fc1_g.*", "mlp.gate_proj.*"}, {"mlp.fc1_x.*", "mlp.up_proj.*"},
                    {"mlp.fc2.*", "mlp.down_proj.*"},   {"attn.proj.*", "attention.o_proj.*"}};
  for (const std::string_view blocks : {"encoder.layer.", "encoder.layers.", "layers."}) {
    add_blocks(rules, blocks, parts);
  }
  return rules;
}

std::vector<NameRule> further_dinov3_rules() {
  std::vector<NameRule> rules;
  for (const std::string_view blocks : {"model.layer.", "encoder.layer."}) {
    add_blocks(rules, blocks, dinov3_parts());
  }
  return rules;
}

/// OpenCLIP's LayerScale.
std::vector<NameRule> further_clip_rules() {
  return {{"blocks.#.gamma_1", "transformer.resblocks.#.ls_1.gamma"},
          {"blocks.#.gamma_2", "transformer.resblocks.#.ls_2.gamma"}};
}

}  // namespace

const std::vector<NameRule>& teacher_rules(NameStyle style) {
  static const std::vector<NameRule> dinov3 = dinov3_rules();
  static const std::vector<NameRule> siglip = siglip_rules();
  return style == NameStyle::hugging_face_dinov3 ? dinov3 : siglip;
}

const std::vector<NameRule>& further_rules(NameStyle style) {
  static const std::vector<NameRule> dinov2 = further_dinov2_rules();
  static const std::vector<NameRule> dinov3 = further_dinov3_rules();
  static const std::vector<NameRule> clip = further_clip_rules();
  static const std::vector<NameRule> none;
  switch (style) {
    case NameStyle::hugging_face_dinov2:
      return dinov2;
    case NameStyle::hugging_face_dinov3:
      return dinov3;
    case NameStyle::clip:
      return clip;
    default:
      return none;
  }
}

}  // namespace dbot::exchange
