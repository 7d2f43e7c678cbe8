#include "dbot/exchange/names/tensor_names.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <span>

namespace dbot::exchange {
namespace {

/// A pair of names; # stands for the number of a block, * at the end for weight or bias.
struct Rule {
  std::string_view official, foreign;
  TensorForm form = TensorForm::same;
};

constexpr Rule kClassic[] = {
    {"cls_token", "embeddings.cls_token"},
    {"pos_embed", "embeddings.position_embeddings"},
    {"patch_embed.proj.*", "embeddings.patch_embeddings.projection.*"},
    {"blocks.#.norm1.*", "encoder.layer.#.layernorm_before.*"},
    {"blocks.#.attn.qkv.*", "encoder.layer.#.attention.attention.query.*", TensorForm::query},
    {"blocks.#.attn.qkv.*", "encoder.layer.#.attention.attention.key.*", TensorForm::key},
    {"blocks.#.attn.qkv.*", "encoder.layer.#.attention.attention.value.*", TensorForm::value},
    {"blocks.#.attn.proj.*", "encoder.layer.#.attention.output.dense.*"},
    {"blocks.#.norm2.*", "encoder.layer.#.layernorm_after.*"},
    {"blocks.#.mlp.fc1.*", "encoder.layer.#.intermediate.dense.*"},
    {"blocks.#.mlp.fc2.*", "encoder.layer.#.output.dense.*"},
    {"norm.*", "layernorm.*"},
    {"head.*", "classifier.*"},
    {"decoder_embed.*", "decoder.decoder_embed.*"},
    {"mask_token", "decoder.mask_token"},
    {"decoder_pos_embed", "decoder.decoder_pos_embed"},
    {"decoder_blocks.#.norm1.*", "decoder.decoder_layers.#.layernorm_before.*"},
    {"decoder_blocks.#.attn.qkv.*", "decoder.decoder_layers.#.attention.attention.query.*",
     TensorForm::query},
    {"decoder_blocks.#.attn.qkv.*", "decoder.decoder_layers.#.attention.attention.key.*",
     TensorForm::key},
    {"decoder_blocks.#.attn.qkv.*", "decoder.decoder_layers.#.attention.attention.value.*",
     TensorForm::value},
    {"decoder_blocks.#.attn.proj.*", "decoder.decoder_layers.#.attention.output.dense.*"},
    {"decoder_blocks.#.norm2.*", "decoder.decoder_layers.#.layernorm_after.*"},
    {"decoder_blocks.#.mlp.fc1.*", "decoder.decoder_layers.#.intermediate.dense.*"},
    {"decoder_blocks.#.mlp.fc2.*", "decoder.decoder_layers.#.output.dense.*"},
    {"decoder_norm.*", "decoder.decoder_norm.*"},
    {"decoder_pred.*", "decoder.decoder_pred.*"},
};

constexpr Rule kCurrent[] = {
    {"cls_token", "embeddings.cls_token"},
    {"pos_embed", "embeddings.position_embeddings"},
    {"patch_embed.proj.*", "embeddings.patch_embeddings.projection.*"},
    {"blocks.#.norm1.*", "layers.#.layernorm_before.*"},
    {"blocks.#.attn.qkv.*", "layers.#.attention.q_proj.*", TensorForm::query},
    {"blocks.#.attn.qkv.*", "layers.#.attention.k_proj.*", TensorForm::key},
    {"blocks.#.attn.qkv.*", "layers.#.attention.v_proj.*", TensorForm::value},
    {"blocks.#.attn.proj.*", "layers.#.attention.o_proj.*"},
    {"blocks.#.norm2.*", "layers.#.layernorm_after.*"},
    {"blocks.#.mlp.fc1.*", "layers.#.mlp.fc1.*"},
    {"blocks.#.mlp.fc2.*", "layers.#.mlp.fc2.*"},
    {"norm.*", "layernorm.*"},
    {"head.*", "classifier.*"},
    {"decoder_embed.*", "decoder.decoder_embed.*"},
    {"mask_token", "decoder.mask_token"},
    {"decoder_pos_embed", "decoder.decoder_pos_embed"},
    {"decoder_blocks.#.norm1.*", "decoder.decoder_layers.#.layernorm_before.*"},
    {"decoder_blocks.#.attn.qkv.*", "decoder.decoder_layers.#.attention.q_proj.*",
     TensorForm::query},
    {"decoder_blocks.#.attn.qkv.*", "decoder.decoder_layers.#.attention.k_proj.*", TensorForm::key},
    {"decoder_blocks.#.attn.qkv.*", "decoder.decoder_layers.#.attention.v_proj.*",
     TensorForm::value},
    {"decoder_blocks.#.attn.proj.*", "decoder.decoder_layers.#.attention.o_proj.*"},
    {"decoder_blocks.#.norm2.*", "decoder.decoder_layers.#.layernorm_after.*"},
    {"decoder_blocks.#.mlp.fc1.*", "decoder.decoder_layers.#.mlp.fc1.*"},
    {"decoder_blocks.#.mlp.fc2.*", "decoder.decoder_layers.#.mlp.fc2.*"},
    {"decoder_norm.*", "decoder.decoder_norm.*"},
    {"decoder_pred.*", "decoder.decoder_pred.*"},
};

constexpr Rule kClip[] = {
    {"cls_token", "class_embedding", TensorForm::vector},
    {"pos_embed", "positional_embedding", TensorForm::table},
    {"patch_embed.proj.weight", "conv1.weight"},
    {"norm_pre.*", "ln_pre.*"},
    {"blocks.#.norm1.*", "transformer.resblocks.#.ln_1.*"},
    {"blocks.#.attn.qkv.weight", "transformer.resblocks.#.attn.in_proj_weight"},
    {"blocks.#.attn.qkv.bias", "transformer.resblocks.#.attn.in_proj_bias"},
    {"blocks.#.attn.proj.*", "transformer.resblocks.#.attn.out_proj.*"},
    {"blocks.#.norm2.*", "transformer.resblocks.#.ln_2.*"},
    {"blocks.#.mlp.fc1.*", "transformer.resblocks.#.mlp.c_fc.*"},
    {"blocks.#.mlp.fc2.*", "transformer.resblocks.#.mlp.c_proj.*"},
    {"norm.*", "ln_post.*"},
    {"head.weight", "proj", TensorForm::transposed},
};

constexpr Rule kHuggingFaceClip[] = {
    {"cls_token", "embeddings.class_embedding", TensorForm::vector},
    {"pos_embed", "embeddings.position_embedding.weight", TensorForm::table},
    {"patch_embed.proj.weight", "embeddings.patch_embedding.weight"},
    {"norm_pre.*", "pre_layrnorm.*"},  // spelt so upstream
    {"blocks.#.norm1.*", "encoder.layers.#.layer_norm1.*"},
    {"blocks.#.attn.qkv.*", "encoder.layers.#.self_attn.q_proj.*", TensorForm::query},
    {"blocks.#.attn.qkv.*", "encoder.layers.#.self_attn.k_proj.*", TensorForm::key},
    {"blocks.#.attn.qkv.*", "encoder.layers.#.self_attn.v_proj.*", TensorForm::value},
    {"blocks.#.attn.proj.*", "encoder.layers.#.self_attn.out_proj.*"},
    {"blocks.#.norm2.*", "encoder.layers.#.layer_norm2.*"},
    {"blocks.#.mlp.fc1.*", "encoder.layers.#.mlp.fc1.*"},
    {"blocks.#.mlp.fc2.*", "encoder.layers.#.mlp.fc2.*"},
    {"norm.*", "post_layernorm.*"},
    {"head.weight", "visual_projection.weight"},
};

std::span<const Rule> rules_of(NameStyle style) {
  switch (style) {
    case NameStyle::hugging_face_classic:
      return kClassic;
    case NameStyle::hugging_face_current:
      return kCurrent;
    case NameStyle::clip:
      return kClip;
    case NameStyle::hugging_face_clip:
      return kHuggingFaceClip;
  }
  return {};
}

/// What # and * stand for in a name.
struct Blanks {
  std::string_view number, parameter;
};

bool is_number(std::string_view text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](unsigned char c) { return std::isdigit(c); });
}

