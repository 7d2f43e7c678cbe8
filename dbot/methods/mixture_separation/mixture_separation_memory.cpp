#include <algorithm>

#include "dbot/masking/random_mask.h"
#include "dbot/methods/encoder_costs.h"
#include "dbot/methods/mixture_separation/mixture_separation_entry.h"
#include "dbot/methods/mixture_separation/separation_network.h"

namespace dbot::methods {

MethodMemory plan_memory(const MixtureSeparationConfig& config, const Surroundings& surroundings) {
  const auto number = [](std::int64_t value) { return static_cast<double>(value); };
  const nn::EncoderConfig& encoder = config.encoder;
  const nn::MaskedAutoencoderConfig shape =
      separation_network(encoder, config.decoder, separation_names(config.layers));
  const auto specs = nn::masked_autoencoder_parameters(shape);
  const double batch = number(surroundings.batch_size), tokens = number(encoder.patches() + 1);
  const double visible = number(masking::kept_patches(encoder.patches(), config.mask_ratio) + 1);
  const double layers = number(config.layers);
  const auto block = [&](double count, std::int64_t width, std::int64_t heads) {
    return BlockShape{.tokens = count,
                      .width = number(width),
                      .heads = number(heads),
                      .mlp_ratio = encoder.mlp_ratio,
                      .element = surroundings.element,
                      .fused = surroundings.fused};
  };
  MethodMemory plan;
  plan.weights = kFloatBytes * parameter_count(specs, false);
  if (config.distils()) {
    plan.teacher = kFloatBytes * (parameter_count(nn::encoder_parameters(encoder), false) +
                                  number((encoder.width + 1) * config.decoder.width));
  }
  plan.frozen_pass = batch * block_bytes(block(tokens, encoder.width, encoder.heads));
  if (!surroundings.trains) return plan;
  const double trained = parameter_count(specs, true);
  plan.gradients = kFloatBytes * trained;
  plan.moments = surroundings.moments * kFloatBytes * trained;
  const BlockShape in_encoder = block(visible, encoder.width, encoder.heads);
  const BlockShape in_decoder = block(tokens, config.decoder.width, config.decoder.heads);
  const double kept = number(encoder.depth) * block_bytes(in_encoder) +
                      layers * number(config.decoder.depth) * block_bytes(in_decoder);
  const double passing = std::max(passing_bytes(in_encoder), passing_bytes(in_decoder));
  // Predictions and targets, their element-wise losses and the gradients of these.
  const double loss = layers * 4 * kFloatBytes * tokens * number(shape.prediction_width);
  plan.activations = kAllocatorGaps * batch * (kept + passing + loss);
  // In low precision the graph keeps converted copies of the matrices.
  if (surroundings.element < kFloatBytes) plan.activations += 2 * trained;
  // Of pixels and partners being loaded (two batches ahead and one in use), and in float32: both
  // images, their mixture, and its patches.
  const double pixels =
      number(encoder.image_size.height * encoder.image_size.width * encoder.channels) * batch;
  plan.inputs = pixels * (2 * 3 + kFloatBytes * (5 + visible / tokens));
  return plan;
}

}  // namespace dbot::methods
