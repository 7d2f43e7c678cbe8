#include "dbot/train/trainer.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <set>

#include "dbot/core/error.h"
#include "dbot/exchange/import/encoder_file.h"
#include "dbot/methods/masked_modeling/masked_modeling.h"
#include "tests/support/synthetic_dataset.h"

namespace dbot::train {
namespace {

namespace fs = std::filesystem;

methods::MaskedModelingConfig tiny_method() {
  methods::MaskedModelingConfig config;
  config.encoder = {{8, 8}, 3, 4, 16, 2, 2};
  config.decoder = {8, 1, 2};
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

class TrainerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() /
              ("dbot-trainer-" + std::to_string(::getpid()) + "-" +
               ::testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    settings_.plan = {4, {0, 6, 12}, {2.0, 2.0}};
    settings_.peak_rate = 1e-2;
    settings_.clip_norm = 1.0;
    settings_.checkpoint = {0, 0, 2};
    settings_.checkpoint_folder = folder_ / "checkpoints";
    settings_.max_skipped_steps = 3;
  }
  void TearDown() override { fs::remove_all(folder_); }

  Trainer trainer(methods::Method& method, std::vector<TrainObserver*> observers = {}) {
    auto dataset = std::make_shared<test::SyntheticDataset>(32, 8);
    const auto accumulate = settings_.accumulate;
    const auto make_loader = [dataset, accumulate](std::int64_t first_batch) {
      data::LoaderConfig config;
      config.image_size = {8, 8};
      config.batch_size = 8 / accumulate;
      config.batches_per_epoch = 4 * accumulate;
      config.first_batch = first_batch;
      config.workers = 2;
      return std::make_unique<data::Loader>(dataset, config, core::silent_log());
    };
    return Trainer(settings_, method, optim::OptimizerConfig{}, make_loader, observers,
                   core::silent_log());
  }

  fs::path folder_;
  TrainerSettings settings_;
  core::StopRequest stop_;
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

TEST_F(TrainerTest, RunsAllStagesWithAFreshScheduleInEach) {
  methods::MaskedModeling method(tiny_method());
  Recorder recorder;
  const TrainSummary summary = trainer(method, {&recorder}).run(stop_);
  EXPECT_TRUE(summary.finished);
  EXPECT_EQ(summary.state.step, 12);
  EXPECT_EQ(summary.images, 96);
  EXPECT_EQ(recorder.stages, (std::vector<std::int64_t>{0, 1}));
  EXPECT_EQ(recorder.epochs, (std::vector<std::int64_t>{1, 2, 3}));
  ASSERT_EQ(recorder.steps.size(), 12u);
  EXPECT_EQ(recorder.steps[0].learning_rate, 0.0);
  EXPECT_EQ(recorder.steps[6].learning_rate, 0.0);
  EXPECT_NEAR(recorder.steps[2].learning_rate, 1e-2, 1e-12);
  EXPECT_EQ(recorder.steps[7].learning_rate, recorder.steps[1].learning_rate);
  EXPECT_TRUE(std::isfinite(recorder.steps.back().loss));
}

TEST_F(TrainerTest, StoppedAndResumedAnywhereEndsBitIdentical) {
  methods::MaskedModeling whole(tiny_method());
  trainer(whole).run(stop_);
  for (const std::int64_t stop_at : {1, 5, 6, 7, 11}) {
    fs::remove_all(settings_.checkpoint_folder);
    core::StopRequest stop;
    methods::MaskedModeling first(tiny_method());
    StopAfter observer(stop, stop_at);
    EXPECT_FALSE(trainer(first, {&observer}).run(stop).finished);
    const auto checkpoint = read_newest_checkpoint(settings_.checkpoint_folder, core::silent_log());
    ASSERT_TRUE(checkpoint.has_value());
    EXPECT_EQ(checkpoint->state.step, stop_at);
    methods::MaskedModeling second(tiny_method());
    Trainer resumed = trainer(second);
    resumed.resume(*checkpoint);
    EXPECT_TRUE(resumed.run(core::StopRequest()).finished);
    for (const auto& [name, value] : whole.state()) {
      EXPECT_TRUE(at::equal(value, second.state().at(name))) << name << " after " << stop_at;
    }
  }
}

TEST_F(TrainerTest, AnAccumulatedRunGoesOnWithTheVeryNextMicroBatch) {
  settings_.accumulate = 2;
  settings_.plan = {4, {0, 7}, {2.0}};
  methods::MaskedModeling whole(tiny_method());
  Recorder recorder;
  trainer(whole, {&recorder}).run(stop_);
  EXPECT_EQ(recorder.steps.back().batches_ahead, 2);
  EXPECT_LE(recorder.steps.back().batches_ready, 2);
  for (const std::int64_t stop_at : {3, 6}) {  // in the middle of the first epoch and the second
    fs::remove_all(settings_.checkpoint_folder);
    core::StopRequest stop;
    methods::MaskedModeling first(tiny_method()), second(tiny_method());
    StopAfter observer(stop, stop_at);
    trainer(first, {&observer}).run(stop);
    Trainer resumed = trainer(second);
    resumed.resume(*read_newest_checkpoint(settings_.checkpoint_folder, core::silent_log()));
    resumed.run(core::StopRequest());
    for (const auto& [name, value] : whole.state()) {
      EXPECT_TRUE(at::equal(value, second.state().at(name))) << name << " after " << stop_at;
    }
  }
}

TEST_F(TrainerTest, AccumulatedMicroBatchesGiveTheStepOfOneLargeBatch) {
  methods::MaskedModeling large(tiny_method()), accumulated(tiny_method());
  settings_.plan = {4, {0, 3}, {1.0}};
  Recorder one, two;
  trainer(large, {&one}).run(stop_);
  fs::remove_all(settings_.checkpoint_folder);
  settings_.accumulate = 2;
  trainer(accumulated, {&two}).run(stop_);
  for (std::size_t step = 0; step < 3; ++step) {
    EXPECT_NEAR(one.steps[step].loss, two.steps[step].loss, 1e-5);
    EXPECT_NEAR(one.steps[step].gradient_norm, two.steps[step].gradient_norm, 1e-4);
    EXPECT_EQ(two.steps[step].images, 8);
  }
}

TEST_F(TrainerTest, ANonFiniteLossNeverReachesTheWeights) {
  settings_.plan = {4, {0, 6}, {0.0}};
  FaultyMethod method({2});
  Recorder recorder;
  class Watch : public TrainObserver {
   public:
    void on_step(const StepRecord&, methods::Method& watched) override {
      values.push_back(static_cast<methods::MaskedModeling&>(watched)
                           .student()
                           .parameters()
                           ->flat_values()
                           .clone());
    }
    std::vector<at::Tensor> values;
  } watch;
  const TrainSummary summary = trainer(method, {&recorder, &watch}).run(stop_);
  EXPECT_EQ(summary.state.skipped_steps, 1);
  EXPECT_TRUE(recorder.steps[2].skipped);
  EXPECT_TRUE(at::equal(watch.values[1], watch.values[2]));
  EXPECT_FALSE(at::equal(watch.values[2], watch.values[3]));
  EXPECT_TRUE(std::isfinite(watch.values.back().sum().item().toDouble()));
}

TEST_F(TrainerTest, EveryStepLeavesClearGradients) {
  /// The second micro-batch of the second step fails when the first one's gradient is there
  /// already.
  class FailsLate : public methods::MaskedModeling {
   public:
    FailsLate() : MaskedModeling(tiny_method()) {}
    methods::StepResult training_step(const data::Batch& batch, const methods::StepDraws& draws,
                                      const methods::StepContext& context) override {
      methods::StepResult result = MaskedModeling::training_step(batch, draws, context);
      if (++calls_ == 4) result.loss = result.loss.mul(std::nan(""));
      return result;
    }

   private:
    int calls_ = 0;
  } method;
  class Watch : public TrainObserver {
   public:
    void on_step(const StepRecord& record, methods::Method& watched) override {
      skipped += record.skipped ? 1 : 0;
      for (const auto& group : watched.parameter_groups(0)) {
        EXPECT_EQ(group.gradients.abs().max().item().toDouble(), 0) << record.state.step;
      }
    }
    int skipped = 0;
  } watch;
  settings_.plan = {4, {0, 3}, {0.0}};
  settings_.accumulate = 2;
  trainer(method, {&watch}).run(stop_);
  EXPECT_EQ(watch.skipped, 1);
}

TEST_F(TrainerTest, TooManyNonFiniteStepsInARowStopTheRunAndKeepItsState) {
  settings_.plan = {4, {0, 12}, {0.0}};
  FaultyMethod method({2, 3, 4, 5, 6});
  EXPECT_THROW(trainer(method).run(stop_), Error);
  const auto checkpoint = read_newest_checkpoint(settings_.checkpoint_folder, core::silent_log());
  ASSERT_TRUE(checkpoint.has_value());
  EXPECT_EQ(checkpoint->state.step, 5);
  EXPECT_EQ(checkpoint->state.skipped_steps, 3);
}

TEST_F(TrainerTest, ARunWithoutOneGoodStepFails) {
  settings_.plan = {4, {0, 2}, {0.0}};
  FaultyMethod method({0, 1});
  Recorder recorder;
  EXPECT_THROW(trainer(method, {&recorder}).run(stop_), Error);
  EXPECT_EQ(recorder.steps.size(), 2u) << "the last step is recorded too";
}

TEST_F(TrainerTest, OptimizerStateIsResetAtAStageEndUnlessKept) {
  for (const bool keep : {false, true}) {
    fs::remove_all(settings_.checkpoint_folder);
    settings_.keep_optimizer = keep;
    methods::MaskedModeling method(tiny_method());
    trainer(method).run(stop_);
    const auto checkpoint = read_newest_checkpoint(settings_.checkpoint_folder, core::silent_log());
    EXPECT_EQ(checkpoint->tensors.at("optimizer.step").item().toLong(), keep ? 12 : 6);
  }
}

TEST_F(TrainerTest, TheStudentsFileTellsTheDepthOfItsOwnStage) {
  methods::MaskedModelingConfig config = tiny_method();
  config.student_depth = {1, 3};
  methods::MaskedModeling method(config);
  trainer(method).run(stop_);
  for (const auto& [step, depth] : {std::pair{"step-00000006", 1}, {"step-00000012", 3}}) {
    const auto file = settings_.checkpoint_folder / step / "student.safetensors";
    EXPECT_EQ(exchange::load_encoder(file).description.config.depth, depth);
  }
}

TEST_F(TrainerTest, AnObserverThatGivesUpOnRequestLeavesAResumableRun) {
  class GivesUp : public TrainObserver {
    void on_epoch_end(std::int64_t, const TrainState&, methods::Method&) override {
      throw Stopped("[evaluate] stopped on request");
    }
  } observer;
  methods::MaskedModeling method(tiny_method());
  const TrainSummary summary = trainer(method, {&observer}).run(stop_);
  EXPECT_FALSE(summary.finished);
  EXPECT_EQ(read_newest_checkpoint(settings_.checkpoint_folder, core::silent_log())->state.step, 4);
}

}  // namespace
}  // namespace dbot::train
