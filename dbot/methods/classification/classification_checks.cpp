// What one key alone cannot show: whether the values of classification fit each other.
#include <fmt/format.h>

#include "dbot/methods/check_values.h"
#include "dbot/methods/classification/classification_entry.h"
#include "dbot/methods/encoder_keys.h"

namespace dbot::methods {
namespace {

void check_start(const ClassificationConfig& config) {
  if (config.start == StartKind::file && config.start_path.empty()) {
    refuse_recipe(
        "start.init is \"file\" and start.path is empty; name the weights in start.path, or choose "
        "start.init = \"random\"");
  }
  if (config.start == StartKind::random && !config.start_path.empty()) {
    refuse_recipe(
        fmt::format("start.path is \"{}\", but start.init is \"random\"; set start.init = \"file\" "
                    "or remove the path",
                    config.start_path));
  }
}

}  // namespace

void check(const ClassificationConfig& config, const Surroundings& /*surroundings*/) {
  check_encoder(config.encoder);
  check_start(config);
  check_label_learning(config);
  check_float32("model.layer_norm_eps", config.encoder.layer_norm_eps);
}

Outline outline(const ClassificationConfig& config) {
  return {.images = nn::ImageInput{config.encoder.image_size, config.encoder.channels},
          .width = config.encoder.width,
          .size = encoder_size_keys(config.encoder),
          .patches = config.encoder.grid(),
          .labels = config.labels,
          .held_out_labels = config.held_out};
}

}  // namespace dbot::methods
