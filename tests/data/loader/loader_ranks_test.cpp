#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "dbot/data/loader/loader.h"
#include "tests/data/fixtures.h"
#include "tests/data/loader/loader_batches.h"
#include "tests/data/memory_dataset.h"

// Several processes that train together: what each is given, and that together it is the same.
namespace dbot::data {
namespace {

using test::MemoryDataset;
using ::testing::SizeIs;

constexpr std::int64_t at_once = 8;  // images of all ranks' batches of a number

test::ImageLoaderConfig share(int rank, int ranks, bool training = true) {
  test::ImageLoaderConfig config;
  config.image_size = {6, 7};
  config.batch_size = at_once / ranks;
  config.seed = 5;
  config.workers = 2;
  config.training = training;
  config.rank = rank;
  config.ranks = ranks;
  config.max_bad_fraction = 0.2;
  return config;
}

std::vector<std::vector<Batch>> all_ranks(const MemoryDataset& dataset, int ranks, int count,
                                          bool training = true, std::int64_t first_batch = 0) {
  std::vector<std::vector<Batch>> batches;
  for (int rank = 0; rank < ranks; ++rank) {
    auto config = share(rank, ranks, training);
    config.first_batch = first_batch;
    batches.push_back(test::load_batches(std::make_shared<MemoryDataset>(dataset), config, count));
  }
  return batches;
}

/// The batches of each number, one behind the other.
std::vector<Batch> joined(const std::vector<std::vector<Batch>>& ranks) {
  std::vector<Batch> all;
  for (std::size_t i = 0; i < ranks[0].size(); ++i) {
    Batch whole;
    whole.epoch = ranks[0][i].epoch;
    std::vector<at::Tensor> images;
    for (const auto& batches : ranks) {
      if (i >= batches.size()) continue;
      const auto& part = batches[i];
      whole.sample_ids.insert(whole.sample_ids.end(), part.sample_ids.begin(),
                              part.sample_ids.end());
      whole.labels.insert(whole.labels.end(), part.labels.begin(), part.labels.end());
      images.push_back(part.tensors.at("images"));
    }
    whole.tensors["images"] = at::cat(images);
    all.push_back(std::move(whole));
  }
  return all;
}

TEST(LoaderRanks, TogetherTheySeeTheBatchesOfASingleProcess) {
  const MemoryDataset dataset(51, {3, 17, 18});
  for (const std::int64_t first_batch : {0, 8}) {
    const auto single = all_ranks(dataset, 1, 14, true, first_batch).front();
    for (const int ranks : {2, 4}) {
      SCOPED_TRACE(ranks);
      test::expect_equal(joined(all_ranks(dataset, ranks, 14, true, first_batch)), single);
    }
  }
}

TEST(LoaderRanks, AnEpochShowsEverySampleOnce) {
  const MemoryDataset dataset(64);
  for (const int ranks : {1, 2, 4}) {
    std::multiset<std::int64_t> seen;
    for (const auto& batches : all_ranks(dataset, ranks, 64 / at_once)) {
      for (const auto& batch : batches) {
        EXPECT_EQ(batch.epoch, 0);
        seen.insert(batch.sample_ids.begin(), batch.sample_ids.end());
      }
    }
    EXPECT_THAT(seen, SizeIs(64));
    EXPECT_THAT(std::set<std::int64_t>(seen.begin(), seen.end()), SizeIs(64));
  }
}

TEST(LoaderRanks, AnEvaluationPassIsDividedWithItsTail) {
  for (const std::int64_t size : {32, 33, 37, 39}) {
    const MemoryDataset dataset(size, {4});
    const auto single = all_ranks(dataset, 1, 100, false).front();
    for (const int ranks : {2, 4}) {
      SCOPED_TRACE(size * 10 + ranks);
      test::expect_equal(joined(all_ranks(dataset, ranks, 100, false)), single);
    }
  }
}

}  // namespace
}  // namespace dbot::data
