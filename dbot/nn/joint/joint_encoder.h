#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "dbot/nn/backbone.h"
#include "dbot/nn/joint/config.h"
#include "dbot/nn/vit/vision_transformer.h"

namespace dbot::nn {

/// The text of a batch.
struct TextTokens {
  at::Tensor ids;      // int64 [batch, length], 0 … vocabulary − 1; padded ones are 0
  at::Tensor padding;  // float32 [batch, length], 1: padded
};

/// What the encoder sees of a batch: an image, a text or both.
struct JointInput {
  std::optional<ops::Images> images = {};  // [batch, channels, height, width]
  at::Tensor image_keep = {};  // int64 [batch, kept], patches in this order; undefined: all
  std::optional<TextTokens> text = {};
  at::Tensor text_keep = {};  // int64 [batch, kept], tokens in this order; undefined: all

  std::int64_t batch() const;
};

/// Tokens [class token | patches | text] of an encoder or decoder.
struct JointTokens {
  at::Tensor values;   // float32 [batch, tokens, width]
  at::Tensor padding;  // float32 [batch, tokens], 1: padded; undefined: nothing is
  std::int64_t patches = 0, words = 0;

  /// The parts of `values`, or of what blocks made of them.
  at::Tensor cls(const at::Tensor& tokens) const { return tokens.slice(1, 0, 1); }
  at::Tensor image(const at::Tensor& tokens) const { return tokens.slice(1, 1, 1 + patches); }
  at::Tensor text(const at::Tensor& tokens) const { return tokens.slice(1, 1 + patches); }
};

/// The encoder of M3AE. As a backbone it sees all of an image, or all of a text where it is given
/// none; the class token's feature stands for either. docs/methods/m3ae.md §2, §8.
class JointEncoder : public Backbone {
 public:
  /// Takes its parameters from the store by name; the store may hold more (a decoder).
  JointEncoder(const JointConfig& config, std::shared_ptr<ParameterStore> parameters);

  const JointConfig& config() const { return config_; }
  /// The part that sees images, without the vector of their type.
  const VisionTransformer& vision() const { return vision_; }
  const std::shared_ptr<ParameterStore>& parameters() const override {
    return vision_.parameters();
  }

  BackboneInput input() const override { return vision_.input(); }
  std::vector<std::string> feature_names() const override { return {"cls", "mean"}; }
  /// inputs: "images", or else "text_ids" and "text_padding". "mean" is of the patches, or of the
  /// words that are not padded.
  runtime::NamedTensors features(const runtime::NamedTensors& inputs,
                                 at::ScalarType compute) const override;
  std::string describe() const override;
  std::optional<TokenLayout> token_layout() const override { return vision_.token_layout(); }
  std::vector<BlockTokens> tokens(const runtime::NamedTensors& inputs, at::ScalarType compute,
                                  std::span<const std::int64_t> blocks) const override;
  std::optional<PatchView> view_patches(const runtime::NamedTensors& inputs,
                                        at::ScalarType compute) const override;

  /// Tokens before the first block. Throws Error for ids outside the vocabulary, texts that are
  /// longer than the configuration's, and an input of nothing.
  JointTokens embed(const JointInput& input) const;
  /// What the blocks and the final norm make of them, of the same shape.
  at::Tensor encode(const JointTokens& tokens, at::ScalarType compute,
                    const DropPath& drop_path = {}) const;

  /// Every tensor of an encoder that sees images alone, by a vision transformer's names: the type
  /// vector goes into the bias of the patch embedding.
  runtime::NamedTensors image_tensors() const;

 private:
  at::Tensor embed_images(const JointInput& input) const;
  at::Tensor embed_text(const JointInput& input) const;
  ops::TransformerBlockOptions block_options(at::ScalarType compute,
                                             const at::Tensor& padding) const;

  JointConfig config_;
  VisionTransformer vision_;
  at::Tensor text_positions_;  // float32 [length, width]
};

/// Sin-cos positions 0 … count − 1, float32 [count, width]. docs/methods/m3ae.md §2.
at::Tensor text_positions(std::int64_t width, std::int64_t count, const runtime::Device& device);

}  // namespace dbot::nn
