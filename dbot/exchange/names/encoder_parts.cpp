#include "dbot/exchange/names/encoder_parts.h"

#include <algorithm>
#include <array>
#include <span>

namespace dbot::exchange {
namespace {

/// Whether a piece between separators passes the test.
template <typename Test>
bool any_piece(std::string_view text, char separator, Test&& test) {
  while (!text.empty()) {
    const std::string_view piece = text.substr(0, text.find(separator));
    if (test(piece)) return true;
    text.remove_prefix(std::min(piece.size() + 1, text.size()));
  }
  return false;
}

bool is_one_of(std::string_view text, std::span<const std::string_view> words) {
  return std::ranges::find(words, text) != words.end();
}

bool is_parameter_of(std::string_view name, std::string_view layer) {
  return name.starts_with(layer) &&
         (name.substr(layer.size()) == "weight" || name.substr(layer.size()) == "bias");
}

/// Of an attention pool with a learned query, as timm and SigLIP have it.
bool is_pool_tensor(std::string_view name) {
  constexpr std::array<std::string_view, 7> kLayers{
      "attn_pool.q.",    "attn_pool.kv.",      "attn_pool.qkv.",    "attn_pool.proj.",
      "attn_pool.norm.", "attn_pool.mlp.fc1.", "attn_pool.mlp.fc2."};
  return name == "attn_pool.latent" || std::ranges::any_of(kLayers, [name](std::string_view layer) {
           return is_parameter_of(name, layer);
         });
}

struct Alias {
  std::string_view theirs, ours;
};

/// Behind "blocks.N." of DINOv2 and DINOv3, EVA-02 and timm; whole, or up to the dot at the end.
constexpr std::array kBlockAliases{Alias{"ls1.gamma", "gamma_1"},
                                   Alias{"ls2.gamma", "gamma_2"},
                                   Alias{"mlp.w1.", "mlp.fc1_g."},
                                   Alias{"mlp.w2.", "mlp.fc1_x."},
                                   Alias{"mlp.w3.", "mlp.fc2."},
                                   Alias{"mlp.ffn_ln.", "mlp.norm."},
                                   Alias{"attn.inner_attn_ln.", "attn.norm."},
                                   Alias{"attn.q_proj.bias", "attn.q_bias"},
                                   Alias{"attn.k_proj.bias", "attn.k_bias"},
                                   Alias{"attn.v_proj.bias", "attn.v_bias"}};
constexpr std::array kRootAliases{Alias{"storage_tokens", "register_tokens"},
                                  Alias{"reg_token", "register_tokens"}};

std::string replaced(std::string_view name, std::size_t begin, std::span<const Alias> aliases) {
  const std::string_view rest = name.substr(begin);
  for (const auto& [theirs, ours] : aliases) {
    const bool whole = rest == theirs;
    if (!whole && !(theirs.ends_with('.') && rest.starts_with(theirs))) continue;
    return std::string(name.substr(0, begin)) + std::string(ours) +
           std::string(rest.substr(theirs.size()));
  }
  return std::string(name);
}

/// Other projects' names for the same tensors: blocks.0.ls1.gamma, storage_tokens.
std::string without_alias(std::string_view name) {
  constexpr std::string_view kBlocks = "blocks.";
  if (!name.starts_with(kBlocks)) return replaced(name, 0, kRootAliases);
  const auto dot = name.find('.', kBlocks.size());
  if (dot == std::string_view::npos) return std::string(name);
  return replaced(name, dot + 1, kBlockAliases);
}

bool is_block_tensor(std::string_view name) {
  constexpr std::string_view kBlocks = "blocks.";
  if (!name.starts_with(kBlocks)) return false;
  name.remove_prefix(kBlocks.size());
  const auto dot = name.find('.');
  if (dot == std::string_view::npos) return true;  // count_blocks has the better message
  name.remove_prefix(dot + 1);
  constexpr std::array<std::string_view, 10> kTensors{"gamma_1",
                                                      "gamma_2",
                                                      "attn.q_bias",
                                                      "attn.k_bias",
                                                      "attn.v_bias",
                                                      "attn.relative_position_bias_table",
                                                      "attn.qkv.bias_mask",
                                                      "attn.q_proj.weight",
                                                      "attn.k_proj.weight",
                                                      "attn.v_proj.weight"};
  constexpr std::array<std::string_view, 13> kLayers{
      "norm1.",     "attn.qkv.",    "attn.proj.",   "norm2.",     "mlp.fc1.",
      "mlp.fc2.",   "attn.q_norm.", "attn.k_norm.", "attn.norm.", "mlp.norm.",
      "mlp.fc1_g.", "mlp.fc1_x.",   "mlp.w12."};
  return is_one_of(name, kTensors) || std::ranges::any_of(kLayers, [name](std::string_view layer) {
           return is_parameter_of(name, layer);
         });
}

/// By its official name.
bool is_encoder_tensor(std::string_view name) {
  constexpr std::array<std::string_view, 8> kTensors{
      "cls_token",       "pos_embed",          "rel_pos_bias.relative_position_bias_table",
      "register_tokens", "rope_embed.periods", "rope_embed.inv_freq",
      "rope.freqs_cos",  "rope.freqs_sin"};
  constexpr std::array<std::string_view, 4> kLayers{"patch_embed.proj.", "norm_pre.", "norm.",
                                                    "fc_norm."};
  const auto belongs = [name](std::string_view layer) { return is_parameter_of(name, layer); };
  return is_one_of(name, kTensors) || is_block_tensor(name) ||
         std::ranges::any_of(kLayers, belongs) || is_pool_tensor(name);
}

bool is_buffer(std::string_view name) {
  // EVA-02's blocks repeat the table of the whole network.
  if (name.starts_with("blocks.") &&
      (name.ends_with(".attn.rope.freqs_cos") || name.ends_with(".attn.rope.freqs_sin"))) {
    return true;
  }
  return name.ends_with("relative_position_index") || name.ends_with("position_ids") ||
         name.ends_with("num_batches_tracked");
}

/// What may stand beside an encoder: the first part of the name, whole.
constexpr std::array<std::string_view, 15> kLeftNames{
    "local_cls_norm",  // DINOv3's, of training alone
    "mask_token",     "mask_tokens", "masked_embed", "mask_embedding", "pre_logits", "fc",
    "pooler",         "proj",        "attn_pool",    "logit_scale",    "logit_bias", "epoch",
    "args",           "step"};
/// One of its words between underscores, digits behind it aside.
constexpr std::array<std::string_view, 38> kLeftWords{
    "head",      "heads",     "classifier", "classifiers",   "decoder",    "dec",
    "projector", "predictor", "projection", "prototype",     "prototypes", "regressor",
    "loss",      "losses",    "criterion",  "discriminator", "queue",      "center",
    "optimizer", "optim",     "optimizers", "scheduler",     "schedulers", "scaler",
    "ema",       "momentum",  "teacher",    "student",       "target",     "tokenizer",
    "text",      "caption",   "metric",     "metrics",       "callbacks",  "loops"};

bool may_be_left(std::string_view name) {
  if (is_buffer(name)) return true;
  const std::string_view first = name.substr(0, name.find('.'));
  if (is_one_of(first, kLeftNames)) return true;
  return any_piece(first, '_', [](std::string_view word) {
    while (!word.empty() && word.back() >= '0' && word.back() <= '9') word.remove_suffix(1);
    return is_one_of(word, kLeftWords);
  });
}

bool is_clip(NameStyle style) {
  return style == NameStyle::clip || style == NameStyle::hugging_face_clip;
}

EncoderPart foreign_part(std::string_view name, NameStyle style) {
  if (const auto place = official_place(name, style)) {
    const bool projection = place->name == "head.weight" && is_clip(style);
    const bool taken = projection || is_encoder_tensor(place->name);
    return {taken ? PartUse::taken : PartUse::left, place->name};
  }
  const bool mask = name == "embeddings.mask_token";
  return {mask || may_be_left(name) ? PartUse::left : PartUse::unknown, ""};
}

/// How a tensor shows a kind of network.
enum class Sign { part, beginning_of_part, text };

struct Kind {
  Sign sign;
  std::string_view name;
  ForeignKind kind;
};

constexpr ForeignKind kRotary{"rotary positions (as in DINOv3 and EVA-02)", ""};
constexpr ForeignKind kRegisters{"register tokens", "take the variant without registers"};
constexpr ForeignKind kDistilled{"a distillation token (DeiT)",
                                 "take the variant without distillation"};
constexpr ForeignKind kGated{"a gated MLP (SwiGLU, as in DINOv2 giant, DINOv3 and EVA-02)", ""};
constexpr ForeignKind kHeadNorm{"a norm of query and key", ""};
constexpr ForeignKind kSubNorm{"a norm inside the attention or the MLP (sub-LN, as in EVA-02)", ""};
constexpr ForeignKind kStem{"a convolutional stem (hybrid ViT)", ""};
constexpr ForeignKind kStages{"stages of a hierarchical network (such as Swin)", ""};
constexpr ForeignKind kBeit{"BEiT under Hugging Face's names, which dbot does not know",
                            "take its official weights or timm's"};
constexpr ForeignKind kRelative{"relative positions of a form that dbot does not have", ""};
constexpr ForeignKind kAdapter{"an adapter (LoRA) beside a matrix",
                               "merge it into the weights first"};
constexpr ForeignKind kExperts{"experts (a mixture of experts)", ""};

constexpr std::array kKinds{
    Kind{Sign::beginning_of_part, "rope", kRotary},
    Kind{Sign::beginning_of_part, "rotary", kRotary},
    Kind{Sign::beginning_of_part, "freqs_c", kRotary},
    Kind{Sign::beginning_of_part, "storage_token", kRegisters},
    Kind{Sign::beginning_of_part, "register", kRegisters},
    Kind{Sign::beginning_of_part, "reg_token", kRegisters},
    Kind{Sign::part, "dist_token", kDistilled},
    Kind{Sign::part, "distillation_token", kDistilled},
    Kind{Sign::part, "bias_mask", {"a mask of the key's bias (as in DINOv3)", ""}},
    Kind{Sign::part, "w12", kGated},
    Kind{Sign::part, "w3", kGated},
    Kind{Sign::text, "mlp.w1.", kGated},
    Kind{Sign::text, "mlp.w2.", kGated},
    Kind{Sign::part, "fc1_g", kGated},
    Kind{Sign::part, "fc1_x", kGated},
    Kind{Sign::part, "weights_in", kGated},
    Kind{Sign::part, "weights_out", kGated},
    Kind{Sign::part, "gate_proj", kGated},
    Kind{Sign::part, "up_proj", kGated},
    Kind{Sign::part, "down_proj", kGated},
    Kind{Sign::part, "q_norm", kHeadNorm},
    Kind{Sign::part, "k_norm", kHeadNorm},
    Kind{Sign::part, "ffn_ln", kSubNorm},
    Kind{Sign::part, "inner_attn_ln", kSubNorm},
    Kind{Sign::text, "mlp.norm.", kSubNorm},
    Kind{Sign::text, "attn.norm.", kSubNorm},
    Kind{Sign::text, "attn.ln.", kSubNorm},
    Kind{Sign::text, "patch_embed.norm.", {"a norm in the patch embedding", ""}},
    Kind{Sign::text, "patch_embed.", kStem},
    Kind{Sign::text, "patch_embeddings.backbone.", kStem},
    Kind{Sign::beginning_of_part, "conv_stem", kStem},
    Kind{Sign::part, "stem", kStem},
    Kind{Sign::part, "stages", kStages},
    Kind{Sign::beginning_of_part, "downsample", kStages},
    Kind{Sign::text, "layers.0.blocks.", kStages},
    Kind{Sign::text, "attention.relative_position_bias.", kBeit},
    Kind{Sign::part, "lambda_1", kBeit},
    Kind{Sign::beginning_of_part, "rel_pos", kRelative},
    Kind{Sign::beginning_of_part, "relative_position", kRelative},
    Kind{Sign::part, "shared_rel_pos", kRelative},
    Kind{Sign::part, "cpb_mlp", kRelative},
    Kind{Sign::beginning_of_part, "pos_embed", {"a table of positions beside the usual one", ""}},
    Kind{Sign::beginning_of_part, "lora_", kAdapter},
    Kind{Sign::part, "base_layer", kAdapter},
    Kind{Sign::part, "experts", kExperts},
    Kind{Sign::part, "parametrizations", {"a matrix in factors", "remove the parametrization"}},
};

bool shows(std::string_view name, const Kind& kind) {
  switch (kind.sign) {
    case Sign::part:
      return any_piece(name, '.', [&](std::string_view part) { return part == kind.name; });
    case Sign::beginning_of_part:
      return any_piece(name, '.',
                       [&](std::string_view part) { return part.starts_with(kind.name); });
    case Sign::text: {
      const auto found = name.find(kind.name);
      return found == 0 || (found != std::string_view::npos && name[found - 1] == '.');
    }
  }
  return false;
}

}  // namespace

EncoderPart part_of(std::string_view name, const std::optional<NameStyle>& style) {
  if (is_buffer(name)) return {PartUse::left, ""};
  if (style) return foreign_part(name, *style);
  const std::string official = without_alias(name);
  if (is_encoder_tensor(official)) return {PartUse::taken, official};
  return {may_be_left(name) ? PartUse::left : PartUse::unknown, ""};
}

std::optional<ForeignKind> foreign_kind(std::string_view name) {
  for (const Kind& kind : kKinds) {
    if (shows(name, kind)) return kind.kind;
  }
  return std::nullopt;
}

bool shows_rotary_positions(std::string_view name) {
  // Those that are read.
  for (const std::string_view known :
       {"rope_embed.periods", "inv_freq", "rope.freqs_cos", "rope.freqs_sin"}) {
    if (name.ends_with(known)) return false;
  }
  const auto kind = foreign_kind(name);
  return kind && kind->meaning == kRotary.meaning;
}

}  // namespace dbot::exchange
