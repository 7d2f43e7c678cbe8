// Steps that do not count on a device, where the host hears of them one step late.
#include <ATen/ops/equal.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <memory>
#include <optional>

#include "dbot/core/error.h"
#include "dbot/train/checkpoint/checkpoint_folder.h"
#include "tests/train/device/device_training.h"

namespace dbot::train {
namespace {

namespace fs = std::filesystem;

class SkippedOn : public TrainerTest, public testing::WithParamInterface<std::string> {
 protected:
  void SetUp() override {
    TrainerTest::SetUp();
    if (GetParam() != "kernels") reference_.emplace();
    settings_.plan = one_stage(12);
    settings_.plan.steps_per_epoch = 100;
  }
  void keep_captures() { settings_.captures.folder = folder_ / "captures"; }

  std::unique_ptr<MethodOn> method_with(std::set<std::int64_t> faults) const {
    return std::make_unique<MethodOn>(tiny_method(), GetParam(), std::move(faults));
  }
  Checkpoint checkpoint_of(std::int64_t step) const {
    return read_checkpoint(settings_.checkpoint_folder / step_folder_name(step));
  }

  /// A GPU's kernels add up in other places than the host's.
  double limit() const { return reference_ ? 1e-6 : 5e-5; }

  std::optional<ReferenceKernels> reference_;
};

TEST_P(SkippedOn, LeavesWeightsAndMomentsBitForBit) {
  settings_.plan = one_stage(6);
  settings_.checkpoint.every_steps = 1;
  for (const bool kept : {false, true}) {
    fs::remove_all(settings_.checkpoint_folder);
    if (kept) keep_captures();
    settings_.checkpoint.keep = 10;
    Recorder recorder;
    const auto method = method_with({3});
    EXPECT_EQ(trainer(*method, {&recorder}).run(stop_).state.skipped_steps, 1);
    EXPECT_TRUE(recorder.steps.at(3).skipped);
    const Checkpoint before = checkpoint_of(3), behind = checkpoint_of(4), later = checkpoint_of(5);
    ASSERT_EQ(before.tensors.size(), behind.tensors.size());
    for (const auto& [name, value] : before.tensors) {
      EXPECT_TRUE(at::equal(value, behind.tensors.at(name))) << name;
    }
    EXPECT_EQ(before.tensors.at("optimizer.step").item<std::int64_t>(), 3);
    EXPECT_EQ(later.tensors.at("optimizer.step").item<std::int64_t>(), 4);
    EXPECT_FALSE(
        at::equal(behind.tensors.at("optimizer.exp_avg"), later.tensors.at("optimizer.exp_avg")));
  }
}

TEST_P(SkippedOn, ItsBuffersAndAveragesStayToo) {
  settings_.plan = one_stage(4);
  settings_.checkpoint = {.every_steps = 1, .every_epochs = 0, .keep = 10};
  MethodOn method(tiny_average(), GetParam(), {2});
  trainer(method).run(stop_);
  const Checkpoint before = checkpoint_of(2), behind = checkpoint_of(3), later = checkpoint_of(4);
  const char* name = "teacher.blocks.0.attn.qkv.weight";
  EXPECT_TRUE(at::equal(before.tensors.at(name), behind.tensors.at(name)));
  EXPECT_FALSE(at::equal(behind.tensors.at(name), later.tensors.at(name)));
}

TEST_P(SkippedOn, RecordsAndWeightsAreThoseOfTheHost) {
  const std::set<std::int64_t> faults{1, 2, 5, 8, 9};
  use_exact_rates(settings_.schedule, settings_.optimizer, 1.0 / 128);
  Recorder expected;
  MethodOn here(tiny_method(), "cpu", faults);
  trainer(here, {&expected}).run(stop_);
  for (const bool kept : {false, true}) {
    fs::remove_all(settings_.checkpoint_folder);
    if (kept) keep_captures();
    Recorder found;
    const auto method = method_with(faults);
    const TrainSummary summary = trainer(*method, {&found}).run(stop_);
    EXPECT_TRUE(summary.finished);
    EXPECT_EQ(summary.state.skipped_steps, 5);
    EXPECT_EQ(summary.images, 12 * 8) << "each step is counted once";
    ASSERT_EQ(found.steps.size(), expected.steps.size());
    for (std::size_t i = 0; i < found.steps.size(); ++i) {
      const StepRecord &ours = found.steps[i], &theirs = expected.steps[i];
      EXPECT_EQ(ours.state.step, theirs.state.step);
      EXPECT_EQ(ours.skipped, theirs.skipped) << i;
      EXPECT_EQ(ours.state.skipped_steps, theirs.state.skipped_steps) << i;
      EXPECT_EQ(ours.state.skipped_in_a_row, theirs.state.skipped_in_a_row) << i;
      EXPECT_EQ(ours.state.images_seen, theirs.state.images_seen) << i;
      EXPECT_EQ(ours.images, theirs.images) << i;
      EXPECT_EQ(std::isnan(ours.gradient_norm), std::isnan(theirs.gradient_norm)) << i;
      if (ours.skipped) continue;
      EXPECT_LT(distance(ours.loss, theirs.loss), limit()) << i;
    }
    for (const auto& [name, value] : here.state()) {
      if (!value.is_floating_point() || name.ends_with("attn.qkv.bias")) continue;
      EXPECT_LT(distance(method->state().at(name), value), limit()) << name;
    }
  }
}

TEST_P(SkippedOn, TooManyInARowEndTheRunAtTheSameStep) {
  const auto method = method_with({2, 3, 4, 5, 6});
  EXPECT_THROW(trainer(*method).run(stop_), Error);
  const auto checkpoint = read_newest_checkpoint(settings_.checkpoint_folder, core::silent_log());
  ASSERT_TRUE(checkpoint.has_value());
  EXPECT_EQ(checkpoint->state.step, 5);
  EXPECT_EQ(checkpoint->state.skipped_steps, 3);
  EXPECT_EQ(checkpoint->state.skipped_in_a_row, 3);
}

TEST_P(SkippedOn, TheFirstThreeAreKeptAndReplayToTheSameBits) {
  keep_captures();
  const std::set<std::int64_t> faults{2, 4, 6, 8};
  const auto method = method_with(faults);
  trainer(*method).run(stop_);
  const auto kept = list_checkpoints(settings_.captures.folder);
  ASSERT_EQ(kept.size(), 3u);
  for (const fs::path& folder : kept) {
    const Capture capture = read_capture(folder);
    EXPECT_TRUE(faults.contains(capture.record.step - 1));
    EXPECT_EQ(capture.before.state.step, capture.record.step - 1);
    MethodOn again(tiny_method(), GetParam(), faults);
    again.load_state(0, capture.before.tensors);
    const auto groups = again.parameter_groups(settings_.optimizer.weight_decay);
    optim::LaneSum lanes(1);
    GradientStep step(again, {.stage = 0, .step = capture.before.state.step}, whole_step(1, 1),
                      lanes);
    for (const MicroBatch& micro : capture.micro_batches) step.add(micro);
    EXPECT_FALSE(step.finite());
    EXPECT_EQ(checksum_of_gradients(groups), capture.record.gradients);
  }
}

TEST_P(SkippedOn, AStepThatWasAskedForReplaysToTheSameBits) {
  keep_captures();
  settings_.train.capture_step = 7;
  const auto method = method_with({});
  trainer(*method).run(stop_);
  const Capture capture = read_capture(settings_.captures.folder / step_folder_name(7));
  MethodOn again(tiny_method(), GetParam());
  again.load_state(0, capture.before.tensors);
  const auto groups = again.parameter_groups(settings_.optimizer.weight_decay);
  optim::LaneSum lanes(1);
  GradientStep step(again, {.stage = 0, .step = 6}, whole_step(1, 1), lanes);
  for (const MicroBatch& micro : capture.micro_batches) step.add(micro);
  EXPECT_EQ(step.losses(), capture.record.losses);
  EXPECT_EQ(optim::gradient_norm(groups), capture.record.gradient_norm);
  EXPECT_EQ(checksum_of_gradients(groups), capture.record.gradients);
}

/// Copies the checkpoints as they are when a step has begun: what a kill there leaves.
class KilledInside : public TrainObserver {
 public:
  KilledInside(fs::path checkpoints, fs::path kept)
      : checkpoints_(std::move(checkpoints)), kept_(std::move(kept)) {}
  void on_micro_batch(const StepProgress& progress, methods::Method&) override {
    if (!fs::exists(checkpoints_)) return;
    fs::copy(checkpoints_, kept_ / std::to_string(progress.state.step),
             fs::copy_options::recursive | fs::copy_options::copy_symlinks);
  }

