// The recipe keys of masked clips: their bounds, units and meanings.
#include "dbot/core/settings/ranges.h"
#include "dbot/methods/encoder_keys.h"
#include "dbot/methods/masked_clips/masked_clips_entry.h"

namespace dbot::methods {
namespace {

constexpr double kMostFrames = 1024, kMostRepeats = 1000;

void bind_clip_network(core::Settings& settings, nn::ClipConfig& network) {
  bind_encoder_sizes(settings, network.encoder);
  settings.add("model.tubelet", network.tubelet, core::at_least(1, kMostFrames), "frames",
               "Frames of a token; divides the frames of a clip.");
  settings.add_choice("model.positions", network.positions, {"sincos", "learned", "separable"},
                      "Tables of positions: computed; one that is learned; or one for places and "
                      "one for steps of time, added.");
  settings.add("model.class_token", network.encoder.class_token,
               "A class token in encoder and decoder.");
  settings.add("model.attention_bias", network.attention_bias,
               "Queries, keys and values have a bias.");
  bind_decoder(settings, network.decoder);
}

void bind_clips(core::Settings& settings, MaskedClipsConfig& config) {
  settings.add("clips.frames", config.network.frames, core::at_least(1, kMostFrames), "frames",
               "Frames of a clip.");
  settings.add("clips.stride", config.stride, core::above(0, kMostFrames), "frames",
               "Frames of a video from one frame of the clip to the next.");
  settings.add("clips.target_fps", config.frames_per_second, core::at_least(0, 1000),
               "frames/second",
               "The rate of the videos that stride counts frames of: others have strides of the "
               "same time; 0: each video's own.");
  settings.add("clips.repeats", config.repeats, core::at_least(1, kMostRepeats), "",
               "Clips of each video in a step, each with its own start, crop, flip and mask.");
}

}  // namespace

void bind(core::Settings& settings, MaskedClipsConfig& config) {
  settings.place_behind("");
  bind_clip_network(settings, config.network);
  settings.add_choice("start.init", config.start, {"random", "file", "image"},
                      "The first weights: drawn at random; those of an MAE-ST with its decoder; or "
                      "those of an encoder of images, whose kernel is spread over the frames.");
  settings.add("start.path", config.start_path,
               "The weights file of an MAE-ST, or with init = \"image\" of a vision transformer.");
  bind_clips(settings, config);
  settings.add_choice("mask.kind", config.mask.kind, masking::space_time_mask_kinds(),
                      "What is hidden: each token by itself, the same places in all steps, whole "
                      "steps, blocks of places and steps, or equally many places in each step.");
  settings.add("mask.ratio", config.mask.ratio, core::below(0, 1), "fraction",
               "Share of a clip's tokens hidden from the encoder.");
  settings.add("mask.ragged_tubes", config.mask.ragged_tubes,
               "Tubes leave as many tokens as a random mask, the last one cut short.");
  settings.add("target.frames", config.target_frames, core::at_least(0, kMostFrames), "frames",
               "Frames of a clip that are predicted, a multiple of its steps; 0: one a step.");
  settings.add_choice("target.which", config.which_frames, {"linspace", "stride"},
                      "Which frames: evenly from the first to the last, or the first of each so "
                      "many.");
  settings.add_choice("target.normalisation", config.normalisation, {"none", "patch"},
                      "Pixels as they are, or of each patch on its own mean and deviation.");
}

}  // namespace dbot::methods
