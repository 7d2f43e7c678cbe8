// What one key alone cannot show: whether the values of classified clips fit each other.
#include "dbot/methods/check_values.h"
#include "dbot/methods/clip_classification/clip_classification_entry.h"
#include "dbot/methods/encoder_keys.h"

namespace dbot::methods {

nn::ClipConfig clip_network(const ClipClassificationConfig& config) {
  nn::ClipConfig network = config.network;
  // A network that does not fit is refused by `check`, which asks for one, too.
  network.predicted_frames = network.tubelet > 0 ? network.steps() : 1;
  return network;
}

void check(const ClipClassificationConfig& config, const Surroundings& /*surroundings*/) {
  check_encoder(config.network.encoder);
  const nn::ClipConfig network = clip_network(config);
  check_clip_network(network);
  check_clip_start(config.start, config.start_path, network);
  check_label_learning(config);
  if (config.side_views == 2) {
    refuse_recipe("views.side is 2, expected 1, the middle of a frame, or 3, both ends too");
  }
}

Outline outline(const ClipClassificationConfig& config) {
  const nn::EncoderConfig& encoder = config.network.encoder;
  return {.images = nn::ImageInput{encoder.image_size, encoder.channels},
          .width = encoder.width,
          .size = encoder_size_keys(encoder),
          .labels = config.labels,
          .held_out_labels = config.held_out,
          .clips = ClipInput{.frames = config.network.frames,
                             .stride = config.network.stride,
                             .frames_per_second = config.network.frames_per_second,
                             .size = encoder.image_size,
                             .repeats = config.repeats,
                             .time_views = config.time_views,
                             .side_views = config.side_views}};
}

}  // namespace dbot::methods