 private:
  fs::path checkpoints_, kept_;
};

TEST_P(SkippedOn, AKillAtAnyPointOfTheLagResumesToTheSameBits) {
  settings_.checkpoint = {.every_steps = 3, .every_epochs = 0, .keep = 10};
  const std::set<std::int64_t> faults{4, 7};
  fs::create_directories(folder_ / "kept");
  KilledInside killed(settings_.checkpoint_folder, folder_ / "kept");
  const auto whole = method_with(faults);
  const TrainSummary expected = trainer(*whole, {&killed}).run(stop_);
  int resumed_ones = 0;
  for (const auto& entry : fs::directory_iterator(folder_ / "kept")) {
    settings_.checkpoint_folder = entry.path();
    const auto checkpoint = read_newest_checkpoint(entry.path(), core::silent_log());
    if (!checkpoint) continue;
    ++resumed_ones;
    const auto again = method_with(faults);
    Trainer resumed = trainer(*again);
    resumed.resume(*checkpoint);
    const TrainSummary summary = resumed.run(core::StopRequest());
    EXPECT_EQ(summary.state.skipped_steps, expected.state.skipped_steps) << entry.path();
    EXPECT_TRUE(same_state(*whole, *again)) << entry.path();
  }
  EXPECT_EQ(resumed_ones, 9) << "every step from the fourth on";
}

TEST_P(SkippedOn, AnErrorInTheLagLosesNoStep) {
  /// The seventh step fails before it is told.
  class Fails : public MethodOn {
   public:
    using MethodOn::MethodOn;
    methods::StepDraws draw(const data::Batch& batch,
                            const methods::DrawContext& context) const override {
      if (context.micro_batch == 6) throw DataError("the disk is gone");
      return MethodOn::draw(batch, context);
    }
  } failing(tiny_method(), GetParam(), {5});
  Recorder recorder;
  EXPECT_THROW(trainer(failing, {&recorder}).run(stop_), DataError);
  const auto checkpoint = read_newest_checkpoint(settings_.checkpoint_folder, core::silent_log());
  ASSERT_TRUE(checkpoint.has_value());
  EXPECT_EQ(checkpoint->state.step, 6);
  EXPECT_EQ(checkpoint->state.skipped_steps, 1) << "what was unread is read before it is saved";
  EXPECT_EQ(recorder.steps.size(), 6u);
  const auto whole = method_with({5});
  trainer(*whole).run(core::StopRequest());
  const auto again = method_with({5});
  Trainer resumed = trainer(*again);
  resumed.resume(*checkpoint);
  resumed.run(core::StopRequest());
  EXPECT_TRUE(same_state(*whole, *again));
}

INSTANTIATE_TEST_SUITE_P(Devices, SkippedOn, testing::ValuesIn(test::test_devices()),
                         [](const auto& device) { return device.param; });

TEST_F(TrainerTest, ARecordOfADeviceComesOneStepLate) {
  /// Which steps have been told when a step begins.
  class Told : public TrainObserver {
   public:
    void on_step(const StepRecord& record, methods::Method&) override { last = record.state.step; }
    void on_micro_batch(const StepProgress& progress, methods::Method&) override {
      begun[progress.state.step + 1] = last;
      EXPECT_TRUE(std::isnan(progress.loss)) << "it is not known yet";
    }
    std::int64_t last = 0;
    std::map<std::int64_t, std::int64_t> begun;
  } told;
  settings_.plan = one_stage(6);
  settings_.plan.steps_per_epoch = 3;
  MethodOn method(tiny_method(), "fake");
  trainer(method, {&told}).run(stop_);
  // Behind the third step an epoch ends: its record was waited for.
  EXPECT_EQ(told.begun,
            (std::map<std::int64_t, std::int64_t>{{1, 0}, {2, 0}, {3, 1}, {4, 3}, {5, 3}, {6, 4}}));
}

}  // namespace
}  // namespace dbot::train
