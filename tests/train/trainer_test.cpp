#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "dbot/core/error.h"
#include "dbot/exchange/encoder_description.h"
#include "dbot/exchange/import/encoder_file.h"
#include "tests/train/small_training.h"

namespace dbot::train {
namespace {

namespace fs = std::filesystem;

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
  accumulate_two();
  settings_.plan = {.steps_per_epoch = 4, .stage_begin = {0, 7}, .warmup_steps = {2}};
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
  settings_.plan = {.steps_per_epoch = 4, .stage_begin = {0, 3}, .warmup_steps = {1}};
  Recorder one, two;
  trainer(large, {&one}).run(stop_);
  fs::remove_all(settings_.checkpoint_folder);
  accumulate_two();
  trainer(accumulated, {&two}).run(stop_);
  for (std::size_t step = 0; step < 3; ++step) {
    EXPECT_NEAR(one.steps[step].loss, two.steps[step].loss, 1e-5);
    EXPECT_NEAR(one.steps[step].gradient_norm, two.steps[step].gradient_norm, 1e-4);
    EXPECT_EQ(two.steps[step].images, 8);
  }
}

TEST_F(TrainerTest, FurtherFiguresAreMeansOverTheMicroBatchesThatHaveThem) {
  /// "call" counts micro-batches; "odd" is told by every other one only.
  class Talkative : public methods::MaskedModeling {
   public:
    Talkative() : MaskedModeling(tiny_method()) {}
    methods::StepResult training_step(const data::Batch& batch, const methods::StepDraws& draws,
                                      const methods::StepContext& context) override {
      methods::StepResult result = MaskedModeling::training_step(batch, draws, context);
      ++calls_;
      if (calls_ % 2 == 1) result.scalars.emplace_back("odd", at::full({1}, calls_, at::kLong));
      result.scalars.emplace_back("call", result.loss.mul(0).add(calls_));
      return result;
    }

   private:
    int calls_ = 0;
  } method;
  settings_.plan = one_stage(2);
  accumulate_two();
  Recorder recorder;
  trainer(method, {&recorder}).run(stop_);
  using Scalars = std::vector<std::pair<std::string, double>>;
  ASSERT_EQ(recorder.steps.size(), 2u);
  EXPECT_EQ(recorder.steps[0].scalars, (Scalars{{"odd", 1}, {"call", 1.5}}));
  EXPECT_EQ(recorder.steps[1].scalars, (Scalars{{"odd", 3}, {"call", 3.5}}));
}

TEST_F(TrainerTest, OptimizerStateIsResetAtAStageEndUnlessKept) {
  for (const bool keep : {false, true}) {
    fs::remove_all(settings_.checkpoint_folder);
    settings_.stages.keep_optimizer = keep;
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

TEST_F(TrainerTest, AFileWithoutADescriptionIsOneToo) {
  methods::MaskedModeling method(tiny_method());
  trainer(method).run(stop_);
  const auto checkpoint = read_newest_checkpoint(settings_.checkpoint_folder, core::silent_log());
  EXPECT_TRUE(checkpoint->tensors.contains("student.cls_token"));
}

TEST_F(TrainerTest, TellsWhichSamplesWereBroken) {
  class OneBroken : public test::SyntheticDataset {
   public:
    OneBroken() : SyntheticDataset(32, 8) {}
    void read(std::int64_t index, data::Sample& sample) const override {
      if (index == 7) throw DataError({.fault = Fault::truncated, .reason = "cut off"});
      SyntheticDataset::read(index, sample);
    }
  };
  dataset_ = std::make_shared<OneBroken>();
  methods::MaskedModeling method(tiny_method());
  Trainer trained = trainer(method);
  EXPECT_TRUE(trained.bad_samples().empty()) << "nothing is read yet";
  trained.run(stop_);
  EXPECT_EQ(trained.bad_samples(), std::vector<std::string>{"synthetic[7]: cut off"});
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
