#include "dbot/data/loader/loader_bench.h"

#include <gtest/gtest.h>

#include "dbot/data/sources/open.h"
#include "tests/core/temporary_folder.h"
#include "tests/data/fixtures.h"
#include "tests/data/memory_dataset.h"

namespace dbot::data {
namespace {

class LoaderBench : public testing::Test {
 protected:
  void SetUp() override {
    for (int i = 0; i < 6; ++i) {
      const auto place = folder_.path() / ("image" + std::to_string(i) + ".jpg");
      // The last is no image any more.
      if (i < 5) {
        test::put_image(place);
      } else {
        test::write_text(place, "no image at all");
      }
    }
  }

  static LoaderBenchConfig bench_of(std::int64_t side) {
    LoaderBenchConfig config;
    config.loader = {.batch_size = 2, .workers = 1};
    config.image.image_size = {side, side};
    config.mean = {0.5, 0.5, 0.5};
    config.std = {0.25, 0.25, 0.25};
    config.images = 4;
    return config;
  }
  static bool never() { return false; }

  test::TemporaryFolder folder_;
};

TEST_F(LoaderBench, TimesEachStageOfEncodedImages) {
  const auto images = open_images(folder_.path(), core::silent_log());
  const LoaderStages stages = time_stages(*images, bench_of(64), 4, never);
  EXPECT_EQ(stages.images, 4);
  EXPECT_EQ(stages.bytes,
            static_cast<double>(test::bytes_of(test::fixtures() / "rgb_420.jpg").size()));
  for (const double seconds : {stages.read, stages.decode, stages.resize, stages.augment,
                               stages.normalise, stages.decode_whole}) {
    EXPECT_GE(seconds, 0);
    EXPECT_LT(seconds, 1) << "an image of a few pixels";
  }
  EXPECT_GT(stages.decode_whole, 0);
  EXPECT_GT(stages.normalise, 0);
  // All there are, without the unreadable one.
  EXPECT_EQ(time_stages(*images, bench_of(64), 100, never).images, 5);
  EXPECT_EQ(time_stages(*images, bench_of(64), 100, [] { return true; }).images, 0);
}

TEST_F(LoaderBench, PixelsThatAreNotEncodedHaveNoStages) {
  const test::MemoryDataset pixels(8);
  EXPECT_EQ(time_stages(pixels, bench_of(64), 4, never).images, 0);
  EXPECT_EQ(in_memory(pixels, 1 << 20), nullptr);
}

TEST_F(LoaderBench, PassesCountWholeBatches) {
  const auto images = open_images(folder_.path(), core::silent_log());
  auto config = bench_of(64);
  config.images = 3;
  config.loader.max_bad_fraction = 1;
  const LoaderPass pass = time_loader(images, config, core::silent_log(), never);
  EXPECT_EQ(pass.images, 4);
  EXPECT_GT(pass.seconds, 0);
  // More than one stretch of noise a crop.
  EXPECT_EQ(time_noise(8, bench_of(320), core::silent_log(), never).images, 4);
}

TEST_F(LoaderBench, FilesInMemoryAreTheFiles) {
  const auto images = open_images(folder_.path(), core::silent_log());
  const auto kept = in_memory(*images, 1 << 20);
  ASSERT_NE(kept, nullptr);
  EXPECT_EQ(kept->size(), images->size());
  EXPECT_EQ(time_stages(*kept, bench_of(64), 4, never).images, 4);
}

}  // namespace
}  // namespace dbot::data
