#include "dbot/methods/masked_clips/clip_costs.h"

#include "dbot/methods/encoder_costs.h"

namespace dbot::methods {

double clip_multiply_adds(const nn::ClipConfig& network, const ClipTokens& tokens) {
  const auto number = [](std::int64_t value) { return static_cast<double>(value); };
  const nn::EncoderConfig& encoder = network.encoder;
  const double width = number(encoder.width), inner = number(network.decoder.width);
  const double prefix = number(network.prefix());
  const double forward =
      tokens.embedded * number(network.token_values()) * width +
      block_multiply_adds(prefix + tokens.visible, width, number(encoder.depth), encoder.mlp_ratio);
  if (tokens.predicted == 0) return forward;
  return forward + tokens.visible * width * inner +
         block_multiply_adds(prefix + number(network.tokens()), inner,
                             number(network.decoder.depth), encoder.mlp_ratio) +
         tokens.predicted * inner * number(network.prediction_width());
}

}  // namespace dbot::methods
