#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dbot/core/log.h"
#include "dbot/core/stop.h"
#include "dbot/data/loader/loader.h"
#include "dbot/methods/method.h"
#include "dbot/optim/optimizer.h"
#include "dbot/runtime/precision.h"
#include "dbot/train/capture/capture_keeper.h"
#include "dbot/train/capture/gradient_step.h"
#include "dbot/train/checkpoint/checkpoint.h"
#include "dbot/train/checkpoint/saver.h"
#include "dbot/train/observer.h"
#include "dbot/train/plan.h"
#include "dbot/train/validation.h"

namespace dbot::train {

struct TrainConfig {
  std::int64_t batch_size = 128;  // images of one micro-batch
  std::int64_t accumulate = 1;    // micro-batches of one optimizer step
  runtime::PrecisionRequest precision = runtime::PrecisionRequest::automatic;
  std::int64_t seed = 0;
  std::int64_t max_skipped_steps = 20;  // in a row, with a non-finite loss or gradient
  std::int64_t capture_step = 0;        // keep this step for dbot replay; 0: none
  std::int64_t capture_bytes = std::int64_t{1} << 35;  // most that captures take together; 0: any

  std::int64_t images_per_step() const { return batch_size * accumulate; }
};

struct TrainerSettings {
  // Tables of the recipe, and what they come to.
  TrainConfig train;
  optim::OptimizerConfig optimizer;
  ScheduleConfig schedule;
  StagesConfig stages;
  CheckpointConfig checkpoint;
  Plan plan;                                                // of schedule and stages
  runtime::Precision precision = runtime::Precision::fp32;  // of train.precision

  std::filesystem::path checkpoint_folder;
  CaptureSettings captures;
  ValidationSettings validation;
  std::string fixed_choices;  // stored in every checkpoint
  /// Asked behind the end of a stage, and again where a run goes on from there, whether the next
  /// one is made; a function of what was measured alone. Empty: always.
  std::function<bool(std::int64_t stage)> makes_next_stage = {};
};

/// Opens the stream of micro-batches that `stage` trains on at number `first_micro_batch`, counted
/// over all its epochs. Stages share one stream, unless each has data of its own (Plan): then a
/// stage counts from 0, and the loader is made anew with it. Warnings of the loader go to `log`.
using MakeLoader = std::function<std::unique_ptr<data::Loader>(
    std::int64_t stage, std::int64_t first_micro_batch, const core::Log& log)>;

/// What a finished or stopped run reports.
struct TrainSummary {
  TrainState state;
  bool finished = false;  // false: stopped on request, resumable
  double seconds = 0;     // spent in steps
  double data_wait_seconds = 0;
  std::int64_t images = 0;  // trained on in this process
};

/// The training loop: steps, stages, checkpoints. It knows nothing of the method.
class Trainer {
 public:
  /// `method` and `observers` must outlive it.
  Trainer(TrainerSettings settings, methods::Method& method, MakeLoader make_loader,
          std::vector<TrainObserver*> observers, core::Log log);

  /// Goes on from a checkpoint.
  void resume(const Checkpoint& checkpoint);
  /// Trains to the end of the plan or until `stop` is set. Then the micro-batch under way is
  /// finished and a checkpoint of the last whole step written: a step that was stopped inside is
  /// made anew when the run goes on, from its first micro-batch and with the same result. Throws
  /// Error after too many non-finite steps in a row, and when the last steps cannot be saved.
  TrainSummary run(const core::StopRequest& stop);

  /// "name: what is wrong" of the samples that were found broken so far, by index.
  std::vector<std::string> bad_samples() const;

 private:
  std::unique_ptr<optim::Optimizer> fresh_optimizer();
  /// The step at which the current stage ends.
  std::int64_t stage_end() const;
  void switch_stage();
  /// False where the run ends with the stage that has ended.
  bool begin_next_stage();
  double learning_rate() const;
  /// Number of the first micro-batch of the step under way, in the run.
  std::int64_t first_micro_batch() const { return state_.step * settings_.train.accumulate; }
  /// A loader that begins with it.
  std::unique_ptr<data::Loader> open_loader(const core::Log& log) const;
  methods::StepContext step_context() const;
  /// `number`: in the run.
  MicroBatch next_micro_batch(data::Loader& loader, std::int64_t number) const;
  /// Empty if it was stopped inside; then nothing is changed.
  std::optional<StepRecord> optimizer_step();
  /// Adds up the gradients of a step. False if it was stopped before all were there.
  bool add_micro_batches(GradientStep& gradients, StepRecord& record,
                         std::vector<BatchMark>& marks);
  void tell_of_micro_batch(const GradientStep& gradients, const StepRecord& record,
                           double last_seconds, double seconds);
  /// Changes the weights, or skips the step.
  void apply(const StepRecord& record);
  /// Counts the step that was made.
  void advance(StepRecord& record);
  void account(const StepRecord& record);
  /// Keeps the step under way for dbot replay, before it changes the weights.
  void keep_step(const GradientStep& gradients, const StepRecord& record,
                 std::vector<BatchMark> marks);
  CapturedStep captured_step(const GradientStep& gradients, const StepRecord& record) const;
  /// Judges the method if that is due, which may end the stage and bring its best state back.
  std::optional<ValidationRecord> validate();
  void restore_best();
  void tell_of_validation(const ValidationRecord& record);
  /// Checkpoint and observers, where one is due.
  void finish_step();
  Checkpoint checkpoint() const;
  /// Saves if it can; if not, training goes on.
  void try_to_save();
  /// Saves what is not saved yet, or throws Error when patience ends.
  void save_or_fail();
  /// Keeps the steps before an error; a second error is only told.
  void save_after_error();
  /// Whether the newest checkpoint holds what is now.
  bool is_saved() const;
  void tell_of_checkpoint(const std::filesystem::path& folder);

  TrainerSettings settings_;
  methods::Method& method_;
  MakeLoader make_loader_;
  std::vector<TrainObserver*> observers_;
  core::Log log_;
  CaptureKeeper captures_;
  Saver saver_;
  Validation validation_;
  std::unique_ptr<optim::Optimizer> optimizer_;
  std::unique_ptr<data::Loader> loader_;
  bool loader_is_inside_step_ = false;    // one that was stopped: its micro-batches are gone
  std::vector<std::string> bad_samples_;  // of loaders of earlier stages
  bool unsaved_ = false;     // a validation has changed what may have been saved after this step
  bool is_shorter_ = false;  // a stage ended early or is left out: the plan is not the recipe's
  TrainState state_;
  TrainSummary summary_;
  const core::StopRequest* stop_ = nullptr;  // of the `run` under way
};

}  // namespace dbot::train
