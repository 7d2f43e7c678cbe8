#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "dbot/optim/schedule.h"

namespace dbot::train {

/// How often the rate changes: with each step, or once an epoch (a warm-up always by steps).
enum class ScheduleUnit { step, epoch };

struct ScheduleConfig {
  double epochs = 0;             // of the whole run, all stages
  std::int64_t images_seen = 0;  // the alternative to epochs; 0: unset
  double warmup_epochs = 40;     // of each stage
  double min_lr = 0;
  optim::ScheduleShape shape = optim::ScheduleShape::cosine;
  ScheduleUnit unit = ScheduleUnit::step;
  std::vector<double> milestones = {};  // of the shape `step`: shares of a stage
  double factor = 0.1;                  // of the rate at each of them
  double power = 1;                     // of the shape `poly`
};

/// Whether stages are left out. never: all are made. probe: the run ends after a stage whose
/// student is measured to be no better than the one before.
enum class StageStop { never, probe };

struct StagesConfig {
  std::int64_t count = 1;
  std::vector<double> epochs;  // length of each stage; empty: equal shares of schedule.epochs
  std::vector<std::int64_t> student_depth;  // blocks per stage; empty: model.depth
  bool keep_optimizer = false;   // Adam's moments and step count survive a switch (upstream dBOT)
  bool keep_patch_bias = false;  // the patch embedding's bias survives a switch (upstream dBOT)
  std::vector<double> base_lr = {};        // of each stage; empty: optimizer.base_lr
  std::vector<double> warmup_epochs = {};  // of each stage; empty: schedule.warmup_epochs
  StageStop stop = StageStop::never;
};

/// The whole run in optimizer steps. Stages train on the same stream of batches, whose epochs run
/// on across their ends, unless each has data of its own.
struct Plan {
  std::int64_t steps_per_epoch = 0;
  std::vector<std::int64_t> stage_begin;  // count + 1 entries, from 0 to the last step
  std::vector<double> warmup_steps;       // one a stage
  /// Steps of an epoch of each stage, where stages have data of their own: batches and epochs are
  /// counted anew in each. Empty: they have not.
  std::vector<std::int64_t> own_steps_per_epoch = {};

  std::int64_t total_steps() const { return stage_begin.back(); }
  std::int64_t stages() const { return static_cast<std::int64_t>(stage_begin.size()) - 1; }
  bool has_own_data() const { return !own_steps_per_epoch.empty(); }

  /// The stage whose step ends with `step`; the first for 0.
  std::int64_t stage_of(std::int64_t step) const;
  std::int64_t begin_of(std::int64_t stage) const;
  std::int64_t end_of(std::int64_t stage) const;
  std::int64_t steps_per_epoch_of(std::int64_t stage) const;
  /// The step with which the batches of a stage are counted from 0.
  std::int64_t data_begin_of(std::int64_t stage) const;

  /// Epochs after `step` steps, fractional. A stage with data of its own begins with a whole one.
  double epochs_at(std::int64_t step) const;
  /// Whether this step is the last of an epoch, or of every `epochs` epochs.
  bool ends_epoch(std::int64_t step) const { return ends_interval(step, 1); }
  bool ends_interval(std::int64_t step, double epochs) const;
  /// The number of the epoch that ends with this step, from 1.
  std::int64_t epoch_ended_at(std::int64_t step) const;
  /// The steps at which epochs end, in order.
  std::vector<std::int64_t> epoch_ends() const;

  /// Ends a stage early: later ones keep their lengths.
  void end_early(std::int64_t stage, std::int64_t step);
  /// Leaves out the stages behind this one.
  void end_after(std::int64_t stage);
};

/// Turns the recipe's length into steps. `steps` or `epochs` override it: stages and warm-up shrink
/// in proportion. Throws UsageError when a stage would have no step (unless the whole run has 0
/// steps).
Plan make_plan(const ScheduleConfig& schedule, const StagesConfig& stages,
               std::int64_t steps_per_epoch, std::int64_t images_per_step,
               std::optional<std::int64_t> steps, std::optional<double> epochs);

/// The same for stages with data of their own: one number of steps an epoch for each.
Plan make_plan(const ScheduleConfig& schedule, const StagesConfig& stages,
               std::span<const std::int64_t> own_steps_per_epoch, std::int64_t images_per_step,
               std::optional<std::int64_t> steps, std::optional<double> epochs);

/// Rate of the step that follows `step` steps, in `stage`. `base_lr` is the optimizer's, for 256
/// images.
double rate_of_step(const ScheduleConfig& schedule, const StagesConfig& stages, const Plan& plan,
                    std::int64_t stage, std::int64_t step, double base_lr,
                    std::int64_t images_per_step);

}  // namespace dbot::train
