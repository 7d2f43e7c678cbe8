// What several trainers send, count and keep together.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dbot/core/error.h"
#include "dbot/train/capture/capture.h"
#include "dbot/train/checkpoint/checkpoint_folder.h"
#include "tests/train/ranks/small_trainers.h"

namespace dbot::train {
namespace {

using optim::OptimizerShard;
using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;

TEST_F(TrainersTest, ASteadyStepSendsWhatIsComputed) {
  // A wider network, whose gradients outweigh what the ranks have to say to each other.
  const MakeMethod wide = [](int) -> std::unique_ptr<methods::Method> {
    methods::MaskedModelingConfig config = tiny_method();
    config.encoder.width = 64;
    return std::make_unique<methods::MaskedModeling>(config);
  };
  std::int64_t gradients = 0;
  settings_.plan = one_stage(4);
  for (const OptimizerShard shard : {OptimizerShard::off, OptimizerShard::on}) {
    settings_.optimizer.shard = shard;
    std::vector<std::int64_t> sent;  // of all ranks, by steps
    for (const std::int64_t steps : {4, 8}) {
      settings_.plan = one_stage(steps);
      std::filesystem::remove_all(settings_.checkpoint_folder);
      ASSERT_THAT(train_together(4, wide), Each(IsEmpty()));
      sent.push_back(0);
      for (const Outcome& outcome : outcomes_) sent.back() += outcome.bytes_sent;
    }
    const auto method = wide(0);
    method->begin_stage(0);
    gradients = 4 * method->parameters().trainable_end();
    const auto computed = 24.0 * static_cast<double>(gradients);  // 4 steps: 2 (N − 1) G
    EXPECT_NEAR(static_cast<double>(sent[1] - sent[0]), computed, 0.03 * computed);
  }
}

/// Images of which some cannot be read.
class BrokenImages : public test::SyntheticDataset {
 public:
  explicit BrokenImages(std::set<std::int64_t> broken)
      : SyntheticDataset(32, 8), broken_(std::move(broken)) {}
  void read(std::int64_t index, data::Sample& sample) const override {
    if (broken_.contains(index)) throw DataError("a hole in the file");
    SyntheticDataset::read(index, sample);
  }

 private:
  std::set<std::int64_t> broken_;
};

TEST_F(TrainersTest, BrokenImagesAreCountedOverAllRanks) {
  dataset_ = std::make_shared<BrokenImages>(std::set<std::int64_t>{3, 17, 29});
  const Outcome one = train_alone();
  ASSERT_EQ(one.bad_samples.size(), 3U);
  EXPECT_THAT(train_together(4), Each(IsEmpty()));
  expect_all_are(one);
  EXPECT_EQ(outcomes_[0].bad_samples, one.bad_samples);
  // One more than a tenth of 32 allows, in no rank's share alone.
  dataset_ = std::make_shared<BrokenImages>(std::set<std::int64_t>{3, 11, 17, 29});
  std::filesystem::remove_all(settings_.checkpoint_folder);
  EXPECT_THAT(train_together(4), Each(HasSubstr("4 of 32 images are unreadable")));
}

TEST_F(TrainersTest, AStepThatIsKeptIsRepeatedByOneProcess) {
  settings_.captures.folder = folder_ / "captures";
  settings_.train.capture_step = 8;
  for (const OptimizerShard shard : {OptimizerShard::off, OptimizerShard::on}) {
    settings_.optimizer.shard = shard;
    std::filesystem::remove_all(settings_.captures.folder);
    std::filesystem::remove_all(settings_.checkpoint_folder);
    ASSERT_THAT(train_together(4), Each(IsEmpty()));
    const Capture capture = read_capture(settings_.captures.folder / step_folder_name(8));
    ASSERT_EQ(capture.micro_batches.size(), 8U);
    EXPECT_EQ(capture.record.samples.size(), 8U);
    const auto problems = test::run_ranks_of(1, [&](const runtime::GroupConfig&) {
      const auto again = plain(0);
      again->load_state(1, capture.before.tensors);
      optim::LaneSum lanes(8);
      GradientStep step(*again, {.stage = 1, .step = capture.before.state.step}, whole_step(8, 8),
                        lanes);
      for (const MicroBatch& micro : capture.micro_batches) step.add(micro);
      const auto groups = again->parameter_groups(settings_.optimizer.weight_decay);
      EXPECT_EQ(step.losses(), capture.record.losses);
      EXPECT_EQ(optim::gradient_norm(groups), capture.record.gradient_norm);
      EXPECT_EQ(checksum_of_gradients(groups), capture.record.gradients);
    });
    EXPECT_THAT(problems, Each(IsEmpty()));
  }
}

}  // namespace
}  // namespace dbot::train
