// From a recipe's length to whole steps of each stage.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string_view>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/train/plan.h"

namespace dbot::train {
namespace {

// Far more than any run has. A double still counts single steps there.
constexpr double kMostSteps = 1e12;
constexpr std::int64_t kMostStages = 1000;

void require(bool holds, const std::string& key, double value, const char* expected) {
  if (holds) return;
  throw UsageError({.operation = "schedule",
                    .subject = key,
                    .reason = fmt::format("is {}, expected {}", value, expected)});
}

bool finite_and_at_least_zero(double value) {
  return std::isfinite(value) && value >= 0;
}

/// What the recipe wants of the stages' lengths and rates; each list has a value a stage or none.
void check_lists(const StagesConfig& stages) {
  const auto check = [&](const char* key, const std::vector<double>& values) {
    if (values.empty() || std::ssize(values) == stages.count) return;
    throw UsageError(fmt::format(
        "[schedule] {} has {} entries, expected one for each of the {} stages of stages.count; "
        "leave it empty for {}",
        key, values.size(), stages.count,
        key == std::string_view("stages.epochs") ? "equal shares" : "the same in all"));
  };
  check("stages.epochs", stages.epochs);
  check("stages.base_lr", stages.base_lr);
  check("stages.warmup_epochs", stages.warmup_epochs);
  for (const double length : stages.epochs) {
    require(std::isfinite(length) && length > 0, "an entry of stages.epochs", length,
            "a positive number of epochs");
  }
  for (const double length : stages.warmup_epochs) {
    require(finite_and_at_least_zero(length), "an entry of stages.warmup_epochs", length,
            "0 or a positive number");
  }
}

void check_schedule(const ScheduleConfig& schedule) {
  require(finite_and_at_least_zero(schedule.epochs), "schedule.epochs", schedule.epochs,
          "a positive number (or 0 when the length is given otherwise)");
  require(schedule.images_seen >= 0, "schedule.images_seen",
          static_cast<double>(schedule.images_seen),
          "a positive number (or 0 when schedule.epochs gives the length)");
  require(finite_and_at_least_zero(schedule.warmup_epochs), "schedule.warmup_epochs",
          schedule.warmup_epochs, "0 or a positive number");
  if (schedule.epochs > 0 && schedule.images_seen > 0) {
    throw UsageError(fmt::format(
        "[schedule] schedule.epochs is {} and schedule.images_seen is {}, expected one of them; "
        "set the other to 0",
        schedule.epochs, schedule.images_seen));
  }
}

void check_input(const ScheduleConfig& schedule, const StagesConfig& stages, const Plan& plan,
                 std::int64_t images_per_step, std::optional<std::int64_t> steps,
                 std::optional<double> epochs) {
  const auto number = [](auto value) { return static_cast<double>(value); };
  check_schedule(schedule);
  require(stages.count >= 1 && stages.count <= kMostStages, "stages.count", number(stages.count),
          "between 1 and 1000");
  check_lists(stages);
  require(!plan.has_own_data() || std::ssize(plan.own_steps_per_epoch) == stages.count,
          "the number of stages with data", number(plan.own_steps_per_epoch.size()),
          "as many as stages.count says");
  for (std::int64_t stage = 0; stage < stages.count; ++stage) {
    require(plan.steps_per_epoch_of(stage) >= 1, "the number of steps in an epoch",
            number(plan.steps_per_epoch_of(stage)),
            "at least 1; use more images or a smaller train.batch_size");
  }
  require(images_per_step >= 1, "the number of images in a step", number(images_per_step),
          "at least 1");
  if (steps) require(*steps >= 0, "schedule.total_steps", number(*steps), "0 or more");
  if (epochs) {
    require(finite_and_at_least_zero(*epochs), "schedule.total_epochs", *epochs, "0 or more");
  }
  if (steps && epochs) {
    throw UsageError({.operation = "schedule",
                      .subject = "schedule.total_steps",
                      .fault = Fault::mismatch,
                      .reason = "and schedule.total_epochs are both given",
                      .way_out = "give one"});
  }
}

// Lengths of the stages relative to each other: in steps where each has data of its own and the
// recipe counts epochs, otherwise in what the recipe counts.
std::vector<double> relative_lengths(const ScheduleConfig& schedule, const StagesConfig& stages,
                                     const Plan& plan) {
  const auto count = static_cast<std::size_t>(stages.count);
  std::vector<double> lengths =
      stages.epochs.empty() ? std::vector<double>(count, 1.0) : stages.epochs;
  if (!plan.has_own_data() || schedule.images_seen > 0) return lengths;
  for (std::size_t i = 0; i < count; ++i) {
    lengths[i] *= static_cast<double>(plan.own_steps_per_epoch[i]);
  }
  return lengths;
}

// Where each stage begins, as a share of the run: count + 1 entries from 0 to 1.
std::vector<double> shares_of(const std::vector<double>& lengths) {
  std::vector<double> begin{0};
  for (const double length : lengths) begin.push_back(begin.back() + length);
  for (double& share : begin) share /= std::accumulate(lengths.begin(), lengths.end(), 0.0);
  return begin;
}

// Steps of one epoch, on average over the run's epochs.
double steps_of_an_epoch(const Plan& plan, const std::vector<double>& shares) {
  if (!plan.has_own_data()) return static_cast<double>(plan.steps_per_epoch);
  double epochs_a_step = 0;
  for (std::size_t i = 1; i < shares.size(); ++i) {
    epochs_a_step +=
        (shares[i] - shares[i - 1]) / static_cast<double>(plan.own_steps_per_epoch[i - 1]);
  }
  return 1 / epochs_a_step;
}

// The recipe's own length in steps, not rounded; 0 if it names none.
double length_of_recipe(const ScheduleConfig& schedule, const StagesConfig& stages,
                        double steps_per_epoch, std::int64_t images_per_step) {
  if (schedule.images_seen > 0) {
    return static_cast<double>(schedule.images_seen) / static_cast<double>(images_per_step);
  }
  const double epochs = schedule.epochs > 0
                            ? schedule.epochs
                            : std::accumulate(stages.epochs.begin(), stages.epochs.end(), 0.0);
  return epochs * steps_per_epoch;
}

void check_every_stage_has_steps(const Plan& plan, const std::vector<double>& shares) {
  double smallest = 1;
  for (std::size_t i = 1; i < shares.size(); ++i) {
    smallest = std::min(smallest, shares[i] - shares[i - 1]);
  }
  for (std::size_t i = 1; i < plan.stage_begin.size(); ++i) {
    if (plan.stage_begin[i] > plan.stage_begin[i - 1]) continue;
    throw UsageError(fmt::format(
        "[schedule] the run has {} {}, too few for stage {} of {} to have one; train for at least "
        "{:.0f} steps ({} in an epoch), or use fewer stages (stages.count)",
        plan.total_steps(), plan.total_steps() == 1 ? "step" : "steps", i, plan.stages(),
        std::ceil(1 / smallest), plan.steps_per_epoch));
  }
}

// Looks at the recipe's own length: overrides shrink warm-up and stages by the same factor.
void check_warmup_fits(double warmup_steps, double stage_steps, std::int64_t stage,
                       std::int64_t steps_per_epoch) {
  if (warmup_steps == 0 || warmup_steps < stage_steps) return;
  const auto per_epoch = static_cast<double>(steps_per_epoch);
  throw UsageError(
      {.operation = "schedule",
       .subject = "schedule.warmup_epochs",
       .fault = Fault::too_large,
       .reason = fmt::format("is {:.6g}, expected less than the {:.6g} epochs of stage {}",
                             warmup_steps / per_epoch, stage_steps / per_epoch, stage + 1),
       .way_out = "lower it (a twentieth of the stage is usual), or train for longer. To shorten "
                  "a run with its warm-up in proportion set schedule.total_epochs or "
                  "schedule.total_steps"});
}

void add_warmup(Plan& plan, const ScheduleConfig& schedule, const StagesConfig& stages,
                const std::vector<double>& shares, double recipe_steps, double scale) {
  for (std::int64_t stage = 0; stage < stages.count; ++stage) {
    const auto i = static_cast<std::size_t>(stage);
    const std::int64_t per_epoch = plan.steps_per_epoch_of(stage);
    const double epochs =
        stages.warmup_epochs.empty() ? schedule.warmup_epochs : stages.warmup_epochs[i];
    const double warmup = epochs * static_cast<double>(per_epoch);
    check_warmup_fits(warmup, (shares[i + 1] - shares[i]) * recipe_steps, stage, per_epoch);
    // Rounding of the boundaries can leave a stage a little shorter than its scaled warm-up.
    const auto stage_steps = static_cast<double>(plan.end_of(stage) - plan.begin_of(stage));
    plan.warmup_steps.push_back(std::min(warmup * scale, stage_steps));
  }
}

Plan planned(Plan plan, const ScheduleConfig& schedule, const StagesConfig& stages,
             std::int64_t images_per_step, std::optional<std::int64_t> steps,
             std::optional<double> epochs) {
  check_input(schedule, stages, plan, images_per_step, steps, epochs);
  const std::vector<double> shares = shares_of(relative_lengths(schedule, stages, plan));
  const double per_epoch = steps_of_an_epoch(plan, shares);
  const double recipe_steps = length_of_recipe(schedule, stages, per_epoch, images_per_step);
  double length = recipe_steps;
  if (steps) length = static_cast<double>(*steps);
  if (epochs) length = *epochs * per_epoch;

  if (length == 0) {
    if (!steps && !epochs) {
      throw UsageError(
          "[schedule] the recipe gives no length; set schedule.epochs, schedule.images_seen or "
          "stages.epochs");
    }
    plan.stage_begin.assign(shares.size(), 0);
    plan.warmup_steps.assign(shares.size() - 1, 0.0);
    return plan;
  }
  require(length <= kMostSteps, "the number of steps of the run", length, "at most 1e12");

  for (const double share : shares) plan.stage_begin.push_back(std::llround(share * length));
  check_every_stage_has_steps(plan, shares);
  const double scale = recipe_steps > 0 ? length / recipe_steps : 1;
  add_warmup(plan, schedule, stages, shares, recipe_steps > 0 ? recipe_steps : length, scale);
  return plan;
}

}  // namespace

Plan make_plan(const ScheduleConfig& schedule, const StagesConfig& stages,
               std::int64_t steps_per_epoch, std::int64_t images_per_step,
               std::optional<std::int64_t> steps, std::optional<double> epochs) {
  Plan plan;
  plan.steps_per_epoch = steps_per_epoch;
  return planned(std::move(plan), schedule, stages, images_per_step, steps, epochs);
}

Plan make_plan(const ScheduleConfig& schedule, const StagesConfig& stages,
               std::span<const std::int64_t> own_steps_per_epoch, std::int64_t images_per_step,
               std::optional<std::int64_t> steps, std::optional<double> epochs) {
  Plan plan;
  plan.own_steps_per_epoch.assign(own_steps_per_epoch.begin(), own_steps_per_epoch.end());
  if (plan.has_own_data()) plan.steps_per_epoch = own_steps_per_epoch.front();
  return planned(std::move(plan), schedule, stages, images_per_step, steps, epochs);
}

}  // namespace dbot::train
