#include "dbot/nn/vit/vision_transformer.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/zeros.h>
#include <fmt/format.h>

#include <optional>
#include <string>

#include "dbot/core/error.h"
#include "dbot/nn/vit/attention_pool.h"
#include "dbot/nn/vit/relative_positions.h"
#include "dbot/ops/assemble_tokens.h"
#include "dbot/ops/attention_probabilities.h"

namespace dbot::nn {
namespace {

std::string shape_text(const at::Tensor& images) {
  std::string text;
  for (const std::int64_t side : images.sizes()) {
    text += (text.empty() ? "" : "×") + std::to_string(side);
  }
  return text;
}

/// The plan of cls in front of the patches `ids_keep`.
ops::TokenPlan cls_first(const at::Tensor& ids_keep, const at::Tensor& embedded) {
  ops::TokenPlan plan;
  plan.sources = at::arange(-1, embedded.size(1), embedded.options().dtype(at::kLong)).unsqueeze(0);
  if (ids_keep.defined()) {
    plan.positions =
        at::cat({at::zeros({ids_keep.size(0), 1}, ids_keep.options()), ids_keep + 1}, 1);
  }
  return plan;
}

std::string block_prefix(std::int64_t block) {
  return "blocks." + std::to_string(block) + ".";
}

}  // namespace

VisionTransformer::VisionTransformer(const EncoderConfig& config,
                                     std::shared_ptr<ParameterStore> parameters)
    : config_(config),
      parameters_(std::move(parameters)),
      norm_(parameters_->contains("norm.weight") ? "norm" : "fc_norm") {
  if (config_.relative_positions != RelativePositions::none) {
    relative_index_ = relative_position_index(config_.grid()).to(at::Device(parameters_->device()));
  }
  if (config_.rotary.coordinates != RotaryCoordinates::none) {
    rotary_ = rotary_table(config_.rotary, parameters_->at("rope_embed.periods"), config_.grid());
  }
}

BackboneInput VisionTransformer::input() const {
  return {.part = "images", .images = {config_.image_size, config_.channels}};
}

runtime::NamedTensors VisionTransformer::features(const runtime::NamedTensors& inputs,
                                                  at::ScalarType compute) const {
  const BlockTokens found = finished(blocks(embed(inputs.at("images")), compute), compute);
  runtime::NamedTensors features{{"mean", found.mean}};
  if (found.cls.defined()) features["cls"] = found.cls;
  return features;
}

std::vector<std::string> VisionTransformer::feature_names() const {
  if (config_.class_token || config_.attention_pool) return {"cls", "mean"};
  return {"mean"};
}

BlockTokens VisionTransformer::finished(const at::Tensor& tokens, at::ScalarType compute) const {
  const std::int64_t prefix = config_.prefix_tokens();
  const at::Tensor normed = norm(tokens);
  BlockTokens found{.cls = {}, .patches = normed.slice(1, prefix)};
  if (config_.class_token) {
    found.cls = normed.select(1, 0);
  } else if (config_.attention_pool) {
    found.cls = attention_pool(found.patches, *parameters_, config_, compute);
  }
  found.mean = config_.pooled_norm ? norm(tokens.slice(1, prefix).mean(1)) : found.patches.mean(1);
  return found;
}

std::optional<TokenLayout> VisionTransformer::token_layout() const {
  return TokenLayout{.grid = config_.grid(), .width = config_.width, .blocks = config_.depth};
}

std::vector<BlockTokens> VisionTransformer::tokens(const runtime::NamedTensors& inputs,
                                                   at::ScalarType compute,
                                                   std::span<const std::int64_t> wanted) const {
  const std::vector<ops::TransformerBlockWeights> weights = block_weights();
  const std::span all(weights);
  std::vector<BlockTokens> found;
  at::Tensor current = embed(inputs.at("images"));
  std::size_t done = 0;
  for (const std::int64_t block : wanted) {
    const auto end = static_cast<std::size_t>(block);
    current = blocks(std::move(current), all.subspan(done, end - done), compute);
    done = end;
    found.push_back(finished(current, compute));
  }
  return found;
}

std::optional<PatchView> VisionTransformer::view_patches(const runtime::NamedTensors& inputs,
                                                         at::ScalarType compute) const {
  if (!config_.has_plain_tokens() || !config_.has_plain_blocks()) return std::nullopt;
  const std::vector<ops::TransformerBlockWeights> weights = block_weights();
  const std::span all(weights);
  const at::Tensor before = blocks(embed(inputs.at("images")), all.first(all.size() - 1), compute);
  const at::Tensor after = blocks(before, all.last(1), compute);
  const at::Tensor attention =
      ops::attention_probabilities(before, all.back(), block_options(compute), /*queries=*/1);
  return PatchView{.grid = config_.grid(),
                   .features = norm(after).slice(1, 1),
                   .attention = attention.select(2, 0).slice(2, 1)};
}

std::string VisionTransformer::describe() const {
  return fmt::format("{}x{} pixels in patches of {}, {} wide, {} blocks, {} heads",
                     config_.image_size.height, config_.image_size.width, config_.patch_size,
                     config_.width, config_.depth, config_.heads);
}

at::Tensor VisionTransformer::embed_patches(const ops::Images& images,
                                            const at::Tensor& ids_keep) const {
  const at::Tensor& pixels = images.pixels;
  if (pixels.dim() != 4 || pixels.size(1) != config_.channels ||
      pixels.size(2) != config_.image_size.height || pixels.size(3) != config_.image_size.width) {
    throw Error("[encoder] images are " + shape_text(pixels) + ", expected batch×" +
                std::to_string(config_.channels) + "×" + std::to_string(config_.image_size.height) +
                "×" + std::to_string(config_.image_size.width));
  }
  const at::Tensor weight = parameters_->at("patch_embed.proj.weight").view({config_.width, -1});
  const at::Tensor patches =
      ops::image_patches(images, config_.patch_size, ops::PatchOrder::channel_first, ids_keep);
  std::optional<at::Tensor> bias;
  if (config_.patch_bias) bias = parameters_->at("patch_embed.proj.bias");
  return at::linear(patches, weight, bias);
}

at::Tensor VisionTransformer::complete(const at::Tensor& patches,
                                       const at::Tensor& ids_keep) const {
  if (!config_.has_plain_tokens()) {
    if (ids_keep.defined()) throw Error("[encoder] a network with registers sees all patches");
    return complete_prefix(patches);
  }
  const std::int64_t width = config_.width;
  const at::Tensor& cls = parameters_->at("cls_token");
  at::Tensor tokens = config_.position_table
                          ? ops::assemble_tokens(patches, cls, parameters_->at("pos_embed"),
                                                 cls_first(ids_keep, patches))
                          : at::cat({cls.expand({patches.size(0), 1, width}), patches}, 1);
  if (!config_.norm_before) return tokens;
  return at::layer_norm(tokens, {width}, parameters_->at("norm_pre.weight"),
                        parameters_->at("norm_pre.bias"), config_.layer_norm_eps);
}

at::Tensor VisionTransformer::complete_prefix(const at::Tensor& patches) const {
  const std::int64_t batch = patches.size(0), width = config_.width;
  std::vector<at::Tensor> tokens;
  at::Tensor table = config_.position_table ? parameters_->at("pos_embed") : at::Tensor();
  if (config_.class_token) {
    const at::Tensor& cls = parameters_->at("cls_token");
    const at::Tensor placed = table.defined() ? cls + table.slice(1, 0, 1) : cls;
    tokens.push_back(placed.expand({batch, 1, width}));
    if (table.defined()) table = table.slice(1, 1);
  }
  if (config_.registers > 0) {
    tokens.push_back(parameters_->at("register_tokens").expand({batch, config_.registers, width}));
  }
  tokens.push_back(table.defined() ? patches + table : patches);
  at::Tensor all = at::cat(tokens, 1);
  if (!config_.norm_before) return all;
  return at::layer_norm(all, {width}, parameters_->at("norm_pre.weight"),
                        parameters_->at("norm_pre.bias"), config_.layer_norm_eps);
}

at::Tensor VisionTransformer::embed(const ops::Images& images, const at::Tensor& ids_keep) const {
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
  return at::layer_norm(tokens, {config_.width}, parameters_->at(norm_ + ".weight"),
                        parameters_->at(norm_ + ".bias"), config_.layer_norm_eps);
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
  return {.heads = config_.heads,
          .layer_norm_eps = config_.layer_norm_eps,
          .compute = compute,
          .quick_gelu = config_.gelu == Gelu::quick,
          .tanh_gelu = config_.gelu == Gelu::tanh,
          .rotary_cosine = rotary_.cosine,
          .rotary_sine = rotary_.sine,
          .rotary_halves = config_.rotary.pairs == RotaryPairs::halves};
}

}  // namespace dbot::nn
