#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "dbot/core/log.h"
#include "dbot/core/stop.h"
#include "dbot/data/loader/loader.h"
#include "dbot/methods/method.h"
#include "dbot/optim/adamw.h"
#include "dbot/runtime/precision.h"
#include "dbot/train/capture/gradient_step.h"
#include "dbot/train/checkpoint/checkpoint.h"
#include "dbot/train/checkpoint/saver.h"
#include "dbot/train/observer.h"
#include "dbot/train/plan.h"

namespace dbot::train {

struct TrainConfig {
  std::int64_t batch_size = 128;  // images of one micro-batch
  std::int64_t accumulate = 1;    // micro-batches of one optimizer step
  runtime::PrecisionRequest precision = runtime::PrecisionRequest::automatic;
  std::int64_t seed = 0;
  std::int64_t max_skipped_steps = 20;  // in a row, with a non-finite loss or gradient
  std::int64_t capture_step = 0;        // keep this step for dbot replay; 0: none
};

struct TrainerSettings {
  Plan plan;
  double peak_rate = 0;
  double min_rate = 0;
  double clip_norm = 0;
  bool keep_optimizer = false;
  std::int64_t accumulate = 1;
  std::uint64_t seed = 0;
  std::int64_t max_skipped_steps = 20;
  runtime::Precision precision = runtime::Precision::fp32;
  CheckpointConfig checkpoint;
  std::filesystem::path checkpoint_folder;
  std::filesystem::path capture_folder;  // empty: no captures
  std::int64_t capture_step = 0;         // as in TrainConfig
  std::string fixed_choices;             // stored in every checkpoint
  std::vector<double> mean, std;  // pixel normalisation, for the header of the student's file
  std::string recipe;             // stored with captures
  std::function<std::string(std::int64_t)> sample_name;  // for captures; empty: by number
};

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
  /// `make_loader(first_micro_batch)` opens the stream of micro-batches where the run goes on.
  Trainer(TrainerSettings settings, methods::Method& method,
          const optim::OptimizerConfig& optimizer,
          std::function<std::unique_ptr<data::Loader>(std::int64_t first_batch)> make_loader,
          std::vector<TrainObserver*> observers, core::Log log);

  /// Goes on from a checkpoint.
  void resume(const Checkpoint& checkpoint);
  /// Trains to the end of the plan or until `stop` is set; then the step under way is finished and
  /// a checkpoint written. Throws Error after too many non-finite steps in a row, and when the last
  /// steps cannot be saved.
  TrainSummary run(const core::StopRequest& stop);

 private:
  std::unique_ptr<optim::AdamW> fresh_optimizer();
  /// The step at which the current stage ends.
  std::int64_t stage_end() const;
  void switch_stage();
  double learning_rate() const;
  StepRecord optimizer_step();
  void account(const StepRecord& record);
  /// Keeps the step under way for dbot replay where that is wanted: the weights are still those
  /// before it.
  void capture_if_wanted(const GradientStep& gradients, const StepRecord& record,
                         std::vector<MicroBatch> micro_batches);
  /// Throws Error after too many skipped steps in a row, or when every step of the run was skipped.
  void give_up_without_hope() const;
  /// Checkpoint and observers, where one is due.
  void after_step();
  Checkpoint checkpoint() const;
  std::string encoder_description() const;
  /// Saves if it can; if not, training goes on.
  void try_to_save();
  /// Saves what is not saved yet, or throws Error when patience ends.
  void save_or_fail();
  /// Keeps the steps before an error; a second error is only told.
  void save_after_error();
  void tell_of_checkpoint(const std::filesystem::path& folder);

  TrainerSettings settings_;
  methods::Method& method_;
  optim::OptimizerConfig optimizer_config_;
  std::function<std::unique_ptr<data::Loader>(std::int64_t)> make_loader_;
  std::vector<TrainObserver*> observers_;
  core::Log log_;
  std::unique_ptr<optim::AdamW> optimizer_;
  std::unique_ptr<data::Loader> loader_;
  TrainState state_;
  TrainSummary summary_;
  Saver saver_;
  bool gave_up_saving_ = false;
  const core::StopRequest* stop_ = nullptr;  // of the `run` under way
};

}  // namespace dbot::train
