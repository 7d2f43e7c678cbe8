#include "dbot/exchange/names/tensor_names.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "dbot/exchange/names/name_rules.h"

namespace dbot::exchange {
namespace {

using Rule = NameRule;

/// A part of a block of Hugging Face's ViT, as published and as transformers 5 has it.
struct BlockPart {
  std::string_view official, classic, current;
  TensorForm form = TensorForm::same;
};

constexpr BlockPart kBlockParts[] = {
    {"norm1.*", "layernorm_before.*", "layernorm_before.*"},
    {"attn.qkv.*", "attention.attention.query.*", "attention.q_proj.*", TensorForm::query},
    {"attn.qkv.*", "attention.attention.key.*", "attention.k_proj.*", TensorForm::key},
    {"attn.qkv.*", "attention.attention.value.*", "attention.v_proj.*", TensorForm::value},
    {"attn.proj.*", "attention.output.dense.*", "attention.o_proj.*"},
    {"norm2.*", "layernorm_after.*", "layernorm_after.*"},
    {"mlp.fc1.*", "intermediate.dense.*", "mlp.fc1.*"},
    {"mlp.fc2.*", "output.dense.*", "mlp.fc2.*"},
};

/// Where the blocks of the encoder stand in the two generations of Hugging Face's ViT.
constexpr std::string_view kClassicBlocks = "encoder.layer.", kCurrentBlocks = "layers.";

std::vector<Rule> hugging_face_rules(bool classic) {
  std::vector<Rule> rules{
      {"cls_token", "embeddings.cls_token"},
      {"pos_embed", "embeddings.position_embeddings"},
      {"patch_embed.proj.*", "embeddings.patch_embeddings.projection.*"},
      {"norm.*", "layernorm.*"},
      {"head.*", "classifier.*"},
      {"decoder_embed.*", "decoder.decoder_embed.*"},
      {"mask_token", "decoder.mask_token"},
      {"decoder_pos_embed", "decoder.decoder_pos_embed"},
      {"decoder_norm.*", "decoder.decoder_norm.*"},
      {"decoder_pred.*", "decoder.decoder_pred.*"},
  };
  const auto add_blocks = [&](const std::string& official, std::string_view foreign) {
    for (const BlockPart& part : kBlockParts) {
      rules.push_back(
          {official + "#." + std::string(part.official),
           std::string(foreign) + "#." + std::string(classic ? part.classic : part.current),
           part.form});
    }
  };
  add_blocks("blocks.", classic ? kClassicBlocks : kCurrentBlocks);
  add_blocks("decoder_blocks.", "decoder.decoder_layers.");
  return rules;
}

/// Dinov2Model: the attention of the classic ViT in blocks with the names of DINOv2's own.
std::vector<Rule> dinov2_rules() {
  std::vector<Rule> rules = hugging_face_rules(/*classic=*/true);
  std::erase_if(rules, [](const Rule& rule) {
    return rule.official.starts_with("blocks.#.") && !rule.official.starts_with("blocks.#.attn.");
  });
  for (const auto& [official, foreign] :
       {std::pair{"norm1.*", "norm1.*"}, std::pair{"norm2.*", "norm2.*"},
        std::pair{"mlp.fc1.*", "mlp.fc1.*"}, std::pair{"mlp.fc2.*", "mlp.fc2.*"},
        std::pair{"gamma_1", "layer_scale1.lambda1"},
        std::pair{"gamma_2", "layer_scale2.lambda1"}}) {
    rules.push_back({"blocks.#." + std::string(official),
                     std::string(kClassicBlocks) + "#." + std::string(foreign)});
  }
  return rules;
}

const std::vector<Rule>& clip_rules() {
  static const std::vector<Rule> rules{
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
  return rules;
}

const std::vector<Rule>& hugging_face_clip_rules() {
  static const std::vector<Rule> rules{
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
  return rules;
}

const std::vector<Rule>& rules_of(NameStyle style) {
  static const std::vector<Rule> classic = hugging_face_rules(/*classic=*/true);
  static const std::vector<Rule> current = hugging_face_rules(/*classic=*/false);
  static const std::vector<Rule> dinov2 = dinov2_rules();
  switch (style) {
    case NameStyle::hugging_face_classic:
      return classic;
    case NameStyle::hugging_face_current:
      return current;
    case NameStyle::hugging_face_dinov2:
      return dinov2;
    case NameStyle::clip:
      return clip_rules();
    case NameStyle::hugging_face_clip:
      return hugging_face_clip_rules();
    case NameStyle::hugging_face_dinov3:
    case NameStyle::hugging_face_siglip:
      break;
  }
  return teacher_rules(style);
}

/// Whether the two generations of names of transformers' ViT are mixed in it.
bool is_of_vit(NameStyle style) {
  return style == NameStyle::hugging_face_classic || style == NameStyle::hugging_face_current ||
         style == NameStyle::hugging_face_dinov2;
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
    for (const std::vector<Rule>* rules : {&rules_of(in), &further_rules(in)}) {
      for (const Rule& rule : *rules) {
        if (const auto blanks = match(rule.foreign, name)) {
          return NamePlace{fill(rule.official, *blanks), rule.form};
        }
      }
    }
    return std::nullopt;
  };
  if (const auto place = look_up(foreign, style)) return place;
  if (!is_of_vit(style)) return std::nullopt;
  // Between the generations there were files of the old parts at the new place of the blocks.
  for (const std::string_view blocks :
       {kClassicBlocks, std::string_view("encoder.layers."), kCurrentBlocks}) {
    if (!foreign.starts_with(blocks)) continue;
    const std::string rest(foreign.substr(blocks.size()));
    if (const auto place =
            look_up(std::string(kCurrentBlocks) + rest, NameStyle::hugging_face_current)) {
      return place;
    }
    const std::string classic = std::string(kClassicBlocks) + rest;
    const bool dinov2 = style == NameStyle::hugging_face_dinov2;
    return look_up(classic, dinov2 ? style : NameStyle::hugging_face_classic);
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
  const auto has_name = [&](std::string_view wanted) {
    return has([wanted](const std::string& name) { return name == wanted; });
  };
  if (has_name("embeddings.patch_embedding.weight")) return NameStyle::hugging_face_siglip;
  if (has_name("embeddings.patch_embeddings.weight")) return NameStyle::hugging_face_dinov3;
  if (!has_name("embeddings.patch_embeddings.projection.weight")) return std::nullopt;
  if (has([](const std::string& name) {
        return name.ends_with(".layer_scale1.lambda1") || name.ends_with("layer.0.norm1.weight") ||
               name.ends_with("layers.0.norm1.weight");
      })) {
    return NameStyle::hugging_face_dinov2;
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
    case NameStyle::hugging_face_dinov2:
      return "Hugging Face DINOv2";
    case NameStyle::clip:
      return "OpenAI CLIP";
    case NameStyle::hugging_face_clip:
      return "Hugging Face CLIP";
    case NameStyle::hugging_face_dinov3:
      return "Hugging Face DINOv3";
    case NameStyle::hugging_face_siglip:
      return "Hugging Face SigLIP";
  }
  return "unknown";
}

}  // namespace dbot::exchange
