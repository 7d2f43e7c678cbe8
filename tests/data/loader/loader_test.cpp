#include "dbot/data/loader/loader.h"

#include <ATen/ops/equal.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <new>
#include <numeric>
#include <set>
#include <thread>

#include "tests/data/fixtures.h"
#include "tests/data/loader/loader_batches.h"
#include "tests/data/memory_dataset.h"

namespace dbot::data {
namespace {

using test::expect_equal;
using test::MemoryDataset;
using test::message_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

test::ImageLoaderConfig settings(bool training = true) {
  test::ImageLoaderConfig config;
  config.image_size = {6, 7};
  config.batch_size = 8;
  config.seed = 5;
  config.training = training;
  return config;
}

std::vector<Batch> batches(const MemoryDataset& dataset, const test::ImageLoaderConfig& config,
                           int count) {
  return test::load_batches(std::make_shared<MemoryDataset>(dataset), config, count);
}

TEST(Loader, BatchesHaveShapeTypeLabelsAndEpoch) {
  const auto all = batches(MemoryDataset(20), settings(), 5);
  ASSERT_EQ(all.size(), 5U);
  for (const auto& batch : all) {
    const auto& images = batch.tensors.at("images");
    EXPECT_EQ(images.sizes(), (std::vector<std::int64_t>{8, 3, 6, 7}));
    EXPECT_EQ(images.scalar_type(), at::kByte);
    ASSERT_EQ(batch.labels.size(), 8U);
    for (std::size_t i = 0; i < 8; ++i) EXPECT_EQ(batch.labels[i], batch.sample_ids[i] % 3);
  }
  EXPECT_EQ(all[1].epoch, 0);
  EXPECT_EQ(all[2].epoch, 1);  // 20 / 8 = 2 batches an epoch
}

TEST(Loader, AnEpochShowsNoSampleTwiceAndEpochsDiffer) {
  const auto all = batches(MemoryDataset(16), settings(), 4);
  std::set<std::int64_t> first(all[0].sample_ids.begin(), all[0].sample_ids.end());
  first.insert(all[1].sample_ids.begin(), all[1].sample_ids.end());
  EXPECT_THAT(first, SizeIs(16));
  EXPECT_NE(all[0].sample_ids, all[2].sample_ids);
}

TEST(Loader, OrderAndContentDoNotDependOnTheNumberOfWorkers) {
  const MemoryDataset dataset(50, {3, 17, 18});
  for (const bool training : {true, false}) {
    auto config = settings(training);
    const auto expected = batches(dataset, config, 15);
    for (const int workers : {0, 2, 7}) {
      config.workers = workers;
      SCOPED_TRACE(workers);
      expect_equal(batches(dataset, config, 15), expected);
    }
  }
}

TEST(Loader, AResumedRunGoesOnWhereItWas) {
  const MemoryDataset dataset(50, {3, 17, 18});
  auto config = settings();
  const auto whole = batches(dataset, config, 20);
  config.first_batch = 9;  // the third of the second epoch
  const std::vector<Batch> expected(whole.begin() + 9, whole.end());
  for (const int workers : {0, 1, 2, 7}) {
    config.workers = workers;
    SCOPED_TRACE(workers);
    expect_equal(batches(dataset, config, 11), expected);
  }
}

TEST(Loader, FewerBatchesAnEpochWhenAsked) {
  auto config = settings();
  config.batches_per_epoch = 4;
  const auto all = batches(MemoryDataset(50), config, 9);
  EXPECT_EQ(all[3].epoch, 0);
  EXPECT_EQ(all[4].epoch, 1);
  EXPECT_EQ(all[8].epoch, 2);
}

TEST(Loader, SeedsChangeOrderAndCrops) {
  auto config = settings();
  const auto one = batches(MemoryDataset(50), config, 1);
  config.seed = 6;
  EXPECT_NE(batches(MemoryDataset(50), config, 1)[0].sample_ids, one[0].sample_ids);
}

TEST(Loader, AnEvaluationPassIsInOrderWholeAndWithoutBrokenSamples) {
  const MemoryDataset dataset(19, {0, 9});
  auto config = settings(false);
  config.max_bad_fraction = 0.2;
  const auto all = batches(dataset, config, 100);
  std::vector<std::int64_t> seen;
  for (const auto& batch : all) {
    EXPECT_EQ(batch.tensors.at("images").size(0), batch.size());
    seen.insert(seen.end(), batch.sample_ids.begin(), batch.sample_ids.end());
  }
  EXPECT_THAT(seen, ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15, 16, 17, 18));
  // Gaps are closed without mixing up pixels: sample 8 looks the same where nothing is missing.
  const auto whole = batches(MemoryDataset(19), config, 2);
  EXPECT_TRUE(at::equal(all[1].tensors.at("images")[0], whole[1].tensors.at("images")[0]));
  EXPECT_TRUE(at::equal(all[1].tensors.at("images")[1], whole[1].tensors.at("images")[2]));
}

TEST(Loader, AnEvaluationBatchOfBrokenSamplesAloneIsPassedOver) {
  auto config = settings(false);
  config.batch_size = 2;
  config.max_bad_fraction = 0.5;
  const auto all = batches(MemoryDataset(6, {2, 3}), config, 100);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_THAT(all[1].sample_ids, ElementsAre(4, 5));
}

TEST(Loader, BrokenSamplesAreReplacedAndReportedOnce) {
  test::KeptLog kept;
  Loader loader = test::image_loader(
      std::make_shared<MemoryDataset>(24, std::set<std::int64_t>{4, 11}), settings(), kept.log());
  for (int i = 0; i < 9; ++i) {
    const auto batch = loader.next();
    ASSERT_EQ(batch->size(), 8);
    for (const auto id : batch->sample_ids) EXPECT_TRUE(id != 4 && id != 11);
  }
  EXPECT_THAT(loader.bad_samples(), ElementsAre("s4: is broken", "s11: is broken"));
  EXPECT_THAT(kept.lines, SizeIs(2));
  EXPECT_GE(loader.wait_seconds(), 0);
}

TEST(Loader, TooManyBrokenSamplesStopTheRunAndAreNamed) {
  std::set<std::int64_t> broken{1, 2, 3};
  auto config = settings();
  const auto read_epoch = [&](const MemoryDataset& dataset) {
    return message_of<DataError>([&] { batches(dataset, config, 4); });
  };
  EXPECT_EQ(read_epoch(MemoryDataset(32, broken)), "nothing was thrown");  // 10 % of 32 is 3
  broken.insert(4);
  const auto message = read_epoch(MemoryDataset(32, broken));
  EXPECT_THAT(message, HasSubstr("4 of 32 images are unreadable"));
  EXPECT_THAT(message, HasSubstr("s1: is broken"));
  config.max_bad_fraction = 0;
  EXPECT_THAT(read_epoch(MemoryDataset(32, {7})), HasSubstr("1 of 32"));
}

TEST(Loader, ASetThatIsBrokenAsAWholeIsFoundOutEarly) {
  std::set<std::int64_t> broken;
  for (std::int64_t i = 0; i < 100000; ++i) broken.insert(i);
  EXPECT_THAT(
      message_of<DataError>([&] { batches(MemoryDataset(100000, broken), settings(), 99); }),
      HasSubstr("unreadable"));
  EXPECT_THAT(message_of<DataError>([&] {
                auto config = settings();
                config.batch_size = 1;
                batches(MemoryDataset(1, {0}), config, 1);
              }),
              HasSubstr("s0: is broken"));
}

/// Throws what is not a DataError.
class Exhausted final : public Dataset {
 public:
  std::int64_t size() const override { return 64; }
  void read(std::int64_t, Sample&) const override { throw std::bad_alloc(); }
  std::int64_t label(std::int64_t) const override { return -1; }
  std::string name(std::int64_t) const override { return "x"; }
  const std::vector<std::string>& classes() const override { return classes_; }

