#include "dbot/methods/mixture_separation/separation_network.h"

#include <utility>

namespace dbot::methods {

std::vector<std::string> separation_names(std::int64_t layers) {
  if (layers == 1) return {"decoder_embed"};
  return {"decoder_embed1", "decoder_embed2"};
}

nn::MaskedAutoencoderConfig separation_network(const nn::EncoderConfig& encoder,
                                               const nn::DecoderConfig& decoder,
                                               std::vector<std::string> layer_names) {
  return {.encoder = encoder,
          .decoder = decoder,
          .prediction_width = encoder.channels * encoder.patch_size * encoder.patch_size,
          .predictor_name = "decoder_pred",
          .embedding_names = std::move(layer_names)};
}

}  // namespace dbot::methods
