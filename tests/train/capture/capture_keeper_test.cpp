// Micro-batches are freed when they have been trained on, and read again for a capture.
#include "dbot/train/capture/capture_keeper.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <functional>
#include <map>
#include <optional>

#include "dbot/core/error.h"
#include "dbot/train/capture/capture_names.h"
#include "tests/train/small_training.h"

namespace dbot::train {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

/// Images that become others or broken while a run trains on them.
class FickleImages : public test::SyntheticDataset {
 public:
  FickleImages() : SyntheticDataset(32, 8) {}
  void read(std::int64_t index, data::Sample& sample) const override {
    if (index == broken) throw DataError({.fault = Fault::truncated, .reason = "cut off"});
    SyntheticDataset::read(index, sample);
    if (index != changed) return;
    constexpr std::array<std::int64_t, 3> shape{8, 8, 3};
    std::ranges::fill(sample.add(data::kImagePart).own_values(at::kByte, shape), 0);
  }
  std::atomic<std::int64_t> broken = -1, changed = -1;
};

/// Copies what it is trained on, and turns the loss of chosen steps into NaN.
class Remembering : public FaultyMethod {
 public:
  explicit Remembering(std::set<std::int64_t> steps = {}) : FaultyMethod(std::move(steps)) {}
  methods::StepResult training_step(const data::Batch& batch, const methods::StepDraws& draws,
                                    const methods::StepContext& context) override {
    // No earlier micro-batch is in memory.
    EXPECT_TRUE(!last_ || last_->expired());
    last_.emplace(batch.tensors.at("images").getIntrusivePtr());
    auto& copies = seen[context.step + 1].emplace_back();
    for (const auto& [name, tensor] : tensors_of({batch, draws})) copies[name] = tensor.clone();
    if (at_micro_batch) at_micro_batch(context.step + 1, batch);
    return FaultyMethod::training_step(batch, draws, context);
  }

  std::map<std::int64_t, std::vector<runtime::NamedTensors>> seen;  // by step
  std::function<void(std::int64_t step, const data::Batch&)> at_micro_batch;

 private:
  std::optional<c10::weak_intrusive_ptr<at::TensorImpl>> last_;
};

class CaptureKeeperTest : public TrainerTest {
 protected:
  void SetUp() override {
    TrainerTest::SetUp();
    dataset_ = images_;
    accumulate_two();
    settings_.plan = one_stage(6);
    settings_.train.max_skipped_steps = 20;
    settings_.captures.folder = folder_ / "captures";
    settings_.captures.recipe = "[model]\n";
  }
  std::filesystem::path capture(std::int64_t step) const {
    return settings_.captures.folder / ("step-0000000" + std::to_string(step));
  }
  /// The capture holds what the method was trained on in this step.
  void expect_captured(const Remembering& method, std::int64_t step) const {
    const Capture kept = read_capture(capture(step));
    const auto& seen = method.seen.at(step);
    ASSERT_EQ(kept.micro_batches.size(), seen.size());
    for (std::size_t micro = 0; micro < seen.size(); ++micro) {
      const auto tensors = tensors_of(kept.micro_batches[micro]);
      ASSERT_EQ(tensors.size(), seen[micro].size());
      for (const auto& [name, tensor] : seen[micro]) {
        EXPECT_TRUE(at::equal(tensor, tensors.at(name))) << name << " of micro-batch " << micro;
      }
    }
  }

