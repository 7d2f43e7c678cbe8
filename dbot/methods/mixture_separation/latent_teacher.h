#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "dbot/exchange/encoder_description.h"
#include "dbot/nn/vit/vision_transformer.h"
#include "dbot/runtime/named_tensors.h"

namespace dbot::methods {

/// A frozen MAE up to the first matrix of its decoder: what the separated latents are compared
/// with. docs/methods/imae.md §3.
class LatentTeacher {
 public:
  /// tensors: of the encoder and decoder_embed.*; others are ignored. `description` says what the
  /// encoder is, and how the pixels were normalised that it was trained on; empty: as the
  /// student's. Throws Error naming a tensor that is missing, does not fit or is not finite.
  LatentTeacher(exchange::EncoderDescription description, const runtime::NamedTensors& tensors,
                const runtime::Device& device);

  /// decoder_embed(encoder(images)) of the patches `ids_keep`, cls first, without a graph:
  /// [batch, 1 + kept, decoder width] of type `compute`. images: float32, normalised by `mean` and
  /// `std`; of an empty normalisation nothing is known and the images are taken as they are.
  at::Tensor latents(const at::Tensor& images, const at::Tensor& ids_keep, at::ScalarType compute,
                     const std::vector<double>& mean, const std::vector<double>& std) const;

  const exchange::EncoderDescription& description() const { return description_; }
  const nn::ParameterStore& parameters() const { return *encoder_->parameters(); }

 private:
  exchange::EncoderDescription description_;
  std::unique_ptr<nn::VisionTransformer> encoder_;
};

}  // namespace dbot::methods
