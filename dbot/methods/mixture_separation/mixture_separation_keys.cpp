// The recipe keys of mixture separation: their bounds, units and meanings.
#include "dbot/core/settings/ranges.h"
#include "dbot/methods/encoder_keys.h"
#include "dbot/methods/mixture_separation/mixture_separation_entry.h"

namespace dbot::methods {

void bind(core::Settings& settings, MixtureSeparationConfig& config) {
  using core::at_least;
  settings.place_behind("");
  bind_encoder(settings, config.encoder);
  bind_gelu(settings, config.encoder);
  bind_decoder(settings, config.decoder);
  settings.add_choice("start.init", config.start, {"random", "file"},
                      "The first weights: drawn at random, or those of an MAE with its decoder.");
  settings.add("start.path", config.start_path,
               "A run, a checkpoint or a file of an MAE with its decoder, with init = \"file\" "
               "alone.");
  settings.add("teacher.path", config.teacher_path,
               "The MAE with its decoder that teaches; empty: that of start.path.");
  settings.add("separation.layers", config.layers, at_least(1, 2), "",
               "Linear layers that take the images out of the mixture: 2 for both, 1 for the "
               "subordinate image alone.");
  settings.add("mixture.intra_rate", config.intra_rate, at_least(0, 1), "fraction",
               "Partners of an image's own class; the others are of another class. Without labels "
               "partners are of all images.");
  settings.add_choice("mixture.lam_scope", config.lam_scope, {"batch", "per_sample"},
                      "The mixing weight is drawn for a whole batch, or for each pair.");
  settings.add("mask.ratio", config.mask_ratio, core::below(0, 1), "fraction",
               "Share of the mixture's patches hidden from the student.");
  settings.add_choice("objective.normalisation", config.normalisation, {"none", "token", "patch"},
                      "Standardise the pixels that are predicted, per patch, or not.");
  settings.add("objective.distillation", config.distillation, at_least(0, 1e6), "",
               "Weight of the distance between the separated latents and the teacher's; 0: no "
               "teacher.");
  settings.add_choice("objective.distill_target", config.distill_target, {"clean", "mixture"},
                      "What the teacher is shown: the clean images, or the mixture twice, as the "
                      "published program does by mistake.");
}

}  // namespace dbot::methods
