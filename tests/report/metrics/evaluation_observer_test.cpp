#include "dbot/report/metrics/evaluation_observer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <optional>

#include "dbot/core/error.h"
#include "tests/report/fake_method.h"

namespace dbot::report {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;

/// Two stages of two epochs, two steps each; walked through as the trainer does.
class EvaluationObserverTest : public testing::Test {
 protected:
  void SetUp() override {
    path_ = fs::temp_directory_path() /
            ("dbot-evaluation-" + std::to_string(::getpid()) + "-" +
             testing::UnitTest::GetInstance()->current_test_info()->name() + ".jsonl");
    fs::remove(path_);
  }
  void TearDown() override { fs::remove(path_); }

  // Goes on at `from` to `to`; returns what was evaluated. Evaluation number `stop_at` is stopped.
  std::vector<std::string> run(std::int64_t from, std::int64_t to, int stop_at = -1) {
    MetricsFile metrics(path_);
    int calls = 0;
    const auto results = [&]() -> std::vector<EvaluationRow> {
      if (calls++ == stop_at) throw Stopped("stopped");
      return {{"knn", "cls", 10.0 * calls, 50}};
    };
    EvaluationObserver observer(schedule_,
                                {[&](const methods::Method&) { return results(); }, results},
                                metrics, core::silent_log());
    const std::size_t before = read_evaluations(path_).size();
    try {
      walk(from, to, metrics, observer);
    } catch (const Stopped&) {
    }
    const auto recorded = read_evaluations(path_);
    EXPECT_EQ(recorded.size(), observer.records().size());
    std::vector<std::string> labels;
    for (std::size_t i = before; i < recorded.size(); ++i) labels.push_back(recorded[i].label);
    return labels;
  }

  void walk(std::int64_t from, std::int64_t to, MetricsFile& metrics,
            EvaluationObserver& observer) {
    // As in a checkpoint: at the end of a stage the next one has not begun.
    train::TrainState state{.step = from, .stage = from > 4 ? 1 : 0};
    metrics.on_begin(plan_, state, method_);
    observer.on_begin(plan_, state, method_);
    for (++state.step; state.step <= to; ++state.step) {
      state.stage = state.step > 4 ? 1 : 0;
      if (state.step % 2 == 0) observer.on_epoch_end(state.step / 2, state, method_);
      if (state.step % 4 == 0) observer.on_stage_end(state.stage, state, method_);
    }
  }

  const train::Plan plan_{2, {0, 4, 8}, {0, 0}};
  EvaluationSchedule schedule_{.every_epochs = 1};
  FakeMethod method_;
  fs::path path_;
};

TEST_F(EvaluationObserverTest, EvaluatesAtTheStartAtEpochsAndAtStageEnds) {
  EXPECT_THAT(run(0, 8), ElementsAre("raw pixels", "untrained network", "epoch 1", "stage 1",
                                     "epoch 3", "stage 2"));
}

TEST_F(EvaluationObserverTest, SaysWhichMomentsTheyAre) {
  method_.trained_before = true;
  run(0, 4);
  std::vector<Moment> moments;
  for (const EvaluationRecord& record : read_evaluations(path_)) moments.push_back(record.moment);
  EXPECT_THAT(moments, ElementsAre(Moment::pixels, Moment::start, Moment::epoch, Moment::stage));
  EXPECT_EQ(read_evaluations(path_)[1].label, "start weights");
}

TEST_F(EvaluationObserverTest, TheScheduleDecides) {
  schedule_ = {.every_epochs = 0, .at_stage_ends = true, .at_start = false};
  EXPECT_THAT(run(0, 8), ElementsAre("stage 1", "stage 2"));
  fs::remove(path_);
  schedule_ = {.every_epochs = 2, .at_stage_ends = false, .at_start = false};
  EXPECT_THAT(run(0, 8), ElementsAre("epoch 2", "epoch 4"));
  fs::remove(path_);
  schedule_.every_epochs = 1.5;
  EXPECT_THAT(run(0, 8), ElementsAre("epoch 2", "epoch 3"));
}

TEST_F(EvaluationObserverTest, NothingIsRepeatedOnResume) {
  run(0, 5);
  EXPECT_THAT(run(5, 8), ElementsAre("epoch 3", "stage 2"));
  EXPECT_THAT(run(8, 8), ElementsAre());
}

TEST_F(EvaluationObserverTest, AnInterruptedEvaluationIsMadeUpFor) {
  EXPECT_THAT(run(0, 8, 1), ElementsAre("raw pixels"));
  EXPECT_THAT(run(0, 8, 2), ElementsAre("untrained network", "epoch 1"));
  EXPECT_THAT(run(4, 8), ElementsAre("stage 1", "epoch 3", "stage 2"));
}

TEST_F(EvaluationObserverTest, AnInterruptedEpochIsMadeUpForAndTheLastStageToo) {
  run(0, 8, 2);
  EXPECT_THAT(run(2, 2), ElementsAre("epoch 1"));
  run(2, 8, 2);
  EXPECT_THAT(run(8, 8), ElementsAre("stage 2"));
}

TEST_F(EvaluationObserverTest, WhatCameAfterTheCheckpointIsDueAgain) {
  run(0, 8);
  EXPECT_THAT(run(3, 3), ElementsAre());
  EXPECT_EQ(read_evaluations(path_).size(), 3U);
  EXPECT_THAT(run(3, 4), ElementsAre("stage 1"));
}

TEST_F(EvaluationObserverTest, TheUntrainedNetworkIsGoneOnceTrainingBegan) {
  EXPECT_THAT(run(3, 3), ElementsAre("raw pixels"));
}

}  // namespace
}  // namespace dbot::report
