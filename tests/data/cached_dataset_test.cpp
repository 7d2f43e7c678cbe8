#include "dbot/data/cached_dataset.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "dbot/data/concatenation.h"
#include "dbot/data/dataset.h"
#include "tests/core/temporary_folder.h"
#include "tests/data/fixtures.h"
#include "tests/data/loader/loader_batches.h"
#include "tests/data/memory_dataset.h"

namespace dbot::data {
namespace {

/// Small pictures whose bytes are counted as they are read.
class CountedFiles final : public EncodedDataset {
 public:
  std::int64_t size() const override { return 12; }
  void read(std::int64_t index, std::vector<std::uint8_t>& bytes) const override {
    ++reads;
    if (index == 5) throw DataError("[data] 5: is gone");
    const std::string text =
        "P5 4 4 255\n0123456789abcde" + std::string(1, static_cast<char>(index));
    bytes.assign(text.begin(), text.end());
  }
  std::int64_t label(std::int64_t) const override { return -1; }
  std::string name(std::int64_t index) const override { return std::to_string(index); }
  const std::vector<std::string>& classes() const override { return classes_; }

  mutable std::atomic<int> reads = 0;

 private:
  std::vector<std::string> classes_;
};

LoaderConfig settings(int workers = 2) {
  LoaderConfig config;
  config.image_size = {3, 3};
  config.channels = 1;
  config.batch_size = 4;
  config.workers = workers;
  return config;
}

TEST(CachedDataset, FilesAreReadOnceAndBatchesAreTheSame) {
  const auto files = std::make_shared<CountedFiles>();
  const auto expected = test::load_batches(files, settings(0), 12);
  files->reads = 0;
  test::expect_equal(test::load_batches(cached(files, 1 << 20), settings(0), 12), expected);
  // The broken one is tried each epoch.
  EXPECT_EQ(files->reads, 11 + 4);
}

TEST(CachedDataset, KeepsNoMoreThanItsBudget) {
  const auto files = std::make_shared<CountedFiles>();
  const auto expected = test::load_batches(files, settings(0), 12);
  for (const std::int64_t budget : {1, 99, 500, 700}) {
    SCOPED_TRACE(budget);
    const CachedDataset* some = nullptr;
    const auto dataset = cached(files, budget);
    some = dynamic_cast<const CachedDataset*>(dataset.get());
    ASSERT_NE(some, nullptr);
    test::expect_equal(test::load_batches(dataset, settings(), 12), expected);
    EXPECT_LE(some->used_bytes(), budget);
    EXPECT_EQ(some->used_bytes() / 99, budget / 99);  // 27 bytes and what it takes to keep them
  }
}

TEST(CachedDataset, ManyThreadsMayAskForTheSameFile) {
  const auto files = std::make_shared<CountedFiles>();
  const CachedDataset dataset(files, 10 * 99);
  std::atomic<int> wrong = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        std::vector<std::uint8_t> bytes;
        for (std::int64_t index = 0; index < 500; ++index) {
          const auto wanted = index % 12 == 5 ? 0 : index % 12;
          dataset.read(wanted, bytes);
          wrong += bytes.size() != 27 || bytes.back() != wanted;
        }
      });
    }
  }
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(dataset.used_bytes(), 10 * 99);
}

TEST(CachedDataset, ThereIsNoneWithoutBudgetOrFiles) {
  const auto files = std::make_shared<CountedFiles>();
  EXPECT_EQ(cached(files, 0), files);
  const std::shared_ptr<const Dataset> pixels = std::make_shared<test::MemoryDataset>(3);
  EXPECT_EQ(cached(pixels, 1 << 20), pixels);
  const auto some = cached(subset(files, {3, 4}), 1 << 20);  // a subset of files is files
  EXPECT_EQ(some->load(1, 1).pixels.back(), 4);
  EXPECT_EQ(some->load(1, 1).pixels.back(), 4);
  EXPECT_EQ(files->reads, 1);
}

TEST(Concatenation, HasTheImagesAndClassesOfItsParts) {
  const test::TemporaryFolder folder;
  for (const char* name : {"one/cat/1.jpg", "one/dog/2.jpg", "two/bee/3.png", "two/dog/4.jpg"}) {
    test::put_image(folder / name,
                    std::string(name).ends_with("png") ? "grey16.png" : "rgb_420.jpg");
  }
  const auto one = open_images(folder / "one", core::silent_log());
  const auto two = open_images(folder / "two", core::silent_log());
  const auto all = concatenate({one, two, one});
  EXPECT_NE(dynamic_cast<const EncodedDataset*>(all.get()), nullptr);
  ASSERT_EQ(all->size(), 6);
  EXPECT_EQ(all->classes(), (std::vector<std::string>{"bee", "cat", "dog"}));
  std::vector<std::int64_t> labels;
  for (std::int64_t i = 0; i < 6; ++i) labels.push_back(all->label(i));
  EXPECT_EQ(labels, (std::vector<std::int64_t>{1, 2, 0, 2, 1, 2}));
  EXPECT_EQ(all->name(3), (folder / "two/dog/4.jpg").string());
  EXPECT_EQ(all->load(2, 3).pixels, two->load(0, 3).pixels);
  EXPECT_EQ(all->load(5, 3).pixels, one->load(1, 3).pixels);
  EXPECT_THROW(all->name(6), Error);
  EXPECT_THROW(all->name(-1), Error);
}

TEST(Concatenation, WithAnUnlabelledPartThereAreNoLabels) {
  const auto labelled = std::make_shared<test::MemoryDataset>(4);
  const auto all = concatenate({labelled, std::make_shared<CountedFiles>()});
  EXPECT_TRUE(all->classes().empty());
  EXPECT_EQ(all->label(1), -1);
  EXPECT_EQ(all->load(2, 3).pixels, labelled->load(2, 3).pixels);
  EXPECT_EQ(all->load(4 + 7, 1).pixels.back(), 7);
  EXPECT_EQ(concatenate({labelled}), labelled);
  EXPECT_THROW(concatenate({}), UsageError);
}

}  // namespace
}  // namespace dbot::data
