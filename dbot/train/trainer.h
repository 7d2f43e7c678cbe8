#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dbot/core/clock.h"
#include "dbot/core/log.h"
#include "dbot/core/stop.h"
#include "dbot/data/loader/loader.h"
#include "dbot/methods/method.h"
#include "dbot/optim/lane_sum.h"
#include "dbot/runtime/precision.h"
#include "dbot/train/capture/capture_keeper.h"
#include "dbot/train/capture/gradient_step.h"
#include "dbot/train/checkpoint/checkpoint.h"
#include "dbot/train/checkpoint/saver.h"
#include "dbot/train/late/late_step.h"
#include "dbot/train/late/repeated_step.h"
#include "dbot/train/loss_spikes.h"
#include "dbot/train/observer.h"
#include "dbot/train/plan.h"
#include "dbot/train/ranks/ranks.h"
#include "dbot/train/ranks/step_report.h"
#include "dbot/train/ranks/weight_update.h"
#include "dbot/train/step_share.h"
#include "dbot/train/validation.h"

namespace dbot::train {

struct TrainConfig {
  std::int64_t batch_size = 128;  // images of one micro-batch
  std::int64_t accumulate = 1;    // micro-batches of one optimizer step, of all processes together
  std::int64_t lanes = 0;         // StepShare; 0: not decided, which counts as 1
  /// Several processes add up gradients in pieces of so many bytes while the last backward pass of
  /// a step makes others (EarlySums); 0: behind it.
  std::int64_t early_sum_bytes = 0;
  runtime::PrecisionRequest precision = runtime::PrecisionRequest::automatic;
  std::int64_t seed = 0;
  std::int64_t max_skipped_steps = 20;  // in a row, with a non-finite loss or gradient
  double spike_factor = 0;              // LossSpikes
  GraphUse graph = GraphUse::automatic;
  std::int64_t capture_step = 0;                       // keep this step for dbot replay; 0: none
  std::int64_t capture_bytes = std::int64_t{1} << 35;  // most that captures take together; 0: any

  std::int64_t images_per_step() const { return batch_size * accumulate; }
  std::int64_t lanes_or_one() const { return lanes > 0 ? lanes : 1; }
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
  /// one is made; a function of what was measured alone. Empty: always. Of several processes the
  /// first is asked; all have one or none has.
  std::function<bool(std::int64_t stage)> makes_next_stage = {};
  Ranks* ranks = nullptr;  // that train together, and outlive the trainer; null: one process
};

/// Where a stream of micro-batches begins. Stages share one stream, unless each has data of its own
/// (Plan): then a stage counts from 0, and the loader is made anew with it.
struct LoaderStart {
  std::int64_t stage = 0;
  std::int64_t first_step = 0;  // counted over all epochs
  StepShare share;              // what of each step is read
  int rank = 0, ranks = 1;      // of which this is the share

  /// Puts the place and the share into a loader's configuration.
  void apply_to(data::LoaderConfig& config) const;
};

/// Opens the stream that a stage trains on. Warnings of the loader go to `log`.
using MakeLoader =
    std::function<std::unique_ptr<data::Loader>(const LoaderStart& start, const core::Log& log)>;

/// What a finished or stopped run reports.
struct TrainSummary {
  TrainState state;
  bool finished = false;  // false: stopped on request, resumable
  double seconds = 0;     // spent in steps
  double data_wait_seconds = 0;
  std::int64_t images = 0;  // trained on in this process
};

/// The training loop: steps, stages, checkpoints. It knows nothing of the method. Several processes
/// train one run together when each has a trainer with the same settings and the same method; the
/// first of them alone writes and is watched.
///
/// On a device one process is a step ahead: what a step came to is read while the next one runs, so
/// that its record comes one step late. Before anything else is due behind a step (a checkpoint, an
/// epoch's or a stage's end, a validation, a stop) its record is waited for.
class Trainer {
 public:
  /// `method` and `observers` must outlive it. Ranks other than the first have no observers. Throws
  /// UsageError where the ranks do not divide the micro-batches of a step.
  Trainer(TrainerSettings settings, methods::Method& method, MakeLoader make_loader,
          std::vector<TrainObserver*> observers, core::Log log);

