// A system in two stages with data of their own. Killed or stopped at any moment it ends with the
// same bits, whatever its optimizer keeps, and a step that was kept replays.
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <utility>

#include "dbot/train/capture/capture.h"
#include "dbot/train/checkpoint/checkpoint_folder.h"
#include "tests/methods/staged_system.h"

namespace dbot {
namespace {

namespace fs = std::filesystem;
using test::Moments;
using test::StagedSystem;

class StagedSystemOfEach : public StagedSystem,
                           public testing::WithParamInterface<optim::OptimizerKind> {
 protected:
  void SetUp() override { optimizer_ = optim::default_config(GetParam()); }
};

TEST_F(StagedSystem, AStageEndsEarlyWithItsBestState) {
  train_whole();
  // Three steps an epoch: the first validation is the best, two more are no better.
  ASSERT_GE(validations_.size(), 4U);
  EXPECT_TRUE(validations_[0].best && !validations_[1].best && !validations_[2].best);
  EXPECT_TRUE(validations_[2].ends_stage);
  EXPECT_EQ(validations_[2].state.step, 9);
  EXPECT_EQ(validations_[2].samples, 10);
  ASSERT_FALSE(whole_stage_begin_.empty());
  EXPECT_EQ(whole_stage_begin_[1], 9);
  EXPECT_LE(whole_stage_begin_[2], 29);
  EXPECT_EQ(state_.step, whole_stage_begin_[2]);
  EXPECT_EQ(validations_[3].state.step, 14) << "five steps an epoch in the second stage";
  EXPECT_EQ(validations_[3].epoch, 4);
  // The stage ends with the state of its first validation.
  const auto end = train::read_checkpoint(folder_ / "whole" / "checkpoints" / "step-00000009");
  EXPECT_TRUE(end.stage_end);
  EXPECT_EQ(end.stage_begin[1], 9);
  EXPECT_FALSE(end.tensors.contains("best.student.conv.weight")) << "it is the state itself";
  EXPECT_FALSE(
      at::equal(states_[0].at("student.conv.weight"), states_[1].at("student.conv.weight")));
  for (const auto& [name, value] : states_[0]) {
    EXPECT_TRUE(at::equal(value, end.tensors.at(name))) << name;
  }
}

TEST_P(StagedSystemOfEach, KilledAnywhereItEndsWithTheSameBits) {
  const std::int64_t moments = train_whole();
  const auto kills = draw(20, moments, 11);
  fs::remove_all(folder_ / "whole");
  // What lies on the disk at a moment is what a kill leaves there.
  train_whole([&](std::int64_t moment) {
    if (!kills.contains(moment)) return;
    fs::copy(folder_ / "whole", folder_ / ("killed " + std::to_string(moment)),
             fs::copy_options::recursive | fs::copy_options::copy_symlinks);
  });
  for (const std::int64_t moment : kills) {
    SCOPED_TRACE("killed at moment " + std::to_string(moment));
    const fs::path folder = folder_ / ("killed " + std::to_string(moment));
    Moments nothing([](std::int64_t) {});
    const auto method = train(folder, nothing);
    ASSERT_NE(method, nullptr);
    expect_same_end(folder, *method);
  }
}

TEST_P(StagedSystemOfEach, StoppedAnywhereItEndsWithTheSameBits) {
  const std::int64_t moments = train_whole();
  for (const std::int64_t moment : draw(8, moments, 12)) {
    SCOPED_TRACE("stopped at moment " + std::to_string(moment));
    const fs::path folder = folder_ / ("stopped " + std::to_string(moment));
    core::StopRequest stop;
    Moments stopping([&](std::int64_t now) {
      if (now == moment) stop.request();
    });
    auto method = train(folder, stopping, stop);
    Moments nothing([](std::int64_t) {});
    if (!method) method = train(folder, nothing);
    ASSERT_NE(method, nullptr);
    expect_same_end(folder, *method);
  }
}

TEST_P(StagedSystemOfEach, AStopInsideAValidationMakesItAnew) {
  train_whole();
  for (std::size_t which = 1; which <= validations_.size(); ++which) {
    SCOPED_TRACE("inside validation " + std::to_string(which));
    const fs::path folder = folder_ / ("validation " + std::to_string(which));
    core::StopRequest stop;
    Moments stopping([](std::int64_t) {}), nothing([](std::int64_t) {});
    stopping.at_validation = [&](std::int64_t begun) {
      if (begun == static_cast<std::int64_t>(which)) stop.request();
    };
    EXPECT_EQ(train(folder, stopping, stop), nullptr);
    const auto saved = train::read_newest_checkpoint(folder / "checkpoints", core::silent_log());
    EXPECT_EQ(saved->state.step, validations_[which - 1].state.step);
    const auto resumed = train(folder, nothing);
    ASSERT_NE(resumed, nullptr);
    expect_same_end(folder, *resumed);
  }
}

TEST_P(StagedSystemOfEach, ACapturedStepReplaysToTheSameLossAndGradients) {
  // In the first stage, and in the second one, which has other data.
  for (const auto& [number, stage] : {std::pair<std::int64_t, std::int64_t>{5, 0}, {20, 1}}) {
    SCOPED_TRACE("step " + std::to_string(number));
    capture_step_ = number;
    const fs::path folder = folder_ / ("captured " + std::to_string(number));
    Moments nothing([](std::int64_t) {});
    ASSERT_NE(train(folder, nothing), nullptr);
    const auto capture = train::read_capture(folder / "captures" / train::step_folder_name(number));
    ASSERT_EQ(capture.record.stage, stage);
    ASSERT_EQ(std::ssize(capture.micro_batches), kAccumulate);

    test::SmallSystem again;
    again.load_state(stage, capture.before.tensors);
    const auto groups = again.parameter_groups(optimizer_.weight_decay);
    optim::LaneSum lanes(1);
    train::GradientStep step(again, {.stage = stage, .step = capture.before.state.step},
                             train::whole_step(kAccumulate, 1), lanes);
    for (const train::MicroBatch& micro : capture.micro_batches) step.add(micro);
    EXPECT_EQ(step.losses(), capture.record.losses);
    EXPECT_EQ(step.mean_loss(), capture.record.loss);
    EXPECT_EQ(optim::gradient_norm(groups), capture.record.gradient_norm);
    EXPECT_GT(capture.record.gradient_norm, 0);
    EXPECT_EQ(train::checksum_of_gradients(groups), capture.record.gradients);
  }
}

INSTANTIATE_TEST_SUITE_P(Optimizers, StagedSystemOfEach,
                         testing::Values(optim::OptimizerKind::adamw, optim::OptimizerKind::sgd),
                         [](const auto& kind) {
                           return optim::optimizer_kinds()[static_cast<std::size_t>(kind.param)];
                         });

}  // namespace
}  // namespace dbot
