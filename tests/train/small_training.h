#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dbot/data/loader/image_part.h"
#include "dbot/methods/masked_modeling/masked_modeling.h"
#include "dbot/train/trainer.h"
#include "tests/core/temporary_folder.h"
#include "tests/support/synthetic_dataset.h"

// What the trainer's tests train: a tiny network on 32 images of 8×8 pixels, 8 images a step.
namespace dbot::train {

inline methods::MaskedModelingConfig tiny_method() {
  methods::MaskedModelingConfig config;
  config.encoder = {
      .image_size = {8, 8}, .channels = 3, .patch_size = 4, .width = 16, .depth = 2, .heads = 2};
  config.decoder = {.width = 8, .depth = 1, .heads = 2};
  config.drop_path = 0.3;
  config.mean = {0.5, 0.5, 0.5};
  config.std = {0.25, 0.25, 0.25};
  return config;
}

/// Turns the loss of chosen steps into NaN.
class FaultyMethod : public methods::MaskedModeling {
 public:
  explicit FaultyMethod(std::set<std::int64_t> steps)
      : MaskedModeling(tiny_method()), steps_(std::move(steps)) {}
  methods::StepResult training_step(const data::Batch& batch, const methods::StepDraws& draws,
                                    const methods::StepContext& context) override {
    methods::StepResult result = MaskedModeling::training_step(batch, draws, context);
    if (steps_.contains(context.step)) result.loss = result.loss.mul(std::nan(""));
    return result;
  }

 private:
  std::set<std::int64_t> steps_;
};

/// Asks to stop after a number of steps.
class StopAfter : public TrainObserver {
 public:
  StopAfter(core::StopRequest& stop, std::int64_t step) : stop_(stop), step_(step) {}
  void on_step(const StepRecord& record, methods::Method&) override {
    if (record.state.step == step_) stop_.request();
  }

 private:
  core::StopRequest& stop_;
  std::int64_t step_;
};

class Recorder : public TrainObserver {
 public:
  void on_step(const StepRecord& record, methods::Method&) override { steps.push_back(record); }
  void on_stage_end(std::int64_t stage, const TrainState&, methods::Method&) override {
    stages.push_back(stage);
  }
  void on_epoch_end(std::int64_t epoch, const TrainState&, methods::Method&) override {
    epochs.push_back(epoch);
  }
  std::vector<StepRecord> steps;
  std::vector<std::int64_t> stages, epochs;
};

/// Two stages of six steps, of which four make an epoch.
class TrainerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    settings_.plan = {.steps_per_epoch = 4, .stage_begin = {0, 6, 12}, .warmup_steps = {2, 2}};
    settings_.train.batch_size = 8;
    settings_.train.max_skipped_steps = 3;
    settings_.train.graph = GraphUse::off;         // unless a test is of graphs
    settings_.optimizer.base_lr = 1e-2 * 256 / 8;  // 1e-2 for 8 images a step
    settings_.optimizer.clip_norm = 1.0;
    settings_.checkpoint = {.every_steps = 0, .every_epochs = 0, .keep = 2};
    settings_.checkpoint_folder = folder_ / "checkpoints";
  }

  /// One stage of so many steps without a warm-up.
  static Plan one_stage(std::int64_t steps) {
    return {.steps_per_epoch = 4, .stage_begin = {0, steps}, .warmup_steps = {0}};
  }

  /// The same images a step in two micro-batches.
  void accumulate_two() {
    settings_.train.batch_size = 4;
    settings_.train.accumulate = 2;
  }

  MakeLoader loader() const {
    return [dataset = dataset_, train = settings_.train](const LoaderStart& start,
                                                         const core::Log& log) {
      data::LoaderConfig config;
      config.batch_size = train.batch_size;
      config.batches_per_epoch = 4 * start.share.count;
      start.apply_to(config);
      config.workers = 2;
      return std::make_unique<data::Loader>(
          dataset, std::vector{data::image_part({.image_size = {8, 8}})}, config, log);
    };
  }

  /// What it has to say is added to `said_`.
  Trainer trainer(methods::Method& method, std::vector<TrainObserver*> observers = {}) {
    return Trainer(settings_, method, loader(), std::move(observers), log());
  }
  core::Log log() {
    return [this](core::LogLevel, std::string_view text) { said_.emplace_back(text); };
  }

  test::TemporaryFolder folder_;
  TrainerSettings settings_;
  std::shared_ptr<const data::Dataset> dataset_ = std::make_shared<test::SyntheticDataset>(32, 8);
  core::StopRequest stop_;
  std::vector<std::string> said_;
};

}  // namespace dbot::train