  /// Goes on from a checkpoint.
  void resume(const Checkpoint& checkpoint);
  /// Trains to the end of the plan or until `stop` is set. Then the micro-batch under way is
  /// finished and a checkpoint of the last whole step written: a step that was stopped inside is
  /// made anew when the run goes on, from its first micro-batch and with the same result. Throws
  /// UsageError where train.graph is on and steps cannot be repeated;
  /// Error after too many non-finite steps in a row, where the loss leaps (train.spike_factor), and
  /// when the last steps cannot be saved.
  TrainSummary run(const core::StopRequest& stop);

  /// "name: what is wrong" of the samples that were found broken so far, by index.
  std::vector<std::string> bad_samples() const;

 private:
  std::unique_ptr<WeightUpdate> fresh_update();
  /// Throws UsageError where several processes cannot share the method's steps.
  void require_shareable();
  /// Before what all ranks do together between steps: throws Stopped if the first was stopped in
  /// what it does there alone.
  void go_on_together();
  /// The step at which the current stage ends.
  std::int64_t stage_end() const;
  void switch_stage();
  /// Shows the method what it asks for of the stage's data, from its first batch on.
  void show_batches(methods::StageMoment moment);
  /// False where the run ends with the stage that has ended.
  bool begin_next_stage();
  double learning_rate() const;
  /// Number of the first micro-batch of the step under way, in the run.
  std::int64_t first_micro_batch() const { return state_.step * settings_.train.accumulate; }
  /// Of this rank's share, from the step under way on.
  LoaderStart loader_start() const;
  /// How this rank stands to the step, and whether it wants to save behind it.
  Agreement own_agreement(bool whole, bool finite) const;
  methods::StepContext step_context() const;
  /// `number`: in the run.
  MicroBatch next_micro_batch(data::Loader& loader, std::int64_t number) const;
  /// Until the end of the plan, or until a stop.
  void make_steps();
  /// Whether a further step follows; switches the stage before it where one has ended.
  bool goes_on();
  /// One step with all that follows it. False if it was stopped inside.
  bool make_step();
  /// Opens the stream where a step has to, and counts its time from here.
  void begin_step();
  /// The record of a step, as it is known.
  void take(const StepRecord& record);
  /// What is due behind a step.
  void end_step();

