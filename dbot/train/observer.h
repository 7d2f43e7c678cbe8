#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "dbot/train/plan.h"

namespace dbot::methods {
class Method;
}

namespace dbot::train {

/// Where a run stands: after `step` optimizer steps, in stage `stage`.
struct TrainState {
  std::int64_t step = 0;
  std::int64_t stage = 0;
  std::int64_t skipped_steps = 0;  // with a non-finite loss or gradient, so far
  std::int64_t images_seen = 0;
  std::int64_t skipped_in_a_row = 0;  // up to this step
};

/// One optimizer step, for people and files.
struct StepRecord {
  TrainState state;          // after the step
  double epoch = 0;          // fractional, over the whole run
  double loss = 0;           // mean over the accumulated micro-batches
  double gradient_norm = 0;  // before clipping
  double learning_rate = 0;
  double seconds = 0;  // wall time of the step, waiting included
  double data_wait_seconds = 0;
  double batches_ready = 0;        // when it asked for one; mean over the micro-batches
  std::int64_t batches_ahead = 0;  // the most that can be ready; 0: nothing is loaded ahead
  std::int64_t images = 0;
  bool skipped = false;
  /// Further figures of the method, each the mean over the micro-batches that have it. Names are
  /// the method's own: any bytes.
  std::vector<std::pair<std::string, double>> scalars;
};

/// How far the step under way is, after one of its micro-batches.
struct StepProgress {
  TrainState state;               // before the step
  std::int64_t done = 0, of = 1;  // micro-batches
  std::int64_t images = 0;        // of those that are done
  double loss = 0;                // their mean; not a number: not known yet
  double seconds = 0;             // since the step began, waiting included
  double last_seconds = 0;        // of the last micro-batch
};

/// What a checkpoint remembers of validations, besides the tensors of the best state.
struct ValidationState {
  std::int64_t step = 0;            // of the last validation; 0: there was none
  std::int64_t best_step = 0;       // of the stage's best one; 0: none so far
  double best = 0;                  // its figure
  std::int64_t without_better = 0;  // validations in a row
  bool operator==(const ValidationState&) const = default;
};

/// Figures of held-out samples after a step.
struct ValidationRecord {
  TrainState state;
  double epoch = 0;                                          // fractional, over the whole run
  std::vector<std::pair<std::string, double>> figures = {};  // the method's; the first decides
  std::int64_t samples = 0;
  double seconds = 0;
  bool best = false;        // the best one of its stage so far
  bool ends_stage = false;  // early, since too many in a row were no better
};

/// Watches a run. Observers never change weights or randomness. Calls come from the training
/// thread.
class TrainObserver {
 public:
  virtual ~TrainObserver() = default;
  /// Before the first step of this process; `state` is where it goes on.
  virtual void on_begin(const Plan&, const TrainState&, methods::Method&) {}
  /// After each micro-batch of a step, the last included; the weights are those before the step.
  virtual void on_micro_batch(const StepProgress&, methods::Method&) {}
  /// On a device perhaps when the step behind it has changed the weights (Trainer).
  virtual void on_step(const StepRecord&, methods::Method&) {}
  /// After a validation, before the checkpoint of its step.
  virtual void on_validation(const ValidationRecord&, methods::Method&) {}
  /// From here on this is the plan: a stage ends early, and its `on_stage_end` follows; or the run
  /// ends with a stage that has ended, and those behind it are left out.
  virtual void on_plan(const Plan&, const TrainState&) {}
  /// After the last step of an epoch (and its checkpoint, if one was due).
  virtual void on_epoch_end(std::int64_t /*epoch*/, const TrainState&, methods::Method&) {}
  /// After the last step of a stage, before the switch; its checkpoint is already written.
  virtual void on_stage_end(std::int64_t /*stage*/, const TrainState&, methods::Method&) {}
  virtual void on_checkpoint(const std::filesystem::path&, const TrainState&) {}
  virtual void on_end(const TrainState&, methods::Method&) {}
};

}  // namespace dbot::train
