#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "dbot/nn/vit/config.h"
#include "dbot/nn/vit/vision_transformer.h"

namespace dbot::nn {

struct MaskedAutoencoderConfig {
  EncoderConfig encoder;
  DecoderConfig decoder;
  std::int64_t prediction_width = 768;  // p²·channels for pixels, the teacher's width for features
  /// Official name of the predictor: MAE calls it "decoder_pred", dBOT "decoder_predp".
  std::string predictor_name = "decoder_predp";
  /// Official names of the matrices that lead from the encoder into the decoder: one, or one for
  /// each image of a mixture (docs/methods/imae.md §2).
  std::vector<std::string> embedding_names = {"decoder_embed"};
};

/// Encoder parameters, then the embeddings, mask_token, decoder_pos_embed, decoder_blocks.N,
/// decoder_norm and the predictor, in the official order (mask_token and decoder_pos_embed stand
/// with cls_token and pos_embed at the front).
std::vector<ParameterSpec> masked_autoencoder_parameters(const MaskedAutoencoderConfig& config);

/// The asymmetric student of MAE and dBOT. docs/methods/mae.md §1, docs/methods/dbot.md §4.
class MaskedAutoencoder {
 public:
  MaskedAutoencoder(const MaskedAutoencoderConfig& config,
                    std::shared_ptr<ParameterStore> parameters);

  const MaskedAutoencoderConfig& config() const { return config_; }
  VisionTransformer& encoder() { return encoder_; }
  const VisionTransformer& encoder() const { return encoder_; }
  const std::shared_ptr<ParameterStore>& parameters() const { return encoder_.parameters(); }

  /// Encoder output after the final norm, [batch, 1 + kept, width], kept patches in `ids_keep`'s
  /// order.
  at::Tensor encode(const ops::Images& images, const at::Tensor& ids_keep, at::ScalarType compute,
                    const DropPath& drop_path = {}) const;
  /// Predictions of all tokens, cls first, [batch, 1 + patches, prediction_width], patches in image
  /// order. ids_restore: int64 [batch, patches], position of each patch in the shuffled order.
  /// rows: int64 [batch, wanted], the tokens to predict; undefined: all.
  at::Tensor decode(const at::Tensor& latent, const at::Tensor& ids_restore, at::ScalarType compute,
                    const DropPath& drop_path = {}, const at::Tensor& rows = {}) const;

  /// `decode` in two halves. The first: what embedding number `which` makes of the encoder's
  /// tokens, [batch, 1 + kept, decoder width], of type `compute`. The second begins with an
  /// embedding that is already made.
  at::Tensor embed_latent(const at::Tensor& latent, at::ScalarType compute,
                          std::size_t which = 0) const;
  at::Tensor decode_embedded(const at::Tensor& embedded, const at::Tensor& ids_restore,
                             at::ScalarType compute, const DropPath& drop_path = {},
                             const at::Tensor& rows = {}) const;

  /// The parts of `decode`: tokens before the first block, [batch, 1 + patches, decoder width] in
  /// image order, positions added; the blocks; norm and predictor.
  at::Tensor decoder_tokens(const at::Tensor& latent, const at::Tensor& ids_restore,
                            at::ScalarType compute) const;
  const std::vector<ops::TransformerBlockWeights>& decoder_blocks() const {
    return decoder_blocks_;
  }
  ops::TransformerBlockOptions decoder_options(at::ScalarType compute) const;
  at::Tensor predict(const at::Tensor& tokens, at::ScalarType compute) const;

 private:
  /// Embedded tokens at their places, mask tokens at all others, and positions.
  at::Tensor place_tokens(const at::Tensor& embedded, const at::Tensor& ids_restore) const;

  MaskedAutoencoderConfig config_;
  VisionTransformer encoder_;
  std::vector<ops::TransformerBlockWeights> decoder_blocks_;
};

}  // namespace dbot::nn
