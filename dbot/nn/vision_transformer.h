#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "dbot/nn/config.h"
#include "dbot/nn/drop_path.h"
#include "dbot/nn/parameters.h"
#include "dbot/ops/transformer_block.h"

namespace dbot::nn {

/// Parameters of an encoder in official order and names: cls_token, pos_embed, patch_embed.proj.*,
/// blocks.N.*, norm.*. Spec: mae.md §8.
std::vector<ParameterSpec> encoder_parameters(const EncoderConfig& config);

/// The encoder: patch embedding, cls token, fixed position table, blocks, final norm.
class VisionTransformer {
 public:
  /// Takes its parameters from the store by name; the store may hold more (a decoder).
  VisionTransformer(const EncoderConfig& config, std::shared_ptr<ParameterStore> parameters);

  const EncoderConfig& config() const { return config_; }
  const std::shared_ptr<ParameterStore>& parameters() const { return parameters_; }

  /// cls and patch tokens before the first block, [batch, 1 + kept, width], positions added.
  /// images: float32 [batch, channels, height, width], normalised. ids_keep: int64 [batch, kept],
  /// which patches (row-major) to embed, in this order; undefined: all, in image order.
  at::Tensor embed(const at::Tensor& images, const at::Tensor& ids_keep = {}) const;
  /// Through all blocks, without the final norm.
  at::Tensor blocks(at::Tensor tokens, at::ScalarType compute, const DropPath& drop_path = {}) const;
  at::Tensor norm(const at::Tensor& tokens) const;

 private:
  EncoderConfig config_;
  std::shared_ptr<ParameterStore> parameters_;
  std::vector<ops::TransformerBlockWeights> blocks_;
};

/// Looks the weights of one block up by their official names behind `prefix` ("blocks.0.").
ops::TransformerBlockWeights block_weights(const ParameterStore& parameters,
                                           const std::string& prefix);
/// Appends the parameters of one block.
void append_block_parameters(std::vector<ParameterSpec>& specs, const std::string& prefix,
                             std::int64_t width, std::int64_t hidden);

}  // namespace dbot::nn
