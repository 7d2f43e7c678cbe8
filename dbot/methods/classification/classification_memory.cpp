#include "dbot/methods/classification/classification_entry.h"
#include "dbot/methods/classification/label_memory.h"
#include "dbot/methods/encoder_costs.h"

namespace dbot::methods {

MethodMemory plan_memory(const ClassificationConfig& config, const Surroundings& surroundings) {
  constexpr std::int64_t kUsualClasses = 1000;
  const nn::EncoderConfig& encoder = config.encoder;
  return plan_label_memory(
      {.encoder = encoder,
       .tokens = encoder.patches() + 1,
       .trained = parameter_count(
           nn::classifier_parameters({.encoder = encoder, .classes = kUsualClasses}), true),
       .pixels = encoder.image_size.height * encoder.image_size.width * encoder.channels,
       .unmixed_copies = 2},
      config, surroundings);
}

}  // namespace dbot::methods
