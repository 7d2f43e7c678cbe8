// Plans whose stages predict different targets, and plans that end before their last stage.
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/train/small_training.h"

namespace dbot::train {
namespace {

namespace fs = std::filesystem;
using objectives::TargetKind;

methods::MaskedModelingConfig pixels_then_features() {
  methods::MaskedModelingConfig config = tiny_method();
  config.stage_targets = {TargetKind::pixels, TargetKind::teacher};
  return config;
}

void expect_same(const methods::Method& found, const methods::Method& expected,
                 const std::string& when) {
  const runtime::NamedTensors states[] = {found.state(), expected.state()};
  ASSERT_EQ(states[0].size(), states[1].size()) << when;
  for (const auto& [name, value] : states[1]) {
    EXPECT_TRUE(at::equal(states[0].at(name), value)) << name << when;
  }
}

class StagePlan : public TrainerTest {
 protected:
  Checkpoint newest() {
    auto checkpoint = read_newest_checkpoint(settings_.checkpoint_folder, core::silent_log());
    if (!checkpoint) throw std::runtime_error("no checkpoint");
    return std::move(*checkpoint);
  }
};

TEST_F(StagePlan, OfTwoTargetsStoppedAnywhereEndsBitIdentical) {
  methods::MaskedModeling whole(pixels_then_features());
  trainer(whole).run(stop_);
  ASSERT_NE(whole.teacher(), nullptr);
  for (const std::int64_t stop_at : {2, 5, 6, 7, 11}) {
    fs::remove_all(settings_.checkpoint_folder);
    core::StopRequest stop;
    methods::MaskedModeling first(pixels_then_features());
    StopAfter observer(stop, stop_at);
    EXPECT_FALSE(trainer(first, {&observer}).run(stop).finished);
    const Checkpoint checkpoint = newest();
    EXPECT_EQ(checkpoint.tensors.contains("teacher.description"), stop_at > 6);
    const auto second = methods::MaskedModeling::to_be_loaded(pixels_then_features());
    Trainer resumed = trainer(*second);
    resumed.resume(checkpoint);
    EXPECT_TRUE(resumed.run(core::StopRequest()).finished);
    expect_same(*second, whole, " after " + std::to_string(stop_at));
  }
}

TEST_F(StagePlan, EndsWithAStageBehindWhichNoneIsMade) {
  settings_.plan = {.steps_per_epoch = 4, .stage_begin = {0, 3, 6, 12}, .warmup_steps = {1, 1, 1}};
  std::vector<std::int64_t> asked;
  settings_.makes_next_stage = [&](std::int64_t stage) {
    asked.push_back(stage);
    return stage < 1;
  };
  methods::MaskedModeling method(tiny_method());
  Recorder recorder;
  const TrainSummary summary = trainer(method, {&recorder}).run(stop_);
  EXPECT_TRUE(summary.finished);
  EXPECT_EQ(summary.state.step, 6);
  EXPECT_EQ(summary.state.stage, 1);
  EXPECT_EQ(asked, (std::vector<std::int64_t>{0, 1}));
  EXPECT_EQ(recorder.stages, (std::vector<std::int64_t>{0, 1}));

  const Checkpoint checkpoint = newest();
  EXPECT_EQ(checkpoint.stage_begin, (std::vector<std::int64_t>{0, 3, 6}));
  asked.clear();
  methods::MaskedModeling again(tiny_method());
  Trainer resumed = trainer(again);
  resumed.resume(checkpoint);
  EXPECT_TRUE(resumed.run(stop_).finished) << "the shorter plan is the checkpoint's";
  EXPECT_TRUE(asked.empty());
  expect_same(again, method, "");
}

TEST_F(StagePlan, StoppedAtTheEndOfAStageItAsksWhereItGoesOn) {
  settings_.makes_next_stage = [](std::int64_t) { return false; };
  core::StopRequest stop;
  methods::MaskedModeling first(tiny_method());
  StopAfter observer(stop, 6);
  EXPECT_FALSE(trainer(first, {&observer}).run(stop).finished);
  const Checkpoint checkpoint = newest();
  EXPECT_TRUE(checkpoint.stage_begin.empty());
  methods::MaskedModeling second(tiny_method());
  Trainer resumed = trainer(second);
  resumed.resume(checkpoint);
  const TrainSummary summary = resumed.run(core::StopRequest());
  EXPECT_TRUE(summary.finished);
  EXPECT_EQ(summary.state.step, 6);
  EXPECT_EQ(newest().stage_begin, (std::vector<std::int64_t>{0, 6}));
}

TEST_F(StagePlan, AYesChangesNothing) {
  methods::MaskedModeling plain(tiny_method());
  trainer(plain).run(stop_);
  fs::remove_all(settings_.checkpoint_folder);
  settings_.makes_next_stage = [](std::int64_t) { return true; };
  methods::MaskedModeling asked(tiny_method());
  trainer(asked).run(stop_);
  expect_same(asked, plain, "");
}

}  // namespace
}  // namespace dbot::train
