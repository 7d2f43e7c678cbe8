#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace dbot::train {

struct ScheduleConfig {
  double epochs = 0;             // of the whole run, all stages
  std::int64_t images_seen = 0;  // the alternative to epochs; 0: unset
  double warmup_epochs = 40;     // of each stage
  double min_lr = 0;
};

struct StagesConfig {
  std::int64_t count = 1;
  std::vector<double> epochs;  // length of each stage; empty: equal shares of schedule.epochs
  std::vector<std::int64_t> student_depth;  // blocks per stage; empty: model.depth
  bool keep_optimizer = false;   // Adam's moments and step count survive a switch (upstream dBOT)
  bool keep_patch_bias = false;  // the patch embedding's bias survives a switch (upstream dBOT)
};

/// The whole run in optimizer steps.
struct Plan {
  std::int64_t steps_per_epoch = 0;
  std::vector<std::int64_t> stage_begin;  // count + 1 entries, from 0 to the last step
  std::vector<double> warmup_steps;       // one a stage
  std::int64_t total_steps() const { return stage_begin.back(); }
  std::int64_t stages() const { return static_cast<std::int64_t>(stage_begin.size()) - 1; }
};

/// Turns the recipe's length into steps. `steps` or `epochs` override it: stages and warm-up shrink
/// in proportion. Throws UsageError when a stage would have no step (unless the whole run has 0
/// steps).
Plan make_plan(const ScheduleConfig& schedule, const StagesConfig& stages,
               std::int64_t steps_per_epoch, std::int64_t images_per_step,
               std::optional<std::int64_t> steps, std::optional<double> epochs);

}  // namespace dbot::train
