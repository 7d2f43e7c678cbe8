#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <span>
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
  at::Tensor blocks(at::Tensor tokens, at::ScalarType compute,
                    const DropPath& drop_path = {}) const;
  /// The same with other copies of the block weights, such as a frozen network's in low precision,
  /// and for the tokens `rows` [batch, wanted] only, where that is defined.
  at::Tensor blocks(at::Tensor tokens, std::span<const ops::TransformerBlockWeights> weights,
                    at::ScalarType compute, const DropPath& drop_path = {},
                    const at::Tensor& rows = {}) const;
  at::Tensor norm(const at::Tensor& tokens) const;
  const std::vector<ops::TransformerBlockWeights>& block_weights() const { return blocks_; }

 private:
  EncoderConfig config_;
  std::shared_ptr<ParameterStore> parameters_;
  std::vector<ops::TransformerBlockWeights> blocks_;
};

/// Sends tokens [batch, tokens, width] through a stack of blocks. rows: int64 [batch, wanted], the
/// tokens of the result; undefined: all.
at::Tensor run_blocks(at::Tensor tokens, std::span<const ops::TransformerBlockWeights> blocks,
                      const ops::TransformerBlockOptions& options, const DropPath& drop_path,
                      const at::Tensor& rows = {});
/// Looks the weights of one block up by their official names behind `prefix` ("blocks.0.").
ops::TransformerBlockWeights block_weights(const ParameterStore& parameters,
                                           const std::string& prefix);
/// Appends the parameters of one block.
void append_block_parameters(std::vector<ParameterSpec>& specs, const std::string& prefix,
                             std::int64_t width, std::int64_t hidden);
/// A learned token [1, 1, width].
ParameterSpec token_parameter(const std::string& name, std::int64_t width);
/// A fixed position table [1, 1 + patches, width] for the grid of `config`.
ParameterSpec position_table_parameter(const std::string& name, const EncoderConfig& config,
                                       std::int64_t width);
/// Appends name.weight [outputs, inputs] and name.bias.
void append_linear_parameters(std::vector<ParameterSpec>& specs, const std::string& name,
                              std::int64_t inputs, std::int64_t outputs);
/// Appends name.weight and name.bias of a LayerNorm.
void append_norm_parameters(std::vector<ParameterSpec>& specs, const std::string& name,
                            std::int64_t width);

}  // namespace dbot::nn
