#include "dbot/nn/vision_transformer.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>

#include "dbot/core/error.h"
#include "dbot/ops/select_tokens.h"

namespace dbot::nn {
namespace {

ParameterSpec parameter(std::string name, std::vector<std::int64_t> shape, Initialisation start) {
  ParameterSpec spec;
  spec.name = std::move(name);
  spec.shape = std::move(shape);
  spec.initialisation = start;
  return spec;
}

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

}  // namespace

std::vector<ParameterSpec> encoder_parameters(const EncoderConfig& config) {
  const std::int64_t width = config.width, p = config.patch_size;
  std::vector<ParameterSpec> specs{
      token_parameter("cls_token", width), position_table_parameter("pos_embed", config, width),
      parameter("patch_embed.proj.weight", {width, config.channels, p, p},
                Initialisation::xavier_uniform),
      parameter("patch_embed.proj.bias", {width}, Initialisation::convolution_bias)};
  specs.back().fan_in = config.channels * p * p;
  for (std::int64_t block = 0; block < config.depth; ++block) {
    append_block_parameters(specs, "blocks." + std::to_string(block) + ".", width,
                            config.hidden_width());
  }
  append_norm_parameters(specs, "norm", width);
  return specs;
}

VisionTransformer::VisionTransformer(const EncoderConfig& config,
                                     std::shared_ptr<ParameterStore> parameters)
    : config_(config), parameters_(std::move(parameters)) {
  for (std::int64_t block = 0; block < config_.depth; ++block) {
    blocks_.push_back(nn::block_weights(*parameters_, "blocks." + std::to_string(block) + "."));
  }
}

at::Tensor VisionTransformer::embed(const at::Tensor& images, const at::Tensor& ids_keep) const {
  if (images.dim() != 4 || images.size(1) != config_.channels ||
      images.size(2) != config_.image_size.height || images.size(3) != config_.image_size.width) {
    throw Error("[encoder] images are " + shape_text(images) + ", expected batch×" +
                std::to_string(config_.channels) + "×" + std::to_string(config_.image_size.height) +
                "×" + std::to_string(config_.image_size.width));
  }
  const std::int64_t batch = images.size(0), width = config_.width;
  const at::Tensor& table = parameters_->at("pos_embed");
  const at::Tensor weight = parameters_->at("patch_embed.proj.weight").view({width, -1});
  at::Tensor patches = kernel_patches(images, config_);
  at::Tensor positions = table.slice(1, 1);
  if (ids_keep.defined()) {
    patches = ops::select_tokens(patches, ids_keep);
    positions = positions.squeeze(0).index_select(0, ids_keep.reshape(-1)).view({batch, -1, width});
  }
  const at::Tensor embedded = at::linear(patches, weight, parameters_->at("patch_embed.proj.bias"));
  const at::Tensor cls = parameters_->at("cls_token") + table.slice(1, 0, 1);
  return at::cat({cls.expand({batch, 1, width}), embedded + positions}, 1);
}

at::Tensor VisionTransformer::blocks(at::Tensor tokens, at::ScalarType compute,
                                     const DropPath& drop_path) const {
  return blocks(std::move(tokens), blocks_, compute, drop_path);
}

at::Tensor VisionTransformer::blocks(at::Tensor tokens,
                                     std::span<const ops::TransformerBlockWeights> weights,
                                     at::ScalarType compute, const DropPath& drop_path,
                                     const at::Tensor& rows) const {
  return run_blocks(std::move(tokens), weights, {config_.heads, config_.layer_norm_eps, compute},
                    drop_path, rows);
}

at::Tensor VisionTransformer::norm(const at::Tensor& tokens) const {
  return at::layer_norm(tokens, {config_.width}, parameters_->at("norm.weight"),
                        parameters_->at("norm.bias"), config_.layer_norm_eps);
}

at::Tensor run_blocks(at::Tensor tokens, std::span<const ops::TransformerBlockWeights> blocks,
                      const ops::TransformerBlockOptions& options, const DropPath& drop_path,
                      const at::Tensor& rows) {
  const auto depth = static_cast<std::int64_t>(blocks.size());
  if (depth == 0 && rows.defined()) return ops::select_tokens(tokens, rows);
  for (std::int64_t block = 0; block < depth; ++block) {
    tokens = ops::transformer_block(tokens, blocks[static_cast<std::size_t>(block)], options,
                                    drop_path.scales(block, depth),
                                    block + 1 == depth ? rows : at::Tensor());
  }
  return tokens;
}

ops::TransformerBlockWeights block_weights(const ParameterStore& parameters,
                                           const std::string& prefix) {
  const auto get = [&](const char* name) { return parameters.at(prefix + name); };
  return {.norm1_weight = get("norm1.weight"),
          .norm1_bias = get("norm1.bias"),
          .qkv_weight = get("attn.qkv.weight"),
          .qkv_bias = get("attn.qkv.bias"),
          .proj_weight = get("attn.proj.weight"),
          .proj_bias = get("attn.proj.bias"),
          .norm2_weight = get("norm2.weight"),
          .norm2_bias = get("norm2.bias"),
          .fc1_weight = get("mlp.fc1.weight"),
          .fc1_bias = get("mlp.fc1.bias"),
          .fc2_weight = get("mlp.fc2.weight"),
          .fc2_bias = get("mlp.fc2.bias")};
}

void append_block_parameters(std::vector<ParameterSpec>& specs, const std::string& prefix,
                             std::int64_t width, std::int64_t hidden) {
  append_norm_parameters(specs, prefix + "norm1", width);
  append_linear_parameters(specs, prefix + "attn.qkv", width, 3 * width);
  append_linear_parameters(specs, prefix + "attn.proj", width, width);
  append_norm_parameters(specs, prefix + "norm2", width);
  append_linear_parameters(specs, prefix + "mlp.fc1", width, hidden);
  append_linear_parameters(specs, prefix + "mlp.fc2", hidden, width);
}

void append_linear_parameters(std::vector<ParameterSpec>& specs, const std::string& name,
                              std::int64_t inputs, std::int64_t outputs) {
  specs.push_back(parameter(name + ".weight", {outputs, inputs}, Initialisation::xavier_uniform));
  specs.push_back(parameter(name + ".bias", {outputs}, Initialisation::zeros));
}

void append_norm_parameters(std::vector<ParameterSpec>& specs, const std::string& name,
                            std::int64_t width) {
  specs.push_back(parameter(name + ".weight", {width}, Initialisation::ones));
  specs.push_back(parameter(name + ".bias", {width}, Initialisation::zeros));
}

ParameterSpec token_parameter(const std::string& name, std::int64_t width) {
  return parameter(name, {1, 1, width}, Initialisation::normal_002);
}

ParameterSpec position_table_parameter(const std::string& name, const EncoderConfig& config,
                                       std::int64_t width) {
  ParameterSpec spec =
      parameter(name, {1, 1 + config.patches(), width}, Initialisation::sincos_position_table);
  spec.trainable = false;
  spec.grid = config.grid();
  return spec;
}

}  // namespace dbot::nn
