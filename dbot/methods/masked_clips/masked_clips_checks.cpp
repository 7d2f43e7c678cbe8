// What one key alone cannot show: whether the values of masked clips fit each other.
#include <fmt/format.h>

#include "dbot/methods/check_values.h"
#include "dbot/methods/encoder_keys.h"
#include "dbot/methods/masked_clips/clip_keys.h"
#include "dbot/methods/masked_clips/masked_clips_entry.h"

namespace dbot::methods {
namespace {

void check_clip_mask(const MaskedClipsConfig& config, const nn::ClipConfig& network) {
  const std::int64_t visible = masking::visible_tokens(config.mask, clip_grid(network));
  if (config.mask.ragged_tubes && config.mask.kind != masking::SpaceTimeMaskKind::tube) {
    refuse_recipe("mask.ragged_tubes is true, which mask.kind = \"tube\" alone has");
  }
  if (visible >= 1 && visible < network.tokens()) return;
  refuse_recipe(fmt::format(
      "mask.ratio is {}, which leaves {} of the {} tokens of a clip visible by mask.kind = \"{}\"; "
      "expected at least one visible and one masked token: choose another ratio, more "
      "clips.frames, or a smaller model.patch_size",
      config.mask.ratio, visible, network.tokens(),
      masking::space_time_mask_kinds().at(static_cast<std::size_t>(config.mask.kind))));
}

}  // namespace

nn::ClipConfig clip_network(const MaskedClipsConfig& config) {
  nn::ClipConfig network = config.network;
  // A network that does not fit is refused by `check`, which asks for one, too.
  const std::int64_t steps = network.tubelet > 0 ? network.steps() : 1;
  network.predicted_frames = config.target_frames > 0 ? config.target_frames : steps;
  return network;
}

masking::SpaceTimeGrid clip_grid(const nn::ClipConfig& network) {
  const auto [height, width] = network.encoder.grid();
  return {.time = network.steps(), .height = height, .width = width};
}

void check(const MaskedClipsConfig& config, const Surroundings& /*surroundings*/) {
  check_encoder(config.network.encoder);
  const nn::ClipConfig network = clip_network(config);
  check_clip_network(network);
  check_clip_mask(config, network);
  if (config.which_frames == objectives::TargetFrames::stride &&
      network.frames % network.predicted_frames != 0) {
    refuse_recipe(
        fmt::format("target.frames is {}, which does not divide clips.frames {}, as "
                    "target.which = \"stride\" needs",
                    network.predicted_frames, network.frames));
  }
  check_clip_start(config.start, config.start_path, network);
}

Outline outline(const MaskedClipsConfig& config) {
  const nn::EncoderConfig& encoder = config.network.encoder;
  return {.images = nn::ImageInput{encoder.image_size, encoder.channels},
          .width = encoder.width,
          .size = encoder_size_keys(encoder),
          .clips = ClipInput{.frames = config.network.frames,
                             .stride = config.network.stride,
                             .frames_per_second = config.network.frames_per_second,
                             .size = encoder.image_size,
                             .repeats = config.repeats}};
}

}  // namespace dbot::methods
