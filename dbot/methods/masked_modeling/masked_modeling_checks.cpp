// What one key alone cannot show: whether the values of masked modelling fit each other.
#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "dbot/masking/block_mask.h"
#include "dbot/methods/check_values.h"
#include "dbot/methods/encoder_keys.h"
#include "dbot/methods/masked_modeling/masked_modeling_entry.h"

namespace dbot::methods {
namespace {

void check_networks(const MaskedModelingConfig& config) {
  check_encoder(config.encoder);
  nn::check(config.decoder);
}

bool is_symmetric(const MaskedModelingConfig& config) {
  return config.student == StudentKind::symmetric;
}

/// Blocks hide different numbers of patches, and tokens that are left out have no neighbours.
void check_student(const MaskedModelingConfig& config) {
  if (is_symmetric(config)) return;
  if (config.mask.kind == masking::MaskKind::block) {
    refuse_recipe(
        "mask.kind is \"block\", which hides a different number of patches in each image, but "
        "student.kind is \"asymmetric\", which needs the same; set student.kind = \"symmetric\" or "
        "mask.kind = \"random\"");
  }
  if (config.encoder.relative_positions != nn::RelativePositions::none) {
    refuse_recipe(
        "model.relative_positions needs all patches at their places, but student.kind is "
        "\"asymmetric\", whose encoder sees visible ones alone; set student.kind = \"symmetric\" "
        "or "
        "model.relative_positions = \"none\"");
  }
}

void check_mask(const MaskedModelingConfig& config) {
  const std::int64_t patches = config.encoder.patches();
  if (config.mask.kind == masking::MaskKind::block) {
    const auto blocks = masking::block_config(config.mask, patches);
    if (blocks.masked < 1 || blocks.smallest > blocks.masked) {
      refuse_recipe(fmt::format(
          "mask.smallest_block is {} patches, but mask.ratio {} of {} patches are {}; expected at "
          "least one block: choose a smaller block, a larger ratio or a smaller patch",
          blocks.smallest, config.mask.ratio, patches, blocks.masked));
    }
  }
  check_mask_ratio(config.mask.ratio, patches);
}

void check_teacher(const MaskedModelingConfig& config) {
  using objectives::TargetKind;
  using objectives::TeacherInit;
  const auto& teacher = config.teacher;
  const bool file = teacher.init == TeacherInit::file;
  if (file && teacher.path.empty()) {
    refuse_recipe(
        "teacher.init is \"file\" and teacher.path is empty; name the weights in teacher.path, or "
        "choose teacher.init = \"random\"");
  }
  if (!file && !teacher.path.empty()) {
    refuse_recipe(
        fmt::format("teacher.path is \"{}\", but teacher.init is \"random\"; set teacher.init = "
                    "\"file\" or remove the path",
                    teacher.path));
  }
  if (file && config.objective.target == TargetKind::pixels) {
    refuse_recipe(
        "teacher.init is \"file\", but objective.target is \"pixels\", which has no teacher; set "
        "objective.target = \"teacher\" or remove the teacher");
  }
}

void check_objective(const MaskedModelingConfig& config) {
  using objectives::Normalisation;
  using objectives::TargetKind;
  const auto& objective = config.objective;
  if (objective.target == TargetKind::teacher && objective.normalisation == Normalisation::patch) {
    refuse_recipe(
        "objective.normalisation is \"patch\", which standardises pixels, but objective.target is "
        "\"teacher\"; choose \"token\" or \"none\"");
  }
  if (objective.target == TargetKind::pixels && objective.normalisation == Normalisation::token) {
    refuse_recipe(
        "objective.normalisation is \"token\", which standardises features, but objective.target "
        "is \"pixels\"; choose \"patch\" or \"none\"");
  }
}

void check_stages(const MaskedModelingConfig& config, const Surroundings& surroundings) {
  check_stage_list("stages.student_depth", config.student_depth, surroundings.stages);
  const auto& depths = config.student_depth;
  const bool one_depth =
      std::adjacent_find(depths.begin(), depths.end(), std::not_equal_to<>()) == depths.end();
  const bool one_width = config.teacher.width == 0 || config.teacher.width == config.encoder.width;
  if (surroundings.keep_optimizer && surroundings.stages > 1 && !(one_depth && one_width)) {
    refuse_recipe(
        "stages.keep_optimizer is true, but the students of the stages differ in size "
        "(stages.student_depth, or a teacher.width that only the first stage predicts); set it to "
        "false");
  }
}

}  // namespace

void check(const MaskedModelingConfig& config, const Surroundings& surroundings) {
  check_networks(config);
  check_student(config);
  check_mask(config);
  check_teacher(config);
  check_objective(config);
  check_stages(config, surroundings);
  check_normalisation("teacher", config.teacher.mean, config.teacher.std, config.encoder.channels,
                      "neither to take the file's");
  check_float32("model.layer_norm_eps", config.encoder.layer_norm_eps);
  check_float32("objective.beta", config.loss.beta);
}

Outline outline(const MaskedModelingConfig& config) {
  return {.images = nn::ImageInput{config.encoder.image_size, config.encoder.channels},
          .width = config.encoder.width,
          .size = encoder_size_keys(config.encoder),
          .patches = config.encoder.grid()};
}

}  // namespace dbot::methods
