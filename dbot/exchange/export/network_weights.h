#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "dbot/exchange/encoder_description.h"
#include "dbot/exchange/import/encoder_file.h"
#include "dbot/nn/vit/config.h"
#include "dbot/runtime/named_tensors.h"

namespace dbot::exchange {

/// What the tensors of an MAE or dBOT decoder, or of the symmetric variant's head, do not say by
/// themselves.
struct DecoderDescription {
  nn::DecoderConfig config;    // of no meaning for a head
  std::string predictor_name;  // "decoder_pred": pixels; a teacher's features: "decoder_predp", or
                               // "lm_head" of the symmetric variant
  double mask_ratio = 0.75;    // it was trained with
  bool normalised_pixels = false;  // it predicts pixels standardised per patch
  std::int64_t embeddings = 1;     // 2: decoder_embed1 and decoder_embed2 of two images (i-MAE)
};

/// A network to hand out: an encoder, and perhaps its decoder, or a head (description.head).
/// Official names; a classifier of the mean patch has `fc_norm` and no `norm`.
struct NetworkWeights {
  EncoderDescription description;
  runtime::NamedTensors parameters;
  std::optional<DecoderDescription> decoder;
};

/// What was read, with its head where it is a classifier.
NetworkWeights network_of(LoadedEncoder loaded);

/// The encoder alone, and the names it has; `fc_norm` stands in for a missing `norm`. Throws Error
/// naming one that is missing.
LoadedEncoder encoder_of(const NetworkWeights& network);

/// The same with its head, where it has one.
LoadedEncoder classifier_of(const NetworkWeights& network);

/// The same network for images of another size: its position tables resized. Throws UsageError if
/// the patch size does not divide it.
NetworkWeights resized(NetworkWeights network, core::Size image_size);

}  // namespace dbot::exchange
