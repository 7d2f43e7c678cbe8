#include "dbot/methods/encoder_costs.h"
#include "dbot/methods/supermask_tasks/supermask_entry.h"
#include "dbot/methods/supermask_tasks/supermask_tasks.h"

namespace dbot::methods {

std::unique_ptr<Method> make(const SupermaskConfig& config, const MakeContext& context) {
  return std::make_unique<SupermaskTasks>(placed(config, context));
}

std::unique_ptr<Method> make_stored(const SupermaskConfig& config, const MakeContext& context) {
  return SupermaskTasks::to_be_loaded(placed(config, context));
}

nn::MaskedNetworkConfig masked_network(const TaskNetworkChoice& model, std::int64_t outputs,
                                       std::int64_t features) {
  nn::MaskedNetworkConfig network{.outputs = outputs};
  if (model.is_text()) {
    network.kind = nn::MaskedNetworkKind::text;
    network.length = model.text.length;
    network.embedding = model.text.width;
    network.filters = model.text.filters;
    network.kernels = model.text.kernels;
    return network;
  }
  if (!model.is_dense()) {
    network.kind = nn::MaskedNetworkKind::planes;
    network.convolution = convolution_config(convolution_of(model));
    return network;
  }
  const auto& [height, width] = model.convolution.image_size;
  network.inputs = model.kind == TaskNetworkKind::features
                       ? features
                       : height * width * model.convolution.channels;
  network.hidden = model.hidden;
  return network;
}

/// The head counts as one of ten classes and features as 768 wide, since data and file say what
/// they are.
MethodMemory plan_memory(const SupermaskConfig& config, const Surroundings& surroundings) {
  constexpr std::int64_t kUsualClasses = 10, kUsualFeatures = 768;
  const nn::MaskedNetworkConfig network =
      masked_network(config.network, kUsualClasses, kUsualFeatures);
  double elements = 0, kept = 0;
  for (const nn::MaskedLayer& layer : nn::masked_layers(network)) {
    elements += static_cast<double>(layer.elements());
    // Its result, which the BatchNorm keeps, and what the ReLU behind makes of it.
    kept += 2 * layer.places * static_cast<double>(layer.shape.front());
  }
  const auto batch = static_cast<double>(surroundings.batch_size);
  const auto& [height, width] = config.network.convolution.image_size;
  // Of texts the vectors of their words, which are made of a fraction of the numbers.
  const nn::TextNetworkConfig& text = config.network.text;
  const double pixels =
      batch * static_cast<double>(config.network.is_text()
                                      ? text.length * text.width
                                      : height * width * config.network.convolution.channels);
  MethodMemory plan;
  // Weights, scores, what a task uses of them, and masks of single bytes.
  plan.weights = 3.5 * kFloatBytes * elements;
  // A bit and half a number for each weight of a finished task.
  const double left = 1.0 / 8 + (config.keep_scores && config.learns_masks() ? 2 : 0);
  plan.teacher = static_cast<double>(config.split.count) * left * elements;
  plan.frozen_pass = kFloatBytes * batch * kept / 2;
  if (!surroundings.trains) return plan;
  plan.gradients = 2 * kFloatBytes * elements;
  plan.moments = surroundings.moments * kFloatBytes * elements;
  plan.activations = kAllocatorGaps * kFloatBytes * batch * kept;
  plan.inputs = pixels * (3 + 2 * kFloatBytes);
  return plan;
}

}  // namespace dbot::methods
