#include "dbot/methods/classification/label_memory.h"
#include "dbot/methods/clip_classification/clip_classification_entry.h"
#include "dbot/methods/encoder_costs.h"
#include "dbot/nn/clip/clip_classifier.h"

namespace dbot::methods {

MethodMemory plan_memory(const ClipClassificationConfig& config, const Surroundings& surroundings) {
  constexpr std::int64_t kUsualClasses = 400;
  const nn::ClipConfig network = clip_network(config);
  const nn::EncoderConfig& encoder = network.encoder;
  const auto [height, width] = encoder.image_size;
  return plan_label_memory(
      {.encoder = encoder,
       .tokens = network.prefix() + network.tokens(),
       .trained = parameter_count(
           nn::clip_classifier_parameters({.clip = network, .classes = kUsualClasses}), true),
       .pixels = network.frames * height * width * encoder.channels,
       .repeats = config.repeats},
      config, surroundings);
}

}  // namespace dbot::methods
