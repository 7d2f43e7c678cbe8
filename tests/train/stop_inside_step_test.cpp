// A stop between two micro-batches: the step is given up as if it had not begun.
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/train/small_training.h"

namespace dbot::train {
namespace {

namespace fs = std::filesystem;

/// Asks to stop after a micro-batch of the step that begins at `step`.
class StopInside : public TrainObserver {
 public:
  StopInside(core::StopRequest& stop, std::int64_t step, std::int64_t done)
      : stop_(stop), step_(step), done_(done) {}
  void on_micro_batch(const StepProgress& progress, methods::Method&) override {
    if (progress.state.step == step_ && progress.done == done_) stop_.request();
  }

 private:
  core::StopRequest& stop_;
  std::int64_t step_, done_;
};

class StopInsideAStep : public TrainerTest {
 protected:
  void SetUp() override {
    TrainerTest::SetUp();
    settings_.train.batch_size = 2;
    settings_.train.accumulate = 4;
  }

  static void expect_equal(const runtime::NamedTensors& a, const runtime::NamedTensors& b) {
    ASSERT_EQ(a.size(), b.size());
    for (const auto& [name, value] : a) EXPECT_TRUE(at::equal(value, b.at(name))) << name;
  }
};

TEST_F(StopInsideAStep, TheStepIsMadeAnewAndTheEndIsTheSameBitForBit) {
  methods::MaskedModeling whole(tiny_method());
  trainer(whole).run(stop_);
  // The first step, one inside a stage, the first of a stage and of an epoch, and the last.
  for (const std::int64_t step : {0, 3, 6, 4, 11}) {
    for (const std::int64_t done : {1, 3}) {
      SCOPED_TRACE(std::to_string(done) + " micro-batches after step " + std::to_string(step));
      fs::remove_all(settings_.checkpoint_folder);
      core::StopRequest stop;
      StopInside observer(stop, step, done);
      methods::MaskedModeling first(tiny_method()), second(tiny_method());
      const TrainSummary summary = trainer(first, {&observer}).run(stop);
      EXPECT_FALSE(summary.finished);
      EXPECT_EQ(summary.state.step, step);
      const auto saved = read_newest_checkpoint(settings_.checkpoint_folder, core::silent_log());
      ASSERT_TRUE(saved.has_value());
      EXPECT_EQ(saved->state.step, step);
      EXPECT_EQ(saved->state.images_seen, 8 * step);
      Trainer resumed = trainer(second);
      resumed.resume(*saved);
      EXPECT_TRUE(resumed.run(core::StopRequest()).finished);
      expect_equal(whole.state(), second.state());
    }
  }
}

TEST_F(StopInsideAStep, TheSameTrainerGoesOnToo) {
  methods::MaskedModeling whole(tiny_method()), stopped(tiny_method());
  trainer(whole).run(stop_);
  core::StopRequest stop;
  StopInside observer(stop, 2, 2);
  Trainer training = trainer(stopped, {&observer});
  EXPECT_FALSE(training.run(stop).finished);
  EXPECT_TRUE(training.run(core::StopRequest()).finished);
  expect_equal(whole.state(), stopped.state());
}

TEST_F(StopInsideAStep, AStopAfterItsLastMicroBatchFinishesTheStep) {
  core::StopRequest stop;
  StopInside observer(stop, 2, 4);
  methods::MaskedModeling method(tiny_method());
  EXPECT_EQ(trainer(method, {&observer}).run(stop).state.step, 3);
}

TEST_F(StopInsideAStep, ObserversSeeEachMicroBatchBeforeTheStep) {
  struct Watcher : TrainObserver {
    void on_micro_batch(const StepProgress& progress, methods::Method&) override {
      seen.push_back(progress);
    }
    void on_step(const StepRecord& record, methods::Method&) override {
      EXPECT_EQ(seen.back().done, 4);
      EXPECT_NEAR(seen.back().loss, record.loss, 1e-9);
      EXPECT_EQ(seen.back().state.step, record.state.step - 1);
      EXPECT_LE(seen.back().seconds, record.seconds);
    }
    std::vector<StepProgress> seen;
  } watcher;
  methods::MaskedModeling method(tiny_method());
  trainer(method, {&watcher}).run(stop_);
  ASSERT_EQ(watcher.seen.size(), 48U);
  EXPECT_EQ(watcher.seen[1].done, 2);
  EXPECT_EQ(watcher.seen[1].of, 4);
  EXPECT_EQ(watcher.seen[1].images, 4);
  EXPECT_GT(watcher.seen[1].last_seconds, 0);
}

}  // namespace
}  // namespace dbot::train