  /// Whether the step to come may be read one step late.
  bool is_late() const;
  /// One step, and the record of the one before it. False if it was stopped inside.
  bool make_late_step();
  /// Tells the device a step and counts it. Empty if it was stopped inside.
  std::optional<LateStep> tell_step();
  /// Its parts. All that changes from step to step is on the device before it is told: batches,
  /// draws, rate; so a step that was recorded can be repeated (RepeatedStep).
  void prepare_device();
  std::optional<StepFigures> tell_plain_step(StepRecord& record);
  std::optional<StepFigures> repeat_step(StepRecord& record);
  StepFigures finish_on_device(GradientStep& gradients);
  /// Empty where steps can be repeated as a graph.
  std::string why_not_repeated() const;
  /// Throws UsageError where train.graph is on and they cannot.
  void require_repeatable() const;
  /// What a step came to, which was the newest or is one behind. False as `make_step`.
  bool take_late(LateStep step, bool newest);
  /// Reads what is unread. False as `make_step`.
  bool settle();
  bool must_settle() const;
  /// A skipped step once more, to be kept; those behind it were not made.
  bool make_again(const TrainState& before);
  /// Empty if it was stopped inside, by any rank; then nothing is changed.
  std::optional<StepRecord> optimizer_step();
  void drop_step();
  /// Losses and figures of all ranks, where this is the first.
  void add_report(const GradientStep& gradients, StepRecord& record);
  /// This rank's share of a step, and what all agree on behind it.
  Agreement make_share(GradientStep& gradients, StepRecord& record, std::vector<BatchMark>& marks);
  /// The same where sums begin inside the last micro-batch: nobody gives a step up behind its
  /// begin.
  Agreement make_share_early(GradientStep& gradients, StepRecord& record,
                             std::vector<BatchMark>& marks);
  bool sums_early() const;
  /// Adds the gradients of this rank's first micro-batches up to `end`. False if it was stopped
  /// before all were there.
  bool add_micro_batches(GradientStep& gradients, StepRecord& record, std::vector<BatchMark>& marks,
                         std::int64_t end);
  void add_micro_batch(GradientStep& gradients, StepRecord& record, std::vector<BatchMark>& marks);
  /// The next of this rank's share, which is the `micro`-th of the step.
  MicroBatch take_micro_batch(StepRecord& record, std::int64_t micro);
  void tell_of_micro_batch(const StepRecord& record, std::int64_t done, double loss,
                           double last_seconds);
  /// Changes the weights, or skips the step.
  void apply(const StepRecord& record);
  /// Counts the step that was made.
  void advance(StepRecord& record);
  void account(const StepRecord& record);
  /// Keeps the step under way for dbot replay, before it changes the weights, if it is wanted.
  void keep_if_wanted(GradientStep& gradients, const StepRecord& record,
                      std::vector<BatchMark> marks);
  void keep_step(const CapturedStep& captured, std::vector<BatchMark> marks);
  CapturedStep captured_step(const StepRecord& record) const;
  /// Judges the method if that is due, which may end the stage and bring its best state back.
  std::optional<ValidationRecord> validate();
  void restore_best();
  void tell_of_validation(const ValidationRecord& record);
  /// Checkpoint and observers, where one is due.
  void finish_step();
  /// Whole on the first rank. All ranks call it.
  Checkpoint checkpoint() const;
  /// Saves if it can; if not, training goes on. All ranks call these.
  void try_to_save();
  /// Saves what is not saved yet, or throws Error when patience ends.
  void save_or_fail();
  /// Reads what is unread, for a run that ends by an error or a stop; another one is only told.
  void read_rest();
  /// Keeps the steps before an error; a second error is only told.
  void save_after_error();
  /// Whether the newest checkpoint holds what is now.
  bool is_saved() const;
  /// Throws Error, naming the first rank that differs, unless all have the same weights.
  void check_weights();
  void tell_of_checkpoint(const std::filesystem::path& folder);

  TrainerSettings settings_;
  methods::Method& method_;
  MakeLoader make_loader_;
  std::vector<TrainObserver*> observers_;
  core::Log log_;
  CaptureKeeper captures_;
  Saver saver_;
  Validation validation_;
  Ranks alone_;
  Ranks& ranks_;
  StepShare share_;
  optim::LaneSum lanes_;
  std::unique_ptr<WeightUpdate> update_;
  std::unique_ptr<data::Loader> loader_;
  bool loader_is_inside_step_ = false;    // one that was stopped: its micro-batches are gone
  std::vector<std::string> bad_samples_;  // of loaders of earlier stages
  bool unsaved_ = false;     // a validation has changed what may have been saved after this step
  bool is_shorter_ = false;  // a stage ended early or is left out: the plan is not the recipe's
  LossSpikes spikes_;
  bool ends_ = false;           // all ranks have agreed that no further step is made
  bool keeps_ = false;          // steps may be kept for replay
  bool keeps_skipped_ = false;  // there is room for one more that goes wrong
  std::optional<LateStep> unread_;
  std::optional<StepGate> gate_;  // on the device of the parameters, once a step is late
  std::optional<RepeatedStep> repeated_;
  bool saves_ = false;          // they have agreed that a checkpoint follows the step under way
  std::vector<double> losses_;  // of the micro-batches of the last step, of all ranks on the first
  TrainState state_;
  TrainSummary summary_;
  core::Stopwatch step_clock_;               // since the step under way began
  const core::StopRequest* stop_ = nullptr;  // of the `run` under way
};

}  // namespace dbot::train
