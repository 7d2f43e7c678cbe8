#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "dbot/nn/backbone.h"
#include "dbot/nn/vit/block_stack.h"
#include "dbot/nn/vit/config.h"
#include "dbot/nn/vit/encoder_parameters.h"
#include "dbot/nn/vit/rotary.h"
#include "dbot/ops/image_patches.h"

namespace dbot::nn {

/// The encoder: patch embedding, cls token, position table, blocks, final norm; and what else the
/// configuration names.
class VisionTransformer : public Backbone {
 public:
  /// Takes its parameters from the store by name; the store may hold more (a decoder). Where it has
  /// no `norm`, that of the mean patch of a classifier, `fc_norm`, takes its place.
  VisionTransformer(const EncoderConfig& config, std::shared_ptr<ParameterStore> parameters);

  const EncoderConfig& config() const { return config_; }
  const std::shared_ptr<ParameterStore>& parameters() const override { return parameters_; }

  BackboneInput input() const override;
  /// cls token and mean of the patch tokens, both after the final norm. Without a class token what
  /// the attention pool gives takes the place of cls, or there is the mean alone.
  std::vector<std::string> feature_names() const override;
  runtime::NamedTensors features(const runtime::NamedTensors& inputs,
                                 at::ScalarType compute) const override;
  std::string describe() const override;
  std::optional<TokenLayout> token_layout() const override;
  std::vector<BlockTokens> tokens(const runtime::NamedTensors& inputs, at::ScalarType compute,
                                  std::span<const std::int64_t> blocks) const override;
  std::optional<PatchView> view_patches(const runtime::NamedTensors& inputs,
                                        at::ScalarType compute) const override;

  /// cls and patch tokens before the first block, [batch, 1 + kept, width], positions added.
  /// ids_keep: int64 [batch, kept], which patches (row-major) to embed, in this order; undefined:
  /// all, in image order. With other tokens before the patches (`prefix_tokens`) only all are
  /// possible.
  at::Tensor embed(const ops::Images& images, const at::Tensor& ids_keep = {}) const;
  /// The parts of `embed`: patches without positions, [batch, kept, width]; and what becomes of
  /// them, or of something in their place.
  at::Tensor embed_patches(const ops::Images& images, const at::Tensor& ids_keep = {}) const;
  at::Tensor complete(const at::Tensor& patches, const at::Tensor& ids_keep = {}) const;

  /// Through all blocks, without the final norm.
  at::Tensor blocks(at::Tensor tokens, at::ScalarType compute,
                    const DropPath& drop_path = {}) const;
  /// The same with other copies of the block weights, such as a frozen network's in low precision,
  /// and for the tokens `rows` [batch, wanted] only, where that is defined.
  at::Tensor blocks(at::Tensor tokens, std::span<const ops::TransformerBlockWeights> weights,
                    at::ScalarType compute, const DropPath& drop_path = {},
                    const at::Tensor& rows = {}) const;
  at::Tensor norm(const at::Tensor& tokens) const;
  /// The last matrix, where there is one: [..., width] → [..., output width].
  at::Tensor project(const at::Tensor& tokens, at::ScalarType compute) const;

  /// All blocks' weights as they are now. What is computed from parameters (the bias of attention,
  /// a bias without keys) is part of the graph: ask anew for every pass.
  std::vector<ops::TransformerBlockWeights> block_weights() const;
  ops::TransformerBlockOptions block_options(at::ScalarType compute) const;

 private:
  /// `complete` where the tokens before the patches are others than a class token.
  at::Tensor complete_prefix(const at::Tensor& patches) const;
  /// cls, patches and their mean of what the blocks gave.
  BlockTokens finished(const at::Tensor& tokens, at::ScalarType compute) const;

  EncoderConfig config_;
  std::shared_ptr<ParameterStore> parameters_;
  std::string norm_;           // "norm" or "fc_norm"
  at::Tensor relative_index_;  // where there are relative positions
  RotaryTable rotary_;         // where there are rotary ones
};

}  // namespace dbot::nn