  std::shared_ptr<FickleImages> images_ = std::make_shared<FickleImages>();
};

TEST_F(CaptureKeeperTest, ACaptureHoldsTheMicroBatchesThatWereTrainedOn) {
  settings_.train.capture_step = 5;  // in the second epoch
  settings_.captures.sample_name = [](std::int64_t sample) { return "#" + std::to_string(sample); };
  Remembering method({2});
  trainer(method).run(stop_);
  expect_captured(method, 3);  // went wrong
  expect_captured(method, 5);
  const Capture kept = read_capture(capture(5));
  EXPECT_EQ(kept.before.state.step, 4);
  EXPECT_EQ(kept.recipe, "[model]\n");
  ASSERT_EQ(kept.record.samples.size(), 2u);
  const std::int64_t first = kept.micro_batches[1].batch.sample_ids[0];
  EXPECT_EQ(kept.record.samples[1][0], "#" + std::to_string(first));
  EXPECT_THAT(said_, Contains(HasSubstr("step 5 is kept: dbot replay")));
}

TEST_F(CaptureKeeperTest, CapturingChangesNothing) {
  Remembering plain({2}), captured({2});
  trainer(plain).run(stop_);
  std::filesystem::remove_all(settings_.checkpoint_folder);
  std::filesystem::remove_all(settings_.captures.folder);
  settings_.train.capture_step = 4;
  trainer(captured).run(stop_);
  for (const auto& [name, value] : plain.state()) {
    EXPECT_TRUE(at::equal(value, captured.state().at(name))) << name;
  }
}

TEST_F(CaptureKeeperTest, TheFirstThreeThatGoWrongAreKept) {
  Remembering method({0, 1, 3, 4});
  trainer(method).run(stop_);
  for (const std::int64_t step : {1, 2, 4}) expect_captured(method, step);
  EXPECT_FALSE(std::filesystem::exists(capture(5)));
}

TEST_F(CaptureKeeperTest, AStandInForABrokenFileIsReadAgainToo) {
  Remembering healthy, method;
  trainer(healthy).run(stop_);
  const auto first_sample = [](const Remembering& trained) {
    return trained.seen.at(3)[0].at("sample_ids")[0].item().toLong();
  };
  images_->broken = first_sample(healthy);
  std::filesystem::remove_all(settings_.checkpoint_folder);
  settings_.train.capture_step = 3;
  trainer(method).run(stop_);
  EXPECT_NE(first_sample(method), first_sample(healthy));
  expect_captured(method, 3);
  int told = 0;
  for (const std::string& line : said_) told += line.find("cut off") != std::string::npos ? 1 : 0;
  EXPECT_EQ(told, 1) << "reading again tells nothing twice";
}

TEST_F(CaptureKeeperTest, AFileThatChangedMeanwhileIsAWarning) {
  settings_.train.capture_step = 2;
  Remembering method;
  method.at_micro_batch = [&](std::int64_t step, const data::Batch& batch) {
    if (step == 2) images_->changed = batch.sample_ids[1];
  };
  EXPECT_TRUE(trainer(method).run(stop_).finished);
  EXPECT_THAT(said_, Contains(AllOf(HasSubstr("step 2 could not be kept"),
                                    HasSubstr("micro-batch 2 of 2"), HasSubstr("changed"))));
  EXPECT_TRUE(std::filesystem::is_empty(settings_.captures.folder)) << "nothing half is left";
}

TEST_F(CaptureKeeperTest, AFileThatVanishedMeanwhileIsAWarning) {
  settings_.train.capture_step = 2;
  Remembering method;
  method.at_micro_batch = [&](std::int64_t step, const data::Batch& batch) {
    if (step == 2 && images_->broken < 0) images_->broken = batch.sample_ids[0];
  };
  EXPECT_TRUE(trainer(method).run(stop_).finished);
  EXPECT_THAT(said_, Contains(AllOf(HasSubstr("step 2 could not be kept"),
                                    HasSubstr("micro-batch 1 of 2"))));
}

TEST_F(CaptureKeeperTest, DataThatCannotBeReadAgainAreAWarning) {
  settings_.train.capture_step = 2;
  Remembering method;
  int loaders = 0;
  const MakeLoader make_loader = [&](const LoaderStart& start, const core::Log& log) {
    if (++loaders > 1) throw DataError({.fault = Fault::missing, .reason = "the folder is gone"});
    data::LoaderConfig config;
    config.batch_size = 4;
    start.apply_to(config);
    return std::make_unique<data::Loader>(
        dataset_, std::vector{data::image_part({.image_size = {8, 8}})}, config, log);
  };
  Trainer trained(settings_, method, make_loader, {}, log());
  EXPECT_TRUE(trained.run(stop_).finished);
  EXPECT_EQ(loaders, 2);
  EXPECT_THAT(said_, Contains(AllOf(HasSubstr("step 2 could not be kept"),
                                    HasSubstr("the folder is gone"))));
}

TEST_F(CaptureKeeperTest, ThereIsALimitInBytes) {
  const auto kept = [&] { return list_checkpoints(settings_.captures.folder).size(); };
  settings_.train.capture_step = 2;
  Remembering whole;
  trainer(whole).run(stop_);
  ASSERT_EQ(kept(), 1U);
  std::uintmax_t bytes = 0;
  for (const auto& file : std::filesystem::directory_iterator(capture(2)))
    bytes += file.file_size();
  // Room for one, not for two; the second try finds the first one there.
  settings_.train.capture_bytes = static_cast<std::int64_t>(bytes * 3 / 2);
  std::filesystem::remove_all(settings_.captures.folder);
  std::filesystem::remove_all(settings_.checkpoint_folder);
  Remembering limited({3});
  EXPECT_TRUE(trainer(limited).run(stop_).finished);
  EXPECT_EQ(kept(), 1U);
  EXPECT_THAT(said_, Contains(AllOf(HasSubstr("step 4 could not be kept"),
                                    HasSubstr("train.capture_bytes"))));
  EXPECT_FALSE(std::filesystem::exists(capture(4)));
}

TEST_F(CaptureKeeperTest, WithoutAFolderNothingIsKept) {
  settings_.captures.folder.clear();
  settings_.train.capture_step = 2;
  Remembering method;
  EXPECT_TRUE(trainer(method).run(stop_).finished);
  EXPECT_THAT(said_, IsEmpty());
}

TEST(BatchMark, KnowsABatchByItsSamplesAndItsContent) {
  data::Batch batch;
  batch.sample_ids = {3, 5};
  batch.tensors["images"] = at::zeros({2, 3, 256, 256}, at::kByte);
  const BatchMark mark = mark_of({batch, {}});
  EXPECT_EQ(mark_of({batch, {}}), mark);
  EXPECT_EQ(mark.bytes, 2 * 3 * 256 * 256);
  EXPECT_EQ(mark_of({batch, {{"noise", at::zeros({2, 4})}}}).bytes, mark.bytes + 32);
  batch.tensors["images"] = batch.tensors["images"].clone();
  EXPECT_EQ(mark_of({batch, {}}), mark) << "the same bytes elsewhere";
  batch.tensors["images"][1].fill_(1);
  EXPECT_NE(mark_of({batch, {}}), mark) << "another image";
  batch.tensors["images"][1].fill_(0);
  batch.sample_ids = {3, 6};
  EXPECT_NE(mark_of({batch, {}}), mark);
  batch.sample_ids = {3, 5};
  batch.offsets["captions"] = at::zeros({3}, at::kLong);
  EXPECT_NE(mark_of({batch, {}}), mark);
}

TEST(BatchMark, SeesEachSampleOfALargeBatch) {
  data::Batch batch;
  batch.sample_ids.resize(200);
  batch.tensors["images"] = at::zeros({200, 2, 64, 64}, at::kByte);
  const BatchMark mark = mark_of({batch, {}});
  for (const std::int64_t sample : {0, 1, 2, 99, 198, 199}) {
    batch.tensors["images"][sample].fill_(1);
    EXPECT_NE(mark_of({batch, {}}), mark) << sample;
    batch.tensors["images"][sample].fill_(0);
  }
}

TEST(MicroBatchTensors, GoRoundWithEverythingThatABatchHas) {
  MicroBatch micro;
  micro.batch.tensors["captions"] = at::arange(7);
  micro.batch.offsets["captions"] = at::arange(3);
  micro.batch.sample_ids = {3, 5};
  micro.batch.labels = {1, -1};
  micro.batch.epoch = 4;
  micro.draws["noise"] = at::arange(5);
  const MicroBatch back = micro_batch_of(tensors_of(micro));
  EXPECT_EQ(mark_of(back), mark_of(micro));
  EXPECT_TRUE(at::equal(back.batch.offsets.at("captions"), at::arange(3)));
  EXPECT_TRUE(at::equal(back.draws.at("noise"), at::arange(5)));
  EXPECT_EQ(back.batch.labels, micro.batch.labels);
  EXPECT_EQ(back.batch.epoch, 4);
}

}  // namespace
}  // namespace dbot::train
