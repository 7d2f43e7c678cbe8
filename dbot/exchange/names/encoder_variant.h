#pragma once

#include <cstdint>
#include <optional>

#include "dbot/nn/vit/config.h"
#include "dbot/runtime/named_tensors.h"

// What tells a BEiT-style encoder or CLIP's visual tower from a plain ViT: the tensors it has, by
// official names. Source: docs/methods/dbot.md §8; timm's BEiT and CLIP towers.
namespace dbot::exchange {

/// Sets the fields of a configuration that follow `layer_norm_eps`, except what the tensors do not
/// show (the kind of GELU, rotary positions, how a table is resized, a class token: `class_token`).
/// Shapes are left to be checked against the result.
void infer_variant(const runtime::NamedTensors& tensors, bool class_token,
                   nn::EncoderConfig& config);

/// Whether this is CLIP's tower: it has a norm before its first block.
bool is_clip_tower(const runtime::NamedTensors& tensors);

/// A table of relative positions, shared or of the first block: [rows, heads]; null if there is
/// none of two dimensions.
const at::Tensor* relative_position_table(const runtime::NamedTensors& tensors);

/// Patches on each side of the square grid that a table of so many rows belongs to; empty if there
/// is none.
std::optional<std::int64_t> relative_position_side(std::int64_t rows);

}  // namespace dbot::exchange
