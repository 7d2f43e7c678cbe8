#include "dbot/methods/classification/label_memory.h"

#include "dbot/methods/encoder_costs.h"

namespace dbot::methods {

MethodMemory plan_label_memory(const ClassifierSize& size, const LabelLearning& learning,
                               const Surroundings& surroundings) {
  const auto number = [](std::int64_t value) { return static_cast<double>(value); };
  const nn::EncoderConfig& encoder = size.encoder;
  const double samples = number(surroundings.batch_size);
  const double inputs = samples * number(size.repeats);
  const BlockShape block{.tokens = number(size.tokens),
                         .width = number(encoder.width),
                         .heads = number(encoder.heads),
                         .mlp_ratio = encoder.mlp_ratio,
                         .element = surroundings.element,
                         .fused = surroundings.fused};
  MethodMemory plan;
  plan.weights = kFloatBytes * size.trained;
  plan.frozen_pass = samples * block_bytes(block);
  if (!surroundings.trains) return plan;
  plan.gradients = kFloatBytes * size.trained;
  plan.moments = surroundings.moments * kFloatBytes * size.trained;
  plan.activations =
      kAllocatorGaps * inputs * (number(encoder.depth) * block_bytes(block) + passing_bytes(block));
  // In low precision the graph keeps converted copies of the matrices.
  if (surroundings.element < kFloatBytes) plan.activations += 2 * size.trained;
  // Of pixels being loaded (two batches ahead and one in use), and in float32; mixed ones are
  // normalised, mixed with their partners, and patches.
  const double copies = data::mixes(learning.mixing) ? 3 : size.unmixed_copies;
  plan.inputs = number(size.pixels) * inputs * (3 + kFloatBytes * copies);
  return plan;
}

}  // namespace dbot::methods
