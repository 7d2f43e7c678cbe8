#include "dbot/exchange/export/hugging_face_classifier.h"

#include <ATen/core/Tensor.h>
#include <fmt/format.h>

#include <array>
#include <string_view>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/exchange/names/tensor_names.h"
#include "dbot/exchange/network_kind.h"

namespace dbot::exchange {
namespace {

struct Renamed {
  std::string_view official, theirs;
};

constexpr std::array kOutside{
    Renamed{"cls_token", "beit.embeddings.cls_token"},
    Renamed{"pos_embed", "beit.embeddings.position_embeddings"},
    Renamed{"patch_embed.proj.", "beit.embeddings.patch_embeddings.projection."},
    Renamed{"rel_pos_bias.", "beit.encoder.relative_position_bias."},
    Renamed{"norm.", "beit.layernorm."},
    Renamed{"fc_norm.", "beit.pooler.layernorm."},
    Renamed{"head.", "classifier."},
};

/// Behind "blocks.N.".
constexpr std::array kInBlocks{
    Renamed{"gamma_1", "lambda_1"},
    Renamed{"gamma_2", "lambda_2"},
    Renamed{"norm1.", "layernorm_before."},
    Renamed{"norm2.", "layernorm_after."},
    Renamed{"attn.q_bias", "attention.attention.query.bias"},
    Renamed{"attn.v_bias", "attention.attention.value.bias"},
    Renamed{"attn.relative_position_bias_table",
            "attention.attention.relative_position_bias.relative_position_bias_table"},
    Renamed{"attn.proj.", "attention.output.dense."},
    Renamed{"mlp.fc1.", "intermediate.dense."},
    Renamed{"mlp.fc2.", "output.dense."},
};

/// The name with its beginning replaced; empty where no row is meant.
template <std::size_t kRows>
std::string renamed(std::string_view name, const std::array<Renamed, kRows>& rows) {
  for (const auto& [official, theirs] : rows) {
    if (!name.starts_with(official)) continue;
    return std::string(theirs) + std::string(name.substr(official.size()));
  }
  return {};
}

/// Query, key and value of a block apart; the key's bias is left out.
void add_query_key_value(runtime::NamedTensors& tensors, const std::string& layer,
                         std::string_view rest, const at::Tensor& fused) {
  const std::string kind(rest.substr(rest.rfind('.')));
  const std::int64_t width = fused.size(0) / 3;
  constexpr std::array<const char*, 3> kParts{"query", "key", "value"};
  for (std::size_t i = 0; i < kParts.size(); ++i) {
    if (kind == ".bias" && i == 1) continue;
    tensors.emplace(layer + "attention.attention." + kParts[i] + kind,
                    fused.narrow(0, static_cast<std::int64_t>(i) * width, width).contiguous());
  }
}

runtime::NamedTensors beit_tensors(const runtime::NamedTensors& official) {
  constexpr std::string_view kBlocks = "blocks.";
  runtime::NamedTensors tensors;
  for (const auto& [name, tensor] : official) {
    std::string theirs;
    if (!name.starts_with(kBlocks)) {
      theirs = renamed(name, kOutside);
    } else {
      const std::size_t dot = name.find('.', kBlocks.size());
      const std::string layer =
          fmt::format("beit.encoder.layer.{}.", name.substr(kBlocks.size(), dot - kBlocks.size()));
      const std::string_view rest = std::string_view(name).substr(dot + 1);
      if (rest.starts_with("attn.qkv.")) {
        add_query_key_value(tensors, layer, rest, tensor);
        continue;
      }
      theirs = renamed(rest, kInBlocks);
      if (!theirs.empty()) theirs.insert(0, layer);
    }
    if (theirs.empty()) {
      throw Error(
          fmt::format("[export] transformers' {} has no place for {}", kBeitClassifier, name));
    }
    tensors.emplace(theirs, tensor);
  }
  return tensors;
}

runtime::NamedTensors vit_tensors(runtime::NamedTensors official) {
  const at::Tensor weight = official.at("head.weight"), bias = official.at("head.bias");
  official.erase("head.weight");
  official.erase("head.bias");
  RenamedTensors renamed = to_hugging_face(official, NameStyle::hugging_face_classic, "vit.");
  if (!renamed.left_out.empty()) {
    throw Error(fmt::format("[export] transformers' ViTForImageClassification has no place for {}",
                            renamed.left_out.front()));
  }
  renamed.tensors.emplace("classifier.weight", weight);
  renamed.tensors.emplace("classifier.bias", bias);
  return std::move(renamed.tensors);
}

}  // namespace

std::string hugging_face_classifier(const NetworkWeights& network) {
  const bool cls = network.description.head.value().pooling == nn::Pooling::cls;
  const bool plain = kind_of(network.description.config) == NetworkKind::plain;
  return cls && plain ? "ViTForImageClassification" : kBeitClassifier;
}

runtime::NamedTensors hugging_face_classifier_tensors(const NetworkWeights& network) {
  return hugging_face_classifier(network) == kBeitClassifier ? beit_tensors(network.parameters)
                                                             : vit_tensors(network.parameters);
}

}  // namespace dbot::exchange
