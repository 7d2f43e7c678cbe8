#include "dbot/nn/vision_transformer.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>

#include <optional>
#include <string>

#include "dbot/core/error.h"
#include "dbot/nn/relative_positions.h"
#include "dbot/ops/select_tokens.h"

namespace dbot::nn {
namespace {

std::string shape_text(const at::Tensor& images) {
  std::string text;
  for (const std::int64_t side : images.sizes()) {
    text += (text.empty() ? "" : "×") + std::to_string(side);
  }
  return text;
}

/// [batch, patches, channels·p·p]: the values of each patch in the order of the embedding's kernel
/// (channel, row, column), which is not the order of `ops::patchify`.
at::Tensor kernel_patches(const at::Tensor& images, const EncoderConfig& config) {
  const auto [rows, columns] = config.grid();
  const std::int64_t p = config.patch_size, batch = images.size(0);
  return images.reshape({batch, config.channels, rows, p, columns, p})
      .permute({0, 2, 4, 1, 3, 5})
      .reshape({batch, rows * columns, config.channels * p * p});
}

std::string block_prefix(std::int64_t block) {
  return "blocks." + std::to_string(block) + ".";
}

}  // namespace

VisionTransformer::VisionTransformer(const EncoderConfig& config,
                                     std::shared_ptr<ParameterStore> parameters)
    : config_(config), parameters_(std::move(parameters)) {
  if (config_.relative_positions != RelativePositions::none) {
    relative_index_ = relative_position_index(config_.grid());
  }
}

at::Tensor VisionTransformer::embed_patches(const at::Tensor& images,
                                            const at::Tensor& ids_keep) const {
  if (images.dim() != 4 || images.size(1) != config_.channels ||
      images.size(2) != config_.image_size.height || images.size(3) != config_.image_size.width) {
    throw Error("[encoder] images are " + shape_text(images) + ", expected batch×" +
                std::to_string(config_.channels) + "×" + std::to_string(config_.image_size.height) +
                "×" + std::to_string(config_.image_size.width));
  }
  const at::Tensor weight = parameters_->at("patch_embed.proj.weight").view({config_.width, -1});
  at::Tensor patches = kernel_patches(images, config_);
  if (ids_keep.defined()) patches = ops::select_tokens(patches, ids_keep);
  std::optional<at::Tensor> bias;
  if (config_.patch_bias) bias = parameters_->at("patch_embed.proj.bias");
  return at::linear(patches, weight, bias);
}

at::Tensor VisionTransformer::complete(const at::Tensor& patches,
                                       const at::Tensor& ids_keep) const {
  const std::int64_t batch = patches.size(0), width = config_.width;
  at::Tensor cls = parameters_->at("cls_token"), placed = patches;
  if (config_.position_table) {
    const at::Tensor& table = parameters_->at("pos_embed");
    at::Tensor positions = table.slice(1, 1);
    if (ids_keep.defined()) {
      positions =
          positions.squeeze(0).index_select(0, ids_keep.reshape(-1)).view({batch, -1, width});
    }
    cls = cls + table.slice(1, 0, 1);
    placed = patches + positions;
  }
  const at::Tensor tokens = at::cat({cls.expand({batch, 1, width}), placed}, 1);
  if (!config_.norm_before) return tokens;
  return at::layer_norm(tokens, {width}, parameters_->at("norm_pre.weight"),
                        parameters_->at("norm_pre.bias"), config_.layer_norm_eps);
}

at::Tensor VisionTransformer::embed(const at::Tensor& images, const at::Tensor& ids_keep) const {
  return complete(embed_patches(images, ids_keep), ids_keep);
}

at::Tensor VisionTransformer::blocks(at::Tensor tokens, at::ScalarType compute,
                                     const DropPath& drop_path) const {
  return blocks(std::move(tokens), block_weights(), compute, drop_path);
}

at::Tensor VisionTransformer::blocks(at::Tensor tokens,
                                     std::span<const ops::TransformerBlockWeights> weights,
                                     at::ScalarType compute, const DropPath& drop_path,
                                     const at::Tensor& rows) const {
  return run_blocks(std::move(tokens), weights, block_options(compute), drop_path, rows);
}

at::Tensor VisionTransformer::norm(const at::Tensor& tokens) const {
  return at::layer_norm(tokens, {config_.width}, parameters_->at("norm.weight"),
                        parameters_->at("norm.bias"), config_.layer_norm_eps);
}

at::Tensor VisionTransformer::project(const at::Tensor& tokens, at::ScalarType compute) const {
  if (config_.projection == 0) return tokens;
  return at::linear(tokens.to(compute), parameters_->at("head.weight").to(compute)).to(at::kFloat);
}

std::vector<ops::TransformerBlockWeights> VisionTransformer::block_weights() const {
  const auto bias = [&](const std::string& table) {
    return relative_position_bias(parameters_->at(table), relative_index_);
  };
  at::Tensor shared;
  if (config_.relative_positions == RelativePositions::shared) {
    shared = bias("rel_pos_bias.relative_position_bias_table");
  }
  std::vector<ops::TransformerBlockWeights> blocks;
  for (std::int64_t block = 0; block < config_.depth; ++block) {
    blocks.push_back(nn::block_weights(*parameters_, block_prefix(block)));
    blocks.back().attention_bias =
        config_.relative_positions == RelativePositions::each_block
            ? bias(block_prefix(block) + "attn.relative_position_bias_table")
            : shared;
  }
  return blocks;
}

ops::TransformerBlockOptions VisionTransformer::block_options(at::ScalarType compute) const {
  return {config_.heads, config_.layer_norm_eps, compute, config_.gelu == Gelu::quick};
}

}  // namespace dbot::nn
