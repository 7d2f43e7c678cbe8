#include <algorithm>

#include "dbot/data/augment/mixing.h"
#include "dbot/methods/classification/classification_entry.h"
#include "dbot/methods/encoder_costs.h"

namespace dbot::methods {

MethodMemory plan_memory(const ClassificationConfig& config, const Surroundings& surroundings) {
  constexpr std::int64_t kUsualClasses = 1000;
  const auto number = [](std::int64_t value) { return static_cast<double>(value); };
  const nn::EncoderConfig& encoder = config.encoder;
  const double batch = number(surroundings.batch_size);
  const BlockShape block{.tokens = number(encoder.patches() + 1),
                         .width = number(encoder.width),
                         .heads = number(encoder.heads),
                         .mlp_ratio = encoder.mlp_ratio,
                         .element = surroundings.element,
                         .fused = surroundings.fused};
  const double trained = parameter_count(
      nn::classifier_parameters({.encoder = encoder, .classes = kUsualClasses}), true);
  MethodMemory plan;
  plan.weights = kFloatBytes * trained;
  plan.frozen_pass = batch * block_bytes(block);
  if (!surroundings.trains) return plan;
  plan.gradients = kFloatBytes * trained;
  plan.moments = surroundings.moments * kFloatBytes * trained;
  plan.activations =
      kAllocatorGaps * batch * (number(encoder.depth) * block_bytes(block) + passing_bytes(block));
  // In low precision the graph keeps converted copies of the matrices.
  if (surroundings.element < kFloatBytes) plan.activations += 2 * trained;
  // Of pixels being loaded (two batches ahead and one in use), and in float32: normalised, mixed
  // with their partners, and as patches.
  const double pixels =
      number(encoder.image_size.height * encoder.image_size.width * encoder.channels) * batch;
  plan.inputs = pixels * (3 + kFloatBytes * (data::mixes(config.mixing) ? 3 : 2));
  return plan;
}

}  // namespace dbot::methods
