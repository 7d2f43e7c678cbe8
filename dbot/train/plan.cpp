#include "dbot/train/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "dbot/core/error.h"

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

void check_input(const ScheduleConfig& schedule, const StagesConfig& stages,
                 std::int64_t steps_per_epoch, std::int64_t images_per_step,
                 std::optional<std::int64_t> steps, std::optional<double> epochs) {
  const auto number = [](auto value) { return static_cast<double>(value); };
  require(finite_and_at_least_zero(schedule.epochs), "schedule.epochs", schedule.epochs,
          "a positive number (or 0 when the length is given otherwise)");
  require(schedule.images_seen >= 0, "schedule.images_seen", number(schedule.images_seen),
          "a positive number (or 0 when schedule.epochs gives the length)");
  require(finite_and_at_least_zero(schedule.warmup_epochs), "schedule.warmup_epochs",
          schedule.warmup_epochs, "0 or a positive number");
  require(stages.count >= 1 && stages.count <= kMostStages, "stages.count", number(stages.count),
          "between 1 and 1000");
  for (const double length : stages.epochs) {
    require(std::isfinite(length) && length > 0, "an entry of stages.epochs", length,
            "a positive number of epochs");
  }
  require(steps_per_epoch >= 1, "the number of steps in an epoch", number(steps_per_epoch),
          "at least 1; use more images or a smaller train.batch_size");
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
  if (schedule.epochs > 0 && schedule.images_seen > 0) {
    throw UsageError(fmt::format(
        "[schedule] schedule.epochs is {} and schedule.images_seen is {}, expected one of them; "
        "set the other to 0",
        schedule.epochs, schedule.images_seen));
  }
  if (!stages.epochs.empty() && std::ssize(stages.epochs) != stages.count) {
    throw UsageError(fmt::format(
        "[schedule] stages.epochs has {} entries, expected one for each of the {} stages of "
        "stages.count; leave it empty for equal shares",
        stages.epochs.size(), stages.count));
  }
}

// The recipe's own length in steps, not rounded; 0 if it names none.
double length_of_recipe(const ScheduleConfig& schedule, const StagesConfig& stages,
                        std::int64_t steps_per_epoch, std::int64_t images_per_step) {
  if (schedule.images_seen > 0) {
    return static_cast<double>(schedule.images_seen) / static_cast<double>(images_per_step);
  }
  const double epochs = schedule.epochs > 0
                            ? schedule.epochs
                            : std::accumulate(stages.epochs.begin(), stages.epochs.end(), 0.0);
  return epochs * static_cast<double>(steps_per_epoch);
}

// Where each stage begins, as a share of the run: count + 1 entries from 0 to 1.
std::vector<double> stage_shares(const StagesConfig& stages) {
  const auto count = static_cast<std::size_t>(stages.count);
  const std::vector<double> lengths =
      stages.epochs.empty() ? std::vector<double>(count, 1.0) : stages.epochs;
  std::vector<double> begin{0};
  for (const double length : lengths) begin.push_back(begin.back() + length);
  for (double& share : begin) share /= std::accumulate(lengths.begin(), lengths.end(), 0.0);
  return begin;
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
void check_warmup_fits(double warmup_steps, double recipe_steps, const std::vector<double>& shares,
                       std::int64_t steps_per_epoch) {
  if (warmup_steps == 0) return;
  for (std::size_t i = 1; i < shares.size(); ++i) {
    const double stage_steps = (shares[i] - shares[i - 1]) * recipe_steps;
    if (warmup_steps < stage_steps) continue;
    const auto per_epoch = static_cast<double>(steps_per_epoch);
    throw UsageError(
        {.operation = "schedule",
         .subject = "schedule.warmup_epochs",
         .fault = Fault::too_large,
         .reason = fmt::format("is {:.6g}, expected less than the {:.6g} epochs of stage {}",
                               warmup_steps / per_epoch, stage_steps / per_epoch, i),
         .way_out = "lower it (a twentieth of the stage is usual), or train for longer. To shorten "
                    "a run with its warm-up in proportion set schedule.total_epochs or "
                    "schedule.total_steps"});
  }
}

}  // namespace

Plan make_plan(const ScheduleConfig& schedule, const StagesConfig& stages,
               std::int64_t steps_per_epoch, std::int64_t images_per_step,
               std::optional<std::int64_t> steps, std::optional<double> epochs) {
  check_input(schedule, stages, steps_per_epoch, images_per_step, steps, epochs);
  const double recipe_steps = length_of_recipe(schedule, stages, steps_per_epoch, images_per_step);
  double length = recipe_steps;
  if (steps) length = static_cast<double>(*steps);
  if (epochs) length = *epochs * static_cast<double>(steps_per_epoch);

  Plan plan;
  plan.steps_per_epoch = steps_per_epoch;
  const std::vector<double> shares = stage_shares(stages);
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
  const double warmup = schedule.warmup_epochs * static_cast<double>(steps_per_epoch);
  check_warmup_fits(warmup, recipe_steps > 0 ? recipe_steps : length, shares, steps_per_epoch);
  for (std::size_t i = 1; i < shares.size(); ++i) {
    // Rounding of the boundaries can leave a stage a little shorter than its scaled warm-up.
    const auto stage_steps = static_cast<double>(plan.stage_begin[i] - plan.stage_begin[i - 1]);
    plan.warmup_steps.push_back(std::min(warmup * scale, stage_steps));
  }
  return plan;
}

}  // namespace dbot::train
