// What one key alone cannot show: whether the values of a recipe fit each other.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "dbot/core/error.h"
#include "dbot/data/augment/augmentation.h"
#include "dbot/data/loader/loader_config.h"
#include "dbot/eval/kinds/feature_names.h"
#include "dbot/methods/check_values.h"
#include "dbot/run/recipe/recipe.h"
#include "dbot/runtime/cuda/device_choice.h"
#include "dbot/train/step_share.h"

namespace dbot::run {
namespace {

using methods::check_normalisation;
using methods::check_stage_list;
using methods::refuse_recipe;

// A gradient scaled to less is nothing in float32.
constexpr double kLeastClipNorm = 1e-30;

/// A system that divides its run itself has no use for another division.
void check_own_stages(const Recipe& recipe) {
  const train::StagesConfig& stages = recipe.stages;
  const auto refuse = [](const char* key) {
    throw UsageError({.operation = "recipe",
                      .subject = key,
                      .fault = Fault::mismatch,
                      .reason = "is given, but this system says itself what its stages are and how "
                                "long each is",
                      .way_out = "leave it out, and set the system's own keys"});
  };
  if (stages.count != 1) refuse("stages.count");
  if (!stages.epochs.empty()) refuse("stages.epochs");
  if (!stages.base_lr.empty()) refuse("stages.base_lr");
  if (recipe.schedule.epochs > 0) refuse("schedule.epochs");
  if (recipe.schedule.images_seen > 0) refuse("schedule.images_seen");
}

void check_length(const Recipe& recipe) {
  const auto& schedule = recipe.schedule;
  const bool divides = !methods::catalogue::outline(recipe.method).own_stages.empty();
  if (divides) check_own_stages(recipe);
  check_stage_list("stages.epochs", recipe.stages.epochs, recipe.stages.count);
  check_stage_list("stages.warmup_epochs", recipe.stages.warmup_epochs, stages_of(recipe).count);
  check_stage_list("stages.base_lr", recipe.stages.base_lr, recipe.stages.count);
  if (schedule.epochs > 0 && schedule.images_seen > 0) {
    refuse_recipe(
        fmt::format("schedule.epochs is {} and schedule.images_seen is {}, expected one of them; "
                    "set the other to 0",
                    schedule.epochs, schedule.images_seen));
  }
  if (recipe.length.total_steps >= 0 && recipe.length.total_epochs >= 0) {
    throw UsageError({.operation = "recipe",
                      .subject = "the length",
                      .fault = Fault::mismatch,
                      .reason = fmt::format("is given twice, as {} steps and as {} epochs",
                                            recipe.length.total_steps, recipe.length.total_epochs),
                      .way_out = "give schedule.total_steps or schedule.total_epochs"});
  }
  const bool own =
      schedule.epochs > 0 || schedule.images_seen > 0 || !recipe.stages.epochs.empty() || divides;
  if (!own && recipe.length.total_steps < 0 && recipe.length.total_epochs < 0) {
    throw UsageError({.operation = "recipe",
                      .subject = "the length",
                      .fault = Fault::missing,
                      .reason = "is not given",
                      .way_out = "set schedule.epochs or schedule.images_seen"});
  }
}

void check_statistics(const Recipe& recipe) {
  const auto images = methods::catalogue::outline(recipe.method).images;
  if (!images) return;
  check_normalisation("data", recipe.data.mean, recipe.data.std, images->channels,
                      "neither to have them measured");
}

void check_lists(const Recipe& recipe) {
  data::check_augmentation(recipe.data.augmentation, "data");
  if (const auto images = methods::catalogue::outline(recipe.method).images) {
    data::check_colours(recipe.data.augmentation.pixels, static_cast<int>(images->channels),
                        "data");
  }
  data::check_value_range(recipe.data.value_range, "data.value_range");
  const double every = recipe.evaluate.every_epochs;
  if (every != std::floor(every)) {
    refuse_recipe(fmt::format("evaluate.every_epochs is {}, expected a whole number", every));
  }
  const auto& betas = recipe.optimizer.betas;
  if (betas.size() != 2) {
    refuse_recipe(fmt::format("optimizer.betas is [{}], expected two values such as [0.9, 0.95]",
                              fmt::join(betas, ", ")));
  }
  if (recipe.optimizer.nesterov && recipe.optimizer.momentum == 0) {
    refuse_recipe(
        "optimizer.nesterov is true and optimizer.momentum is 0, expected a momentum to look "
        "along");
  }
}

/// Finer grids than the network's patches would be found out at the first evaluation.
void check_evaluated_features(const Recipe& recipe) {
  const std::string& text = recipe.evaluate.features;
  const auto kinds = eval::parse_feature_kinds(text);
  if (!kinds || std::ranges::count(*kinds, "tokens") > 0) {
    refuse_recipe(
        fmt::format("evaluate.features is \"{}\", expected cls, mean, both or grid:N, or "
                    "several with commas between",
                    text));
  }
  const auto [height, width] = methods::catalogue::outline(recipe.method).patches;
  const std::int64_t finest = std::min(height, width);
  for (const std::string& kind : *kinds) {
    if (finest == 0 || eval::grid_cells(kind) <= finest) continue;
    refuse_recipe(
        fmt::format("evaluate.features has {}, which is finer than the {}x{} patches of "
                    "an image, expected at most grid:{}",
                    kind, height, width, finest));
  }
}

void check_shown_channels(const Recipe& recipe) {
  const auto images = methods::catalogue::outline(recipe.method).images;
  const auto& shown = recipe.report.channels;
  if (!images || shown.empty()) return;
  const bool there = std::ranges::all_of(
      shown, [&](std::int64_t channel) { return channel >= 0 && channel < images->channels; });
  if (there && (shown.size() == 1 || shown.size() == 3)) return;
  refuse_recipe(fmt::format("report.channels is [{}], expected one or three numbers from 0 to {}",
                            fmt::join(shown, ", "), images->channels - 1));
}

/// Numbers the computation takes as float32: what is 0 there divides by nothing.
void check_float32(const Recipe& recipe) {
  methods::check_float32("optimizer.eps", recipe.optimizer.eps);
  methods::check_float32("evaluate.temperature", recipe.evaluate.temperature);
  for (const double value : recipe.data.std) methods::check_float32("data.std", value);
  const double clip = recipe.optimizer.clip_norm;
  if (clip > 0 && clip < kLeastClipNorm) {
    refuse_recipe(fmt::format("optimizer.clip_norm is {}, expected 0 (no clipping) or at least {}",
                              clip, kLeastClipNorm));
  }
}

void check_shape(const train::ScheduleConfig& schedule) {
  const bool steps = schedule.shape == optim::ScheduleShape::step;
  if (steps != !schedule.milestones.empty()) {
    refuse_recipe(steps ? "schedule.shape is \"step\" and schedule.milestones is empty, expected "
                          "shares of a stage such as [0.6, 0.8]"
                        : "schedule.milestones is given, which schedule.shape = \"step\" alone "
                          "has");
  }
  if (schedule.shape == optim::ScheduleShape::table && schedule.unit != train::ScheduleUnit::step) {
    refuse_recipe(
        "schedule.unit is \"epoch\" and schedule.shape is \"table\", which has a rate for each "
        "step; set schedule.unit = \"step\"");
  }
}

/// What follows from validations needs some.
void check_validation(const train::ValidationConfig& validation) {
  if (validation.every_epochs > 0 || (!validation.keep_best && validation.patience == 0)) return;
  throw UsageError({.operation = "recipe",
                    .subject = validation.keep_best ? "train.keep_best" : "train.patience",
                    .fault = Fault::missing,
                    .reason = "needs validations, and validation.every_epochs is 0",
                    .way_out = "set validation.every_epochs, or leave the key out"});
}

/// A stage is compared with the one before: what stands at their ends decides.
void check_stop(const Recipe& recipe) {
  if (recipe.stages.stop == train::StageStop::never) return;
  if (recipe.stages.count < 3) {
    refuse_recipe(fmt::format(
        "stages.stop is \"probe\", which compares a stage with the one before and so can "
        "leave out the third or a later one, but stages.count is {}; set stages.count to "
        "at least 3, or stages.stop = \"never\"",
        recipe.stages.count));
  }
  if (!recipe.evaluate.at_stage_ends && !recipe.report.pictures) {
    refuse_recipe(
        "stages.stop is \"probe\", but evaluate.at_stage_ends and report.pictures are false, so "
        "that "
        "nothing is measured at the ends of stages; set one of them to true, or stages.stop = "
        "\"never\"");
  }
}

}  // namespace

void check(const Recipe& recipe) {
  methods::catalogue::check(recipe.method, surroundings(recipe));
  train::check_lanes(recipe.train.accumulate, recipe.train.lanes);
  check_length(recipe);
  check_shape(recipe.schedule);
  check_stop(recipe);
  check_validation(recipe.validation);
  check_lists(recipe);
  check_statistics(recipe);
  check_float32(recipe);
  check_evaluated_features(recipe);
  check_shown_channels(recipe);
  runtime::check_device(recipe.compute.device);
}

}  // namespace dbot::run
