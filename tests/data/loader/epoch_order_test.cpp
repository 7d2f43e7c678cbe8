#include "dbot/data/loader/epoch_order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "tests/data/fixtures.h"
#include "tests/data/loader/loader_batches.h"
#include "tests/data/memory_dataset.h"

namespace dbot::data {
namespace {

using ::testing::ElementsAre;

const std::vector<SourceShare> uneven{{90, 0.7}, {10, 0.3}};

std::vector<std::int64_t> order(std::int64_t epoch, const std::vector<SourceShare>& sources,
                                std::uint64_t seed = 1) {
  return epoch_order(100, sources, seed, epoch);
}

TEST(EpochOrder, WithoutSourcesEverySampleComesOnce) {
  auto samples = order(3, {});
  EXPECT_NE(samples, order(4, {}));
  EXPECT_NE(samples, order(3, {}, 2));
  std::sort(samples.begin(), samples.end());
  for (std::int64_t i = 0; i < 100; ++i) EXPECT_EQ(samples[static_cast<std::size_t>(i)], i);
}

TEST(EpochOrder, QuotasSumUpAndRoundTheLargestRemainders) {
  EXPECT_THAT(source_quotas(100, uneven), ElementsAre(70, 30));
  EXPECT_THAT(source_quotas(10, std::vector<SourceShare>{{5, 1}, {4, 1}, {1, 1}}),
              ElementsAre(4, 3, 3));
  EXPECT_THAT(source_quotas(10, std::vector<SourceShare>{{5, 1e-9}, {5, 1}}), ElementsAre(0, 10));
  EXPECT_THAT(source_quotas(7, std::vector<SourceShare>{{7, 1e300}}), ElementsAre(7));
}

TEST(EpochOrder, SourcesGiveTheirSharesInPassesWithoutGaps) {
  std::map<std::int64_t, int> shown;  // by index, over all epochs
  for (std::int64_t epoch = 0; epoch < 9; ++epoch) {
    const auto samples = order(epoch, uneven);
    EXPECT_EQ(samples, order(epoch, uneven));  // nothing is carried from epoch to epoch
    EXPECT_EQ(std::count_if(samples.begin(), samples.end(),
                            [](std::int64_t sample) { return sample % 100 < 90; }),
              70);
    EXPECT_EQ(std::set<std::int64_t>(samples.begin(), samples.end()).size(), 100U);
    for (const auto sample : samples) ++shown[sample % 100];
  }
  for (std::int64_t i = 0; i < 100; ++i) EXPECT_EQ(shown[i], i < 90 ? 7 : 27) << i;
}

TEST(EpochOrder, APassIsUsedUpBeforeTheNextBegins) {
  // 45 of 90 an epoch: each sample of the first source is in one of two epochs.
  const std::vector<SourceShare> half{{90, 0.45}, {10, 0.55}};
  std::set<std::int64_t> seen;
  for (const std::int64_t epoch : {4, 5}) {
    for (const auto sample : order(epoch, half)) {
      if (sample >= 90) continue;
      EXPECT_TRUE(seen.insert(sample).second) << sample;
    }
  }
  EXPECT_EQ(seen.size(), 90U);
}

TEST(EpochOrder, EveryPassAndEverySourceHasAnOrderOfItsOwn) {
  // Even epochs show the first half of a pass over 40, 40 and 20.
  const std::vector<SourceShare> halves{{40, 0.2}, {40, 0.2}, {20, 0.6}};
  const auto shown = [&](std::int64_t epoch, std::int64_t first) {
    std::set<std::int64_t> samples;  // of the source that begins there
    for (const auto sample : order(epoch, halves)) {
      if (sample % 100 >= first && sample % 100 < first + 40) samples.insert(sample % 100 - first);
    }
    return samples;
  };
  std::set<std::set<std::int64_t>> different;
  for (const std::int64_t epoch : {0, 2, 4, 6}) {
    for (const std::int64_t first : {0, 40}) {
      EXPECT_EQ(shown(epoch, first).size(), 20U);
      different.insert(shown(epoch, first));
    }
  }
  EXPECT_EQ(different.size(), 8U);
}

TEST(EpochOrder, SourcesAreMixedEvenly) {
  const auto samples = order(0, uneven);
  const auto of_second = [&](std::size_t begin, std::size_t end) {
    std::size_t count = 0;
    for (auto i = begin; i < end; ++i) count += samples[i] % 100 >= 90;
    return count;
  };
  EXPECT_GE(of_second(0, 50), 8U);  // 15 are to be expected, of a standard deviation of 2.3
  EXPECT_GE(of_second(50, 100), 8U);
}

TEST(EpochOrder, TheLoaderShowsRepeatsWithOtherCropsAndNamesBrokenOnesOnce) {
  test::ImageLoaderConfig config;
  config.image_size = {6, 7};
  config.batch_size = 10;
  config.sources = {{16, 1}, {4, 3}};
  config.max_bad_fraction = 0.2;
  test::KeptLog kept;
  const auto dataset = std::make_shared<test::MemoryDataset>(20, std::set<std::int64_t>{17});
  const auto batches = test::load_batches(dataset, config, 6, kept.log());
  EXPECT_THAT(kept.lines, ElementsAre(::testing::HasSubstr("s17: is broken")));
  std::map<std::int64_t, std::vector<at::Tensor>> shown;  // of the first epoch, by index
  for (const auto& batch : {batches.at(0), batches.at(1)}) {
    for (std::int64_t i = 0; i < batch.size(); ++i) {
      const auto index = batch.sample_ids[static_cast<std::size_t>(i)] % 20;
      EXPECT_EQ(batch.labels[static_cast<std::size_t>(i)], index % 3);
      shown[index].push_back(batch.tensors.at("images")[i]);
    }
  }
  const auto& repeats = shown[16];
  ASSERT_GE(repeats.size(), 3U);
  EXPECT_FALSE(at::equal(repeats[0], repeats[1]) && at::equal(repeats[1], repeats[2]));
  config.first_batch = 3;
  config.workers = 0;
  test::expect_equal(test::load_batches(dataset, config, 3), {batches.begin() + 3, batches.end()});
}

}  // namespace
}  // namespace dbot::data
