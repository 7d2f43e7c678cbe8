#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dbot/runtime/named_tensors.h"

// One table of names for both directions. The names this project uses are the official ones (MAE,
// dBOT, timm), so that most of what is read and written is a copy; the other families rename, and
// split the fused qkv into three. Sources: docs/methods/mae.md §8, docs/methods/dbot.md §7, Hugging
// Face transformers, OpenAI's CLIP, timm's CLIP towers.
namespace dbot::exchange {

/// Who names tensors differently.
enum class NameStyle {
  hugging_face_classic,  // ViT, ViTMAE as published: encoder.layer.0.attention.attention.query
  hugging_face_current,  // the same in transformers 5: layers.0.attention.q_proj
  hugging_face_dinov2,   // Dinov2Model: encoder.layer.0.norm1, layer_scale1.lambda1
  clip,                  // OpenAI's visual tower: transformer.resblocks.0.attn.in_proj_weight
  hugging_face_clip,     // CLIPVisionModel: encoder.layers.0.self_attn.q_proj
  hugging_face_dinov3,   // DINOv3ViTModel: layer.0.attention.q_proj, layer.0.mlp.gate_proj
  hugging_face_siglip,   // SiglipVisionModel: as CLIP's, without a class token; head.probe
};

/// How a foreign tensor holds what the official one holds.
enum class TensorForm {
  same,
  query,       // rows [0, width) of the official tensor
  key,         // rows [width, 2·width)
  value,       // rows [2·width, 3·width)
  vector,      // [width] instead of [1, 1, width]
  table,       // [rows, width] instead of [1, rows, width]
  transposed,  // [a, b] instead of [b, a]
};

struct NamePlace {
  std::string name;
  TensorForm form = TensorForm::same;
};

/// Where a tensor of that style belongs, by its name without a prefix such as `vit.`. Empty where
/// the official network has no such tensor (a pooler, a text tower).
std::optional<NamePlace> official_place(std::string_view foreign, NameStyle style);

/// The tensor or tensors (query, key, value) that hold an official tensor in that style; none where
/// the style has no place for it.
std::vector<NamePlace> foreign_places(std::string_view official, NameStyle style);

/// The style in which these names are written; empty for official ones and unknown ones.
std::optional<NameStyle> style_of(const std::vector<std::string>& names);

/// "Hugging Face ViT", … for messages.
std::string_view style_name(NameStyle style);

/// Tensors under other names, and the names that have none in the other style.
struct RenamedTensors {
  runtime::NamedTensors tensors;
  std::vector<std::string> left_out;
};

/// Official names from foreign ones (without a prefix); parts that several official tensors share
/// come under names of their own (exchange/kinds). Throws DataError naming a query, key or value
/// that is missing or does not fit the other two, or one tensor under two names.
RenamedTensors to_official(const runtime::NamedTensors& foreign, NameStyle style);

/// Foreign names from official ones: tensors are views of the given ones. Throws DataError naming a
/// tensor whose shape cannot be split.
RenamedTensors from_official(const runtime::NamedTensors& official, NameStyle style);

/// Hugging Face's ViTMAEForPreTraining or, without decoder tensors, its encoder alone: official
/// names from either generation of theirs, with or without `vit.` before them; and back, with
/// `prefix` before the encoder's names ("vit." for ViTMAEForPreTraining and
/// ViTForImageClassification, none for ViTModel and ViTMAEModel). Errors as above.
RenamedTensors hugging_face_to_official(const runtime::NamedTensors& tensors);
RenamedTensors to_hugging_face(const runtime::NamedTensors& official, NameStyle style,
                               std::string_view prefix);

}  // namespace dbot::exchange
