#include "dbot/data/cached_dataset.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "dbot/data/concatenation.h"
#include "dbot/data/data_error.h"
#include "dbot/data/image/sample_image.h"
#include "dbot/data/sources/open.h"
#include "dbot/data/subset.h"
#include "tests/core/temporary_folder.h"
#include "tests/data/fixtures.h"
#include "tests/data/loader/loader_batches.h"
#include "tests/data/memory_dataset.h"

namespace dbot::data {
namespace {

/// Small pictures whose bytes are counted as they are read.
class CountedFiles final : public Dataset {
 public:
  std::int64_t size() const override { return 12; }
  void read(std::int64_t index, Sample& sample) const override {
    ++reads;
    sample.begin(name(index));
    if (index == 5) throw data_error("5", Fault::unreadable, "is gone");
    const std::string text =
        "P5 4 4 255\n0123456789abcde" + std::string(1, static_cast<char>(index));
    sample.add(kImagePart).own_encoded().assign(text.begin(), text.end());
  }
  std::int64_t label(std::int64_t) const override { return -1; }
  std::string name(std::int64_t index) const override { return std::to_string(index); }
  const std::vector<std::string>& classes() const override { return classes_; }

  mutable std::atomic<int> reads = 0;

 private:
  std::vector<std::string> classes_;
};

// Of such a picture: 27 bytes, what they are, and what it takes to keep them.
constexpr std::int64_t kKept = 27 + 24 + 72;

test::ImageLoaderConfig settings(int workers = 2) {
  test::ImageLoaderConfig config;
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
  for (const std::int64_t budget : {std::int64_t{1}, kKept, 5 * kKept + 5, 7 * kKept + 7}) {
    SCOPED_TRACE(budget);
    const auto some = std::make_shared<CachedDataset>(files, budget);
    test::expect_equal(test::load_batches(some, settings(), 12), expected);
    EXPECT_LE(some->used_bytes(), budget);
    EXPECT_EQ(some->used_bytes() / kKept, budget / kKept);
  }
}

TEST(CachedDataset, ManyThreadsMayAskForTheSameFile) {
  const auto files = std::make_shared<CountedFiles>();
  const CachedDataset dataset(files, 10 * kKept);
  std::atomic<int> wrong = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        Sample sample;
        for (std::int64_t index = 0; index < 500; ++index) {
          const auto wanted = index % 12 == 5 ? 0 : index % 12;
          dataset.read(wanted, sample);
          const auto bytes = sample.part(kImagePart).bytes();
          wrong += bytes.size() != 27 || bytes.back() != wanted;
        }
      });
    }
  }
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(dataset.used_bytes(), 10 * kKept);
}

TEST(CachedDataset, ThereIsNoneWithoutBudgetOrFiles) {
  const auto files = std::make_shared<CountedFiles>();
  EXPECT_EQ(cached(files, 0), files);
  const CachedDataset pixels(std::make_shared<test::MemoryDataset>(3), 1 << 20);
  EXPECT_EQ(load_image(pixels, 1, 3).pixels, load_image(test::MemoryDataset(3), 1, 3).pixels);
  EXPECT_EQ(pixels.used_bytes(), 0);
  const auto some = cached(subset(files, {3, 4}), 1 << 20);  // a subset of files is files
  EXPECT_EQ(load_image(*some, 1, 1).pixels.back(), 4);
  EXPECT_EQ(load_image(*some, 1, 1).pixels.back(), 4);
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
  ASSERT_EQ(all->size(), 6);
  EXPECT_EQ(all->classes(), (std::vector<std::string>{"bee", "cat", "dog"}));
  std::vector<std::int64_t> labels;
  for (std::int64_t i = 0; i < 6; ++i) labels.push_back(all->label(i));
  EXPECT_EQ(labels, (std::vector<std::int64_t>{1, 2, 0, 2, 1, 2}));
  EXPECT_EQ(all->name(3), (folder / "two/dog/4.jpg").string());
  EXPECT_EQ(load_image(*all, 2, 3).pixels, load_image(*two, 0, 3).pixels);
  EXPECT_EQ(load_image(*all, 5, 3).pixels, load_image(*one, 1, 3).pixels);
  EXPECT_THROW(all->name(6), Error);
  EXPECT_THROW(all->name(-1), Error);
}

TEST(Concatenation, WithAnUnlabelledPartThereAreNoLabels) {
  const auto labelled = std::make_shared<test::MemoryDataset>(4);
  const auto all = concatenate({labelled, std::make_shared<CountedFiles>()});
  EXPECT_TRUE(all->classes().empty());
  EXPECT_EQ(all->label(1), -1);
  EXPECT_EQ(load_image(*all, 2, 3).pixels, load_image(*labelled, 2, 3).pixels);
  EXPECT_EQ(load_image(*all, 4 + 7, 1).pixels.back(), 7);
  EXPECT_EQ(concatenate({labelled}), labelled);
  EXPECT_THROW(concatenate({}), UsageError);
}

}  // namespace
}  // namespace dbot::data
