// What one key alone cannot show: whether the values of mixture separation fit each other.
#include <fmt/format.h>

#include "dbot/masking/random_mask.h"
#include "dbot/methods/check_values.h"
#include "dbot/methods/encoder_keys.h"
#include "dbot/methods/mixture_separation/mixture_separation_entry.h"

namespace dbot::methods {
namespace {

void check_files(const MixtureSeparationConfig& config) {
  const bool file = config.start == StartKind::file;
  if (file && config.start_path.empty()) {
    refuse_recipe(
        "start.init is \"file\" and start.path is empty; name an MAE with its decoder in "
        "start.path, or choose start.init = \"random\"");
  }
  if (!file && !config.start_path.empty()) {
    refuse_recipe(
        fmt::format("start.path is \"{}\", but start.init is \"random\"; set start.init = \"file\" "
                    "or remove the path",
                    config.start_path));
  }
  if (config.distils() && !file && config.teacher_path.empty()) {
    refuse_recipe(
        "objective.distillation needs a teacher, but start.init is \"random\" and teacher.path is "
        "empty; name an MAE with its decoder in teacher.path, or set objective.distillation = 0");
  }
  if (!config.distils() && !config.teacher_path.empty()) {
    refuse_recipe(
        fmt::format("teacher.path is \"{}\", but objective.distillation is 0, which has no "
                    "teacher; give it a weight or remove the path",
                    config.teacher_path));
  }
}

void check_network_kind(const MixtureSeparationConfig& config) {
  if (config.encoder.relative_positions != nn::RelativePositions::none) {
    refuse_recipe(
        "model.relative_positions needs all patches at their places, but the encoder sees visible "
        "ones alone; set model.relative_positions = \"none\"");
  }
  if (config.normalisation == objectives::Normalisation::token) {
    refuse_recipe(
        "objective.normalisation is \"token\", which standardises features, but pixels are "
        "predicted; choose \"patch\" or \"none\"");
  }
}

}  // namespace

void check(const MixtureSeparationConfig& config, const Surroundings& /*surroundings*/) {
  check_encoder(config.encoder);
  nn::check(config.decoder);
  check_network_kind(config);
  const std::int64_t patches = config.encoder.patches();
  check_mask_ratio(config.mask_ratio, masking::kept_patches(patches, config.mask_ratio), patches);
  check_files(config);
  check_float32("model.layer_norm_eps", config.encoder.layer_norm_eps);
}

Outline outline(const MixtureSeparationConfig& config) {
  return {.images = nn::ImageInput{config.encoder.image_size, config.encoder.channels},
          .width = config.encoder.width,
          .size = encoder_size_keys(config.encoder),
          .patches = config.encoder.grid(),
          .partners = config.intra_rate};
}

}  // namespace dbot::methods
