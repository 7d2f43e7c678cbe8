#include <algorithm>

#include "dbot/methods/encoder_costs.h"
#include "dbot/methods/masked_clips/masked_clips_entry.h"
#include "dbot/nn/clip/clip_parameters.h"

namespace dbot::methods {
namespace {

double clip_number(std::int64_t value) {
  return static_cast<double>(value);
}

/// What a clip leaves until its backward pass, and what passes through it.
double clip_activations(const MaskedClipsConfig& config, const nn::ClipConfig& network,
                        const Surroundings& surroundings) {
  const nn::EncoderConfig& encoder = network.encoder;
  const auto block = [&](double tokens, std::int64_t width, std::int64_t heads) {
    return BlockShape{.tokens = tokens,
                      .width = clip_number(width),
                      .heads = clip_number(heads),
                      .mlp_ratio = encoder.mlp_ratio,
                      .element = surroundings.element,
                      .fused = surroundings.fused};
  };
  const double all = clip_number(network.tokens()), prefix = clip_number(network.prefix());
  const double visible = clip_number(masking::visible_tokens(config.mask, clip_grid(network)));
  const BlockShape in_encoder = block(prefix + visible, encoder.width, encoder.heads);
  const BlockShape in_decoder = block(prefix + all, network.decoder.width, network.decoder.heads);
  const double kept = clip_number(encoder.depth) * block_bytes(in_encoder) +
                      clip_number(network.decoder.depth) * block_bytes(in_decoder);
  // Predictions and targets, and the gradients of the former.
  const double loss = 3 * kFloatBytes * (all - visible) * clip_number(network.prediction_width());
  return kept + std::max(passing_bytes(in_encoder), passing_bytes(in_decoder)) + loss;
}

}  // namespace

MethodMemory plan_memory(const MaskedClipsConfig& config, const Surroundings& surroundings) {
  const nn::ClipConfig network = clip_network(config);
  const nn::EncoderConfig& encoder = network.encoder;
  const auto specs = nn::clip_parameters(network);
  const double samples = clip_number(surroundings.batch_size);
  const double clips = samples * clip_number(config.repeats);
  MethodMemory plan;
  plan.weights = kFloatBytes * parameter_count(specs, false);
  const BlockShape dense{.tokens = clip_number(network.prefix() + network.tokens()),
                         .width = clip_number(encoder.width),
                         .heads = clip_number(encoder.heads),
                         .mlp_ratio = encoder.mlp_ratio,
                         .element = surroundings.element,
                         .fused = surroundings.fused};
  plan.frozen_pass = samples * block_bytes(dense);
  if (!surroundings.trains) return plan;
  const double trained = parameter_count(specs, true);
  plan.gradients = kFloatBytes * trained;
  plan.moments = surroundings.moments * kFloatBytes * trained;
  plan.activations = kAllocatorGaps * clips * clip_activations(config, network, surroundings);
  // In low precision the graph keeps converted copies of the matrices.
  if (surroundings.element < kFloatBytes) plan.activations += 2 * trained;
  // Bytes being loaded (two batches ahead and one in use), those of the predicted frames, and both
  // kinds of tubelets as float32.
  const double frame =
      clip_number(encoder.image_size.height * encoder.image_size.width * encoder.channels);
  const double share = 1 - config.mask.ratio;
  plan.inputs = clips * frame *
                (clip_number(network.frames) * (3 + kFloatBytes * share) +
                 clip_number(network.predicted_frames) * (1 + kFloatBytes));
  return plan;
}

}  // namespace dbot::methods
