#include "dbot/exchange/import/encoder_tensors.h"

#include <fmt/format.h>

#include <array>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "dbot/core/error.h"

namespace dbot::exchange {
namespace {

/// Tensors that change what an encoder computes, in any family, and what they are.
struct Foreign {
  std::string_view name, meaning;
};
constexpr std::array kNotBuilt{
    Foreign{"dist_token", "a distillation token (DeiT); take the variant without distillation"},
    Foreign{"embeddings.distillation_token",
            "a distillation token (DeiT); take the variant without distillation"},
    Foreign{"reg_token", "register tokens; take the variant without registers"},
    Foreign{"register_tokens", "register tokens; take the variant without registers"},
    Foreign{"embeddings.register_tokens", "register tokens; take the variant without registers"},
    Foreign{"patch_embed.backbone.", "a convolutional stem (hybrid ViT)"},
    Foreign{"patch_embed.norm.", "a norm in the patch embedding"},
    Foreign{"stages.", "stages of a hierarchical network"},
    Foreign{"layers.0.blocks.", "stages of a hierarchical network (Swin)"},
};

bool is_parameter_of(std::string_view name, std::string_view layer) {
  return name.starts_with(layer) &&
         (name.substr(layer.size()) == "weight" || name.substr(layer.size()) == "bias");
}

/// By its official name.
bool is_encoder_tensor(std::string_view name) {
  return name == "cls_token" || name == "pos_embed" || is_parameter_of(name, "patch_embed.proj.") ||
         name == "rel_pos_bias.relative_position_bias_table" ||
         is_parameter_of(name, "norm_pre.") || is_parameter_of(name, "norm.") ||
         is_parameter_of(name, "fc_norm.") || name.starts_with("blocks.");
}

/// What stands in a block beside the tensors of the ordinary one: buffers alone may be left out.
bool is_known_block_tensor(std::string_view name) {
  name.remove_prefix(std::string_view("blocks.").size());
  const auto dot = name.find('.');
  if (dot == std::string_view::npos) return true;  // count_blocks has the better message
  name.remove_prefix(dot + 1);
  for (const std::string_view known :
       {"gamma_1", "gamma_2", "attn.q_bias", "attn.v_bias", "attn.relative_position_bias_table"}) {
    if (name == known) return true;
  }
  for (const std::string_view layer :
       {"norm1.", "attn.qkv.", "attn.proj.", "norm2.", "mlp.fc1.", "mlp.fc2."}) {
    if (is_parameter_of(name, layer)) return true;
  }
  return false;
}

bool is_buffer(std::string_view name) {
  return name.ends_with("relative_position_index") || name.ends_with("position_ids") ||
         name.ends_with("num_batches_tracked");
}

[[noreturn]] void refuse(const WeightsSource& source, const std::string& name,
                         std::string_view meaning) {
  throw DataError(
      {.operation = "load encoder",
       .subject = source.path().string(),
       .fault = Fault::unsupported,
       .reason = fmt::format(": {} is {}; dbot does not build such a network", name, meaning)});
}

void check_built(const WeightsSource& source, const std::string& full, std::string_view name) {
  for (const Foreign& foreign : kNotBuilt) {
    const bool same =
        foreign.name.ends_with('.') ? name.starts_with(foreign.name) : name == foreign.name;
    if (same) refuse(source, full, foreign.meaning);
  }
}

/// timm has LayerScale under a name of its own: blocks.0.ls1.gamma.
std::string without_alias(const std::string& name) {
  for (const auto& [theirs, ours] :
       {std::pair{".ls1.gamma", ".gamma_1"}, std::pair{".ls2.gamma", ".gamma_2"}}) {
    if (name.starts_with("blocks.") && name.ends_with(theirs)) {
      return name.substr(0, name.size() - std::string_view(theirs).size()) + ours;
    }
  }
  return name;
}

bool is_clip(const std::optional<NameStyle>& style) {
  return style == NameStyle::clip || style == NameStyle::hugging_face_clip;
}

/// The official name of a tensor that the encoder needs; empty for others.
std::optional<std::string> encoder_name(const WeightsSource& source, const std::string& full,
                                        const std::string& name,
                                        const std::optional<NameStyle>& style) {
  check_built(source, full, name);
  if (is_buffer(name)) return std::nullopt;
  if (style) {
    const auto place = official_place(name, *style);
    if (place && is_encoder_tensor(place->name)) return place->name;
    if (place && place->name == "head.weight" && is_clip(style)) return place->name;
    const bool in_block = name.starts_with("encoder.layer") || name.starts_with("layers.") ||
                          name.starts_with("transformer.resblocks.");
    if (!place && in_block) refuse(source, full, "no part of an ordinary block");
    return std::nullopt;
  }
  const std::string official = without_alias(name);
  if (!is_encoder_tensor(official)) return std::nullopt;
  if (official.starts_with("blocks.") && !is_known_block_tensor(official)) {
    refuse(source, full, "no part of an ordinary block");
  }
  return official;
}

/// The name without the prefix; empty for a tensor that is not below it. Hugging Face's CLIP keeps
/// the projection beside the tower.
std::optional<std::string> name_below(const EncoderPlace& place, const std::string& full) {
  if (full.starts_with(place.prefix)) return full.substr(place.prefix.size());
  constexpr std::string_view kTower = "vision_model.", kProjection = "visual_projection.weight";
  if (place.style != NameStyle::hugging_face_clip || !place.prefix.ends_with(kTower)) {
    return std::nullopt;
  }
  const std::string outer = place.prefix.substr(0, place.prefix.size() - kTower.size());
  if (full != outer + std::string(kProjection)) return std::nullopt;
  return std::string(kProjection);
}

/// timm's CLIP towers end in a matrix without bias; with one it is a classifier.
std::optional<std::string> projection_of(const EncoderPlace& place,
                                         const std::set<std::string>& names) {
  const std::string head = place.prefix + "head.weight";
  const bool tower = !place.style && names.contains(place.prefix + "norm_pre.weight") &&
                     names.contains(head) && !names.contains(place.prefix + "head.bias");
  return tower ? std::optional(head) : std::nullopt;
}

}  // namespace

runtime::NamedTensors read_encoder_tensors(const WeightsSource& source, const EncoderPlace& place,
                                           ImportReport& report) {
  const auto all = source.names();
  const auto projection = projection_of(place, std::set<std::string>(all.begin(), all.end()));
  std::vector<std::string> wanted;
  std::map<std::string, std::string> bare_names;  // by those in the file
  for (const std::string& full : all) {
    const auto bare = name_below(place, full);
    auto official = bare ? encoder_name(source, full, *bare, place.style) : std::nullopt;
    if (full == projection) official = "head.weight";
    if (official) {
      wanted.push_back(full);
      bare_names.emplace(full, place.style ? *bare : *official);
      report.mapped.emplace_back(full, *official);
    } else {
      report.ignored.push_back(full);
    }
  }
  runtime::NamedTensors bare;
  for (auto& [full, tensor] : source.read(wanted)) bare.emplace(bare_names.at(full), tensor);
  if (!place.style) return bare;
  try {
    return to_official(bare, *place.style).tensors;
  } catch (const DataError& error) {
    ErrorFields fields = error.fields();
    fields.reason += fmt::format(" (in {})", source.path().string());
    throw DataError(std::move(fields));
  }
}

}  // namespace dbot::exchange
