// Steps whose loss or gradient is not finite.
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include <cmath>

#include "dbot/core/error.h"
#include "tests/train/small_training.h"

namespace dbot::train {
namespace {

TEST_F(TrainerTest, ANonFiniteLossNeverReachesTheWeights) {
  settings_.plan = one_stage(6);
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
  settings_.plan = one_stage(3);
  accumulate_two();
  trainer(method, {&watch}).run(stop_);
  EXPECT_EQ(watch.skipped, 1);
}

TEST_F(TrainerTest, TooManyNonFiniteStepsInARowStopTheRunAndKeepItsState) {
  settings_.plan = one_stage(12);
  FaultyMethod method({2, 3, 4, 5, 6});
  EXPECT_THROW(trainer(method).run(stop_), Error);
  const auto checkpoint = read_newest_checkpoint(settings_.checkpoint_folder, core::silent_log());
  ASSERT_TRUE(checkpoint.has_value());
  EXPECT_EQ(checkpoint->state.step, 5);
  EXPECT_EQ(checkpoint->state.skipped_steps, 3);
}

TEST_F(TrainerTest, AGoodStepEndsARowOfSkippedOnes) {
  settings_.plan = one_stage(12);
  FaultyMethod method({1, 2, 4, 5, 7, 8});  // never three in a row, which is the limit
  Recorder recorder;
  const TrainSummary summary = trainer(method, {&recorder}).run(stop_);
  EXPECT_TRUE(summary.finished);
  EXPECT_EQ(summary.state.skipped_steps, 6);
  std::vector<std::int64_t> in_a_row;
  for (const StepRecord& step : recorder.steps) in_a_row.push_back(step.state.skipped_in_a_row);
  EXPECT_EQ(in_a_row, (std::vector<std::int64_t>{0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 0, 0}));
}

TEST_F(TrainerTest, ARunWithoutOneGoodStepFails) {
  settings_.plan = one_stage(2);
  FaultyMethod method({0, 1});
  Recorder recorder;
  EXPECT_THROW(trainer(method, {&recorder}).run(stop_), Error);
  EXPECT_EQ(recorder.steps.size(), 2u) << "the last step is recorded too";
}

}  // namespace
}  // namespace dbot::train
