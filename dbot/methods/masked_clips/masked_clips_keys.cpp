// The recipe keys of masked clips: their bounds, units and meanings.
#include "dbot/core/settings/ranges.h"
#include "dbot/methods/encoder_keys.h"
#include "dbot/methods/masked_clips/clip_keys.h"
#include "dbot/methods/masked_clips/masked_clips_entry.h"

namespace dbot::methods {

void bind(core::Settings& settings, MaskedClipsConfig& config) {
  settings.place_behind("");
  bind_clip_network(settings, config.network);
  bind_decoder(settings, config.network.decoder);
  bind_clip_start(settings, config.start, config.start_path);
  bind_clip_frames(settings, config.network, config.repeats);
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