 private:
  std::vector<std::string> classes_;
};

TEST(Loader, OtherErrorsOfWorkersReachTheCaller) {
  auto config = settings();
  for (const int workers : {0, 3}) {
    config.workers = workers;
    Loader loader = test::image_loader(std::make_shared<Exhausted>(), config, core::silent_log());
    EXPECT_THROW(loader.next(), std::bad_alloc);
  }
}

TEST(Loader, SaysHowManyBatchesLieReady) {
  auto config = settings();
  config.workers = 2;
  Loader loader =
      test::image_loader(std::make_shared<MemoryDataset>(64), config, core::silent_log());
  EXPECT_EQ(loader.ready(), 0);  // nothing was asked for
  EXPECT_EQ(loader.ahead(), 2);
  ASSERT_TRUE(loader.next());
  for (int tries = 0; tries < 1000 && loader.ready() < 2; ++tries) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(loader.ready(), 2);
}

TEST(Loader, LoadsLessAheadWhereBatchesAreLarge) {
  auto config = settings();
  const std::int64_t batch_bytes = 8 * 3 * 6 * 7;
  config.workers = 2;
  const auto ahead = [&](std::int64_t queue_bytes) {
    config.queue_bytes = queue_bytes;
    return test::image_loader(std::make_shared<MemoryDataset>(64), config, core::silent_log())
        .ahead();
  };
  EXPECT_EQ(ahead(2 * batch_bytes), 2);
  EXPECT_EQ(ahead(2 * batch_bytes - 1), 1);
  EXPECT_EQ(ahead(0), 1);
  config.workers = 0;
  EXPECT_EQ(ahead(2 * batch_bytes), 0);
}

TEST(Loader, CanBeDroppedWithoutReading) {
  for (const int workers : {0, 1, 4}) {
    auto config = settings();
    config.workers = workers;
    Loader loader =
        test::image_loader(std::make_shared<MemoryDataset>(5000), config, core::silent_log());
  }
}

TEST(Loader, RefusesImpossibleSettings) {
  const auto refusal = [](auto change) {
    auto config = settings();
    change(config);
    return message_of<UsageError>([&] {
      test::image_loader(std::make_shared<MemoryDataset>(7), config, core::silent_log());
    });
  };
  EXPECT_THAT(refusal([](auto&) {}), HasSubstr("train.batch_size of at most 7"));
  EXPECT_THAT(refusal([](auto& config) {
                config.batch_size = 2;
                config.batches_per_epoch = 4;
              }),
              HasSubstr("4 batches an epoch"));
  EXPECT_THAT(refusal([](auto& config) { config.channels = 65; }),
              HasSubstr("model.channels is 65"));
  EXPECT_THAT(refusal([](auto& config) { config.batch_size = 0; }), HasSubstr("batch size 0"));
  EXPECT_THAT(refusal([](auto& config) { config.image_size.width = 0; }), HasSubstr("6x0"));
  EXPECT_THAT(refusal([](auto& config) {
                config.batch_size = 2;
                config.augmentation.crop_scale = {0.5};
              }),
              HasSubstr("data.crop_scale"));
  EXPECT_THAT(refusal([](auto& config) {
                config.batch_size = 2;
                config.ranks = config.rank = 2;
              }),
              HasSubstr("rank 2 of 2"));
  EXPECT_THAT(refusal([](auto& config) {
                config.batch_size = 2;
                config.ranks = 4;
              }),
              HasSubstr("4 batches an epoch of 2 images"));
  EXPECT_THAT(refusal([](auto& config) {
                config.batch_size = 2;
                config.sources = {{3, 1}, {4, 0}};
              }),
              HasSubstr("a source of 4 images has the weight 0"));
  EXPECT_THAT(refusal([](auto& config) {
                config.batch_size = 2;
                config.sources = {{3, 1}, {3, 1}};
              }),
              HasSubstr("have 6 images, expected the 7"));
  EXPECT_THROW(
      test::image_loader(std::make_shared<MemoryDataset>(0), settings(), core::silent_log()),
      DataError);
}

}  // namespace
}  // namespace dbot::data
