// What one key alone cannot show: whether the values of a recipe fit each other.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "dbot/core/error.h"
#include "dbot/data/augment/augmentation.h"
#include "dbot/masking/block_mask.h"
#include "dbot/run/recipe/recipe.h"
#include "dbot/runtime/device.h"

namespace dbot::run {
namespace {

// A gradient scaled to less is nothing in float32.
constexpr double kLeastClipNorm = 1e-30;

[[noreturn]] void refuse(const std::string& message) {
  throw UsageError("[recipe] " + message);
}

void check_networks(const Recipe& recipe) {
  if (recipe.model.channels == 2) {
    refuse("model.channels is 2, expected 1 (grey) or 3 (RGB)");
  }
  nn::check(recipe.model, "model");
  nn::check(recipe.decoder);
  // Attention alone is quadratic in the tokens.
  if (recipe.model.patches() > 65536) {
    refuse(
        fmt::format("model.image_size {}x{} with model.patch_size {} makes {} patches, expected "
                    "at most 65536; choose a larger patch or a smaller image",
                    recipe.model.image_size.height, recipe.model.image_size.width,
                    recipe.model.patch_size, recipe.model.patches()));
  }
}

bool is_symmetric(const Recipe& recipe) {
  return recipe.student == methods::StudentKind::symmetric;
}

/// Blocks hide different numbers of patches, and tokens that are left out have no neighbours.
void check_student(const Recipe& recipe) {
  if (is_symmetric(recipe)) return;
  if (recipe.mask.kind == masking::MaskKind::block) {
    refuse(
        "mask.kind is \"block\", which hides a different number of patches in each image, but "
        "student.kind is \"asymmetric\", which needs the same; set student.kind = \"symmetric\" or "
        "mask.kind = \"random\"");
  }
  if (recipe.model.relative_positions != nn::RelativePositions::none) {
    refuse(
        "model.relative_positions needs all patches at their places, but student.kind is "
        "\"asymmetric\", whose encoder sees visible ones alone; set student.kind = \"symmetric\" "
        "or "
        "model.relative_positions = \"none\"");
  }
}

void check_mask(const Recipe& recipe) {
  const std::int64_t patches = recipe.model.patches();
  if (recipe.mask.kind == masking::MaskKind::block) {
    const auto blocks = masking::block_config(recipe.mask, patches);
    if (blocks.masked < 1 || blocks.smallest > blocks.masked) {
      refuse(fmt::format(
          "mask.smallest_block is {} patches, but mask.ratio {} of {} patches are {}; expected at "
          "least one block: choose a smaller block, a larger ratio or a smaller patch",
          blocks.smallest, recipe.mask.ratio, patches, blocks.masked));
    }
  }
  const std::int64_t kept = masking::kept_patches(patches, recipe.mask.ratio);
  if (kept < 1 || kept >= patches) {
    refuse(fmt::format(
        "mask.ratio is {}, which leaves {} of {} patches visible; expected at least one visible "
        "and one masked patch: {}",
        recipe.mask.ratio, kept, patches,
        patches < 2 ? std::string("choose a smaller patch or a larger image")
                    : fmt::format("choose a ratio above 0 and at most {:.4g}",
                                  1.0 - 1.0 / static_cast<double>(patches))));
  }
}

void check_teacher(const Recipe& recipe) {
  using objectives::TargetKind;
  using objectives::TeacherInit;
  const auto& teacher = recipe.teacher;
  const bool file = teacher.init == TeacherInit::file;
  if (file && teacher.path.empty()) {
    refuse(
        "teacher.init is \"file\" and teacher.path is empty; name the weights in teacher.path, or "
        "choose teacher.init = \"random\"");
  }
  if (!file && !teacher.path.empty()) {
    refuse(
        fmt::format("teacher.path is \"{}\", but teacher.init is \"random\"; set teacher.init = "
                    "\"file\" or remove the path",
                    teacher.path));
  }
  if (file && recipe.objective.target == TargetKind::pixels) {
    refuse(
        "teacher.init is \"file\", but objective.target is \"pixels\", which has no teacher; set "
        "objective.target = \"teacher\" or remove the teacher");
  }
}

void check_objective(const Recipe& recipe) {
  using objectives::Normalisation;
  using objectives::TargetKind;
  const auto& objective = recipe.objective;
  if (objective.target == TargetKind::teacher && objective.normalisation == Normalisation::patch) {
    refuse(
        "objective.normalisation is \"patch\", which standardises pixels, but objective.target is "
        "\"teacher\"; choose \"token\" or \"none\"");
  }
  if (objective.target == TargetKind::pixels && objective.normalisation == Normalisation::token) {
    refuse(
        "objective.normalisation is \"token\", which standardises features, but objective.target "
        "is \"pixels\"; choose \"patch\" or \"none\"");
  }
}

template <typename Value>
void check_stage_list(const char* key, const std::vector<Value>& values, std::int64_t stages) {
  if (values.empty() || static_cast<std::int64_t>(values.size()) == stages) return;
  refuse(fmt::format("{} has {} values [{}], but stages.count is {}; give one a stage or none", key,
                     values.size(), fmt::join(values, ", "), stages));
}

void check_length(const Recipe& recipe) {
  const auto& schedule = recipe.schedule;
  check_stage_list("stages.epochs", recipe.stages.epochs, recipe.stages.count);
  check_stage_list("stages.student_depth", recipe.stages.student_depth, recipe.stages.count);
  const auto& depths = recipe.stages.student_depth;
  const bool one_depth =
      std::adjacent_find(depths.begin(), depths.end(), std::not_equal_to<>()) == depths.end();
  const bool one_width = recipe.teacher.width == 0 || recipe.teacher.width == recipe.model.width;
  if (recipe.stages.keep_optimizer && recipe.stages.count > 1 && !(one_depth && one_width)) {
    refuse(
        "stages.keep_optimizer is true, but the students of the stages differ in size "
        "(stages.student_depth, or a teacher.width that only the first stage predicts); set it to "
        "false");
  }
  if (schedule.epochs > 0 && schedule.images_seen > 0) {
    refuse(
        fmt::format("schedule.epochs is {} and schedule.images_seen is {}, expected one of them; "
                    "set the other to 0",
                    schedule.epochs, schedule.images_seen));
  }
  if (recipe.length.total_steps >= 0 && recipe.length.total_epochs >= 0) {
    refuse(
        fmt::format("the length is given twice, as {} steps and as {} epochs; give --steps or "
                    "--epochs (schedule.total_steps or schedule.total_epochs)",
                    recipe.length.total_steps, recipe.length.total_epochs));
  }
  const bool own = schedule.epochs > 0 || schedule.images_seen > 0 || !recipe.stages.epochs.empty();
  if (!own && recipe.length.total_steps < 0 && recipe.length.total_epochs < 0) {
    refuse(
        "the length is not given; set schedule.epochs or schedule.images_seen, or pass --epochs "
        "or --steps");
  }
}

/// Mean and deviation of one table, "data" or "teacher".
void check_normalisation(const std::string& table, const std::vector<double>& mean,
                         const std::vector<double>& std, std::int64_t channels,
                         const char* otherwise) {
  if (mean.empty() != std.empty()) {
    refuse(fmt::format(
        "{0}.mean and {0}.std belong together, but {0}.{1} alone is given; give both, or {2}",
        table, mean.empty() ? "std" : "mean", otherwise));
  }
  for (const auto& [key, values] : {std::pair{"mean", &mean}, {"std", &std}}) {
    if (values->empty() || values->size() == static_cast<std::size_t>(channels)) continue;
    refuse(fmt::format("{}.{} is [{}], {} values, but model.channels is {}; give one a channel",
                       table, key, fmt::join(*values, ", "), values->size(), channels));
  }
}

void check_statistics(const Recipe& recipe) {
  check_normalisation("data", recipe.data.mean, recipe.data.std, recipe.model.channels,
                      "neither to have them measured");
  check_normalisation("teacher", recipe.teacher.mean, recipe.teacher.std, recipe.model.channels,
                      "neither to take the file's");
}

void check_lists(const Recipe& recipe) {
  data::check_augmentation(recipe.data.augmentation, "data");
  const double every = recipe.evaluate.every_epochs;
  if (every != std::floor(every)) {
    refuse(fmt::format("evaluate.every_epochs is {}, expected a whole number", every));
  }
  const auto& betas = recipe.optimizer.betas;
  if (betas.size() != 2) {
    refuse(fmt::format("optimizer.betas is [{}], expected two values such as [0.9, 0.95]",
                       fmt::join(betas, ", ")));
  }
}

/// Numbers the computation takes as float32: what is 0 there divides by nothing.
void check_float32(const Recipe& recipe) {
  const auto refuse_zero = [](const char* key, double value) {
    if (value > 0 && value < std::numeric_limits<float>::min()) {
      refuse(fmt::format("{} is {}, which is 0 in float32; expected at least 1.2e-38", key, value));
    }
  };
  refuse_zero("optimizer.eps", recipe.optimizer.eps);
  refuse_zero("model.layer_norm_eps", recipe.model.layer_norm_eps);
  refuse_zero("objective.beta", recipe.loss.beta);
  refuse_zero("evaluate.temperature", recipe.evaluate.temperature);
  for (const double value : recipe.data.std) refuse_zero("data.std", value);
  const double clip = recipe.optimizer.clip_norm;
  if (clip > 0 && clip < kLeastClipNorm) {
    refuse(fmt::format("optimizer.clip_norm is {}, expected 0 (no clipping) or at least {}", clip,
                       kLeastClipNorm));
  }
}

}  // namespace

void check(const Recipe& recipe) {
  check_networks(recipe);
  check_student(recipe);
  check_mask(recipe);
  check_teacher(recipe);
  check_objective(recipe);
  check_length(recipe);
  check_lists(recipe);
  check_statistics(recipe);
  check_float32(recipe);
  runtime::resolve_device(recipe.compute.device);
}

}  // namespace dbot::run
