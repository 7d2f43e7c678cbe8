#include "dbot/methods/encoder_costs.h"
#include "dbot/methods/siamese/convolution_costs.h"
#include "dbot/methods/siamese/siamese_entry.h"
#include "dbot/methods/siamese/siamese_networks.h"

namespace dbot::methods {
namespace {

/// Passes with a graph: the clean view, each mixed one, and a second view that learns, too.
double graph_passes(const SiameseConfig& config) {
  double passes = 1 + (config.unmixes() ? 1 : 0) + (config.masks() ? 1 : 0);
  if (config.symmetric) passes *= 2;
  const bool both_learn =
      config.loss == SiameseLoss::simclr || config.loss == SiameseLoss::barlow_twins;
  return passes + (both_learn ? 1 : 0);
}

}  // namespace

MethodMemory plan_memory(const SiameseConfig& config, const Surroundings& surroundings) {
  const nn::ConvolutionConfig network = convolution_config(config.network);
  const auto batch = static_cast<double>(surroundings.batch_size);
  const auto specs = siamese_tensors(config);
  const double kept = kFloatBytes * batch * kept_numbers(network);
  MethodMemory plan;
  plan.weights = kFloatBytes * parameter_count(specs, false);
  plan.teacher = kFloatBytes * parameter_count(key_parameters(config), false);
  // Without a graph a few layers' tensors are there at once, the first ones being the largest.
  plan.frozen_pass = kept / 2;
  if (!surroundings.trains) return plan;
  const double trained = parameter_count(specs, true);
  plan.gradients = kFloatBytes * trained;
  plan.moments = surroundings.moments * kFloatBytes * trained;
  // The queue of a step is a copy, and its gradient's factor another.
  const bool queue = config.loss == SiameseLoss::moco;
  const double keys = queue ? static_cast<double>(config.queue * config.head_width) : 0;
  const double logits = queue ? batch * static_cast<double>(config.queue) : 0;
  plan.activations = kAllocatorGaps * graph_passes(config) * (kept + 3 * kFloatBytes * logits) +
                     kFloatBytes * 2 * keys;
  if (surroundings.element < kFloatBytes) plan.activations += 2 * trained;
  const auto& [height, width] = network.image_size;
  const double pixels = batch * static_cast<double>(height * width * network.channels);
  // Both views of three batches under way; of one in float32, and its mixtures.
  plan.inputs = pixels * (2 * 3 + kFloatBytes * (1 + graph_passes(config)));
  return plan;
}

}  // namespace dbot::methods
