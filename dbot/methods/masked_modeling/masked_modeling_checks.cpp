// What one key alone cannot show: whether the values of masked modelling fit each other.
#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "dbot/masking/block_mask.h"
#include "dbot/methods/check_values.h"
#include "dbot/methods/encoder_keys.h"
#include "dbot/methods/masked_modeling/masked_modeling_entry.h"
#include "dbot/methods/masked_modeling/stage_objective.h"

namespace dbot::methods {
namespace {

void check_networks(const MaskedModelingConfig& config) {
  check_encoder(config.encoder);
  nn::check(config.decoder);
}

bool is_symmetric(const MaskedModelingConfig& config) {
  return config.student == StudentKind::symmetric;
}

void check_learned_positions(const MaskedModelingConfig& config) {
  if (!config.learned_positions) return;
  if (!is_symmetric(config)) {
    refuse_recipe(
        "student.learned_positions is true, but student.kind is \"asymmetric\", whose tables are "
        "fixed; set student.kind = \"symmetric\" or leave the key out");
  }
  if (!config.encoder.position_table && config.head == HeadKind::linear) {
    refuse_recipe(
        "student.learned_positions is true, but there is no position table; set "
        "model.position_table = true or leave the key out");
  }
}

/// Blocks hide different numbers of patches, and tokens that are left out have no neighbours.
void check_student(const MaskedModelingConfig& config) {
  check_learned_positions(config);
  if (is_symmetric(config)) return;
  if (!config.mask.exact()) {
    refuse_recipe(
        "mask.kind is \"block\", which hides a different number of patches in each image, but "
        "student.kind is \"asymmetric\", which needs the same; set student.kind = \"symmetric\", "
        "mask.kind = \"random\" or mask.count = -1");
  }
  if (config.encoder.relative_positions != nn::RelativePositions::none) {
    refuse_recipe(
        "model.relative_positions needs all patches at their places, but student.kind is "
        "\"asymmetric\", whose encoder sees visible ones alone; set student.kind = \"symmetric\" "
        "or "
        "model.relative_positions = \"none\"");
  }
}

void check_blocks(const masking::MaskConfig& mask, std::int64_t patches) {
  const auto blocks = masking::block_config(mask, patches);
  if (blocks.masked < 1 || blocks.smallest > blocks.masked) {
    const std::string hidden = mask.count > 0 ? fmt::format("mask.count is {}", mask.count)
                                              : fmt::format("mask.ratio {} of {} patches are {}",
                                                            mask.ratio, patches, blocks.masked);
    refuse_recipe(fmt::format(
        "mask.smallest_block is {} patches, but {}; expected at least one block: choose a smaller "
        "block, a larger ratio or a smaller patch",
        blocks.smallest, hidden));
  }
  if (blocks.largest > 0 && blocks.largest < blocks.smallest) {
    refuse_recipe(fmt::format(
        "mask.largest_block is {} and mask.smallest_block is {}; expected at least as many, or 0",
        blocks.largest, blocks.smallest));
  }
}

void check_mask(const MaskedModelingConfig& config) {
  const std::int64_t patches = config.encoder.patches();
  if (config.mask.kind == masking::MaskKind::block) check_blocks(config.mask, patches);
  if (config.mask.count > 0 && config.mask.count >= patches) {
    refuse_recipe(fmt::format(
        "mask.count is {}, but there are {} patches; expected at least one visible: choose at most "
        "{}, or 0 to hide by mask.ratio",
        config.mask.count, patches, patches - 1));
  }
  check_mask_ratio(config.mask.ratio, masking::visible_patches(config.mask, patches), patches);
}

void check_features(const objectives::FeatureConfig& features) {
  using objectives::TeacherOutput;
  const TeacherOutput output = features.output;
  if (output == TeacherOutput::network) return;
  if (features.final_norm) {
    refuse_recipe(
        "teacher.final_norm is true, which teacher.output = \"network\" alone has; set "
        "teacher.output = \"ln_post\" in its place, or leave one of them out");
  }
  if (features.mean_of_blocks > 1 && output != TeacherOutput::mean_of_last) {
    refuse_recipe(fmt::format(
        "teacher.mean_of_blocks is {}, but teacher.output is of one block; set teacher.output = "
        "\"mean_of_last\", or leave mean_of_blocks out",
        features.mean_of_blocks));
  }
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
  const bool one_target = config.stage_targets.empty();
  if (file && one_target && config.objective.target == TargetKind::pixels) {
    refuse_recipe(
        "teacher.init is \"file\", but objective.target is \"pixels\", which has no teacher; set "
        "objective.target = \"teacher\" or remove the teacher");
  }
  check_features(teacher.features);
}

void check_start_keys(const MaskedModelingConfig& config) {
  const auto& [init, path, stages, lr_factor] = config.start;
  if (init == StudentInit::file && path.empty()) {
    refuse_recipe(
        "student.init is \"file\" and student.path is empty; name the weights in student.path, or "
        "choose student.init = \"random\"");
  }
  if (init != StudentInit::file && !path.empty()) {
    refuse_recipe(
        fmt::format("student.path is \"{}\", but student.init is \"{}\"; set student.init = "
                    "\"file\" or remove the path",
                    path, init == StudentInit::teacher ? "teacher" : "random"));
  }
  if (init == StudentInit::random && lr_factor != 1) {
    refuse_recipe(
        fmt::format("student.lr_factor is {:g}, but student.init is \"random\", and no student "
                    "starts from weights; set it to 1, or name the start in student.init",
                    lr_factor));
  }
}

/// A copy has the shape of what it copies.
void check_start(const MaskedModelingConfig& config, const Surroundings& surroundings) {
  check_start_keys(config);
  const bool copies = config.start.init == StudentInit::teacher;
  if (copies && !some_stage_predicts(config, objectives::TargetKind::teacher)) {
    refuse_recipe(
        "student.init is \"teacher\", but all stages predict pixels, which have no teacher; set "
        "student.init = \"file\" and student.path, or objective.target = \"teacher\"");
  }
  if (copies && config.teacher.update == objectives::TeacherUpdate::step) {
    refuse_recipe(
        "student.init is \"teacher\", but teacher.update is \"step\", whose teacher begins as the "
        "student; set student.init = \"file\" or \"random\", or teacher.update = \"stage\"");
  }
  if (copies && config.teacher.init != objectives::TeacherInit::file &&
      config.teacher.has_own_shape()) {
    refuse_recipe(
        "student.init is \"teacher\", but the teacher has a shape of its own; leave out "
        "teacher.width, teacher.heads, teacher.patch_size and teacher.image_size, or set "
        "student.init = \"random\"");
  }
  for (std::int64_t stage = 0; stage < surroundings.stages; ++stage) {
    const bool begins = config.starts_from_weights(stage);
    if (!begins || config.student_depth.empty()) continue;
    const std::int64_t depth = config.student_depth.at(static_cast<std::size_t>(stage));
    if (depth == config.encoder.depth) continue;
    refuse_recipe(fmt::format(
        "stages.student_depth has {} for stage {}, whose student starts from weights of "
        "model.depth {} blocks; set it to {}, or student.init_stages = \"first\"",
        depth, stage + 1, config.encoder.depth, config.encoder.depth));
  }
}

/// A moving average begins as the student and is of its shape.
void check_average(const MaskedModelingConfig& config, const Surroundings& surroundings) {
  if (config.teacher.update == objectives::TeacherUpdate::stage) return;
  if (!some_stage_predicts(config, objectives::TargetKind::teacher)) {
    refuse_recipe(
        "teacher.update is \"step\", but objective.target is \"pixels\", which has no teacher; set "
        "objective.target = \"teacher\" or teacher.update = \"stage\"");
  }
  if (config.teacher.init != objectives::TeacherInit::random || config.teacher.has_own_shape() ||
      config.teacher.depth >= 0) {
    refuse_recipe(
        "teacher.update is \"step\", whose teacher begins as the student; leave out teacher.init, "
        "teacher.path, teacher.depth, teacher.width, teacher.heads, teacher.patch_size and "
        "teacher.image_size, or set teacher.update = \"stage\"");
  }
  if (surroundings.stages > 1) {
    refuse_recipe(fmt::format(
        "teacher.update is \"step\", but stages.count is {}, and each stage would begin again with "
        "nothing of the one before; set stages.count = 1 or teacher.update = \"stage\"",
        surroundings.stages));
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
  const bool of_features = objective.normalisation == Normalisation::layer_norm ||
                           objective.normalisation == Normalisation::l2;
  if (objective.target == TargetKind::pixels && of_features) {
    refuse_recipe(
        "objective.normalisation is \"layer_norm\" or \"l2\", which are for features, but "
        "objective.target is \"pixels\"; choose \"patch\" or \"none\"");
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
  check_stage_objectives(config, surroundings);
  check_networks(config);
  check_student(config);
  check_mask(config);
  check_teacher(config);
  check_average(config, surroundings);
  check_objective(config);
  check_stages(config, surroundings);
  check_start(config, surroundings);
  check_normalisation("teacher", config.teacher.mean, config.teacher.std, config.encoder.channels,
                      "neither to take the file's");
  check_float32("model.layer_norm_eps", config.encoder.layer_norm_eps);
  check_float32("objective.beta", config.loss.beta);
  check_float32("objective.cosine_eps", config.loss.cosine_eps);
}

Outline outline(const MaskedModelingConfig& config) {
  return {.images = nn::ImageInput{config.encoder.image_size, config.encoder.channels},
          .width = config.encoder.width,
          .size = encoder_size_keys(config.encoder),
          .patches = config.encoder.grid(),
          .start_path = config.start_path()};
}

}  // namespace dbot::methods
