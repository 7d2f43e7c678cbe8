#include "dbot/data/augment/mixing.h"
#include "dbot/methods/clip_classification/clip_classification_entry.h"
#include "dbot/methods/encoder_costs.h"
#include "dbot/nn/clip/clip_classifier.h"

namespace dbot::methods {

MethodMemory plan_memory(const ClipClassificationConfig& config, const Surroundings& surroundings) {
  constexpr std::int64_t kUsualClasses = 400;
  const auto number = [](std::int64_t value) { return static_cast<double>(value); };
  const nn::ClipConfig network = clip_network(config);
  const nn::EncoderConfig& encoder = network.encoder;
  const double samples = number(surroundings.batch_size), clips = samples * number(config.repeats);
  const BlockShape block{.tokens = number(network.prefix() + network.tokens()),
                         .width = number(encoder.width),
                         .heads = number(encoder.heads),
                         .mlp_ratio = encoder.mlp_ratio,
                         .element = surroundings.element,
                         .fused = surroundings.fused};
  const double trained = parameter_count(
      nn::clip_classifier_parameters({.clip = network, .classes = kUsualClasses}), true);
  MethodMemory plan;
  plan.weights = kFloatBytes * trained;
  plan.frozen_pass = samples * block_bytes(block);
  if (!surroundings.trains) return plan;
  plan.gradients = kFloatBytes * trained;
  plan.moments = surroundings.moments * kFloatBytes * trained;
  plan.activations =
      kAllocatorGaps * clips * (number(encoder.depth) * block_bytes(block) + passing_bytes(block));
  // In low precision the graph keeps converted copies of the matrices.
  if (surroundings.element < kFloatBytes) plan.activations += 2 * trained;
  // Bytes being loaded (two batches ahead and one in use), and in float32: normalised, mixed with
  // their partners, and as tubelets.
  const double pixels = number(network.frames * encoder.image_size.height *
                               encoder.image_size.width * encoder.channels) *
                        clips;
  plan.inputs = pixels * (3 + kFloatBytes * (data::mixes(config.mixing) ? 3 : 1));
  return plan;
}

}  // namespace dbot::methods