std::optional<Blanks> match(std::string_view pattern, std::string_view name) {
  Blanks blanks;
  if (const auto mark = pattern.find('#'); mark != std::string_view::npos) {
    if (!name.starts_with(pattern.substr(0, mark))) return std::nullopt;
    name.remove_prefix(mark);
    pattern.remove_prefix(mark + 1);
    blanks.number = name.substr(0, name.find('.'));
    if (!is_number(blanks.number)) return std::nullopt;
    name.remove_prefix(blanks.number.size());
  }
  if (pattern.ends_with('*')) {
    pattern.remove_suffix(1);
    if (!name.starts_with(pattern)) return std::nullopt;
    blanks.parameter = name.substr(pattern.size());
    const bool known = blanks.parameter == "weight" || blanks.parameter == "bias";
    return known ? std::optional(blanks) : std::nullopt;
  }
  return name == pattern ? std::optional(blanks) : std::nullopt;
}

std::string fill(std::string_view pattern, const Blanks& blanks) {
  std::string text;
  for (const char character : pattern) {
    if (character == '#') {
      text += blanks.number;
    } else if (character == '*') {
      text += blanks.parameter;
    } else {
      text += character;
    }
  }
  return text;
}

}  // namespace

std::optional<NamePlace> official_place(std::string_view foreign, NameStyle style) {
  const auto look_up = [](std::string_view name, NameStyle in) -> std::optional<NamePlace> {
    for (const Rule& rule : rules_of(in)) {
      if (const auto blanks = match(rule.foreign, name)) {
        return NamePlace{fill(rule.official, *blanks), rule.form};
      }
    }
    return std::nullopt;
  };
  if (const auto place = look_up(foreign, style)) return place;
  if (style != NameStyle::hugging_face_classic && style != NameStyle::hugging_face_current) {
    return std::nullopt;
  }
  // Between the generations there were files of the old parts at the new place of the blocks.
  constexpr std::string_view kBlocks = "layers.";
  for (const std::string_view blocks : {"encoder.layer.", "encoder.layers.", "layers."}) {
    if (!foreign.starts_with(blocks)) continue;
    const std::string rest(foreign.substr(blocks.size()));
    if (const auto place = look_up(std::string(kBlocks) + rest, NameStyle::hugging_face_current)) {
      return place;
    }
    return look_up("encoder.layer." + rest, NameStyle::hugging_face_classic);
  }
  const bool classic = style == NameStyle::hugging_face_classic;
  return look_up(foreign,
                 classic ? NameStyle::hugging_face_current : NameStyle::hugging_face_classic);
}

std::vector<NamePlace> foreign_places(std::string_view official, NameStyle style) {
  std::vector<NamePlace> places;
  for (const Rule& rule : rules_of(style)) {
    if (const auto blanks = match(rule.official, official)) {
      places.push_back({fill(rule.foreign, *blanks), rule.form});
    }
  }
  return places;
}

std::optional<NameStyle> style_of(const std::vector<std::string>& names) {
  const auto has = [&names](auto&& test) { return std::ranges::any_of(names, test); };
  if (has([](const std::string& name) { return name == "embeddings.class_embedding"; })) {
    return NameStyle::hugging_face_clip;
  }
  if (has([](const std::string& name) { return name == "class_embedding"; })) {
    return NameStyle::clip;
  }
  if (!has([](const std::string& name) {
        return name == "embeddings.patch_embeddings.projection.weight";
      })) {
    return std::nullopt;
  }
  const bool current = has([](const std::string& name) { return name.starts_with("layers."); });
  return current ? NameStyle::hugging_face_current : NameStyle::hugging_face_classic;
}

std::string_view style_name(NameStyle style) {
  switch (style) {
    case NameStyle::hugging_face_classic:
      return "Hugging Face ViT";
    case NameStyle::hugging_face_current:
      return "Hugging Face ViT (transformers 5)";
    case NameStyle::clip:
      return "OpenAI CLIP";
    case NameStyle::hugging_face_clip:
      return "Hugging Face CLIP";
  }
  return "unknown";
}

}  // namespace dbot::exchange
