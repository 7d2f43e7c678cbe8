#include "dbot/eval/frozen/features.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/equal.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dbot/core/error.h"
#include "dbot/data/image/normalise.h"
#include "dbot/data/loader/image_part.h"
#include "dbot/data/loader/loader.h"
#include "tests/data/memory_dataset.h"
#include "tests/eval/frozen/samples.h"
#include "tests/eval/frozen/small_network.h"

namespace dbot::eval {
namespace {

using ::testing::ElementsAre;

ExtractionSettings settings(std::int64_t batch_size) {
  ExtractionSettings result;
  result.mean = {0.4, 0.5, 0.6};
  result.std = {0.2, 0.3, 0.4};
  result.batch_size = batch_size;
  return result;
}

/// The normalised evaluation images of the whole set, in one batch.
at::Tensor images_of(std::shared_ptr<const data::Dataset> dataset) {
  data::LoaderConfig config;
  config.training = false;
  config.batch_size = dataset->size();
  data::ImagePartConfig images;
  images.image_size = {8, 8};
  images.augmented = false;
  data::Loader loader(std::move(dataset), {data::image_part(images)}, config, core::silent_log());
  return data::normalise(loader.next()->tensors.at("images"), settings(1).mean, settings(1).std);
}

TEST(Features, AreThoseOfTheForwardPass) {
  const auto dataset = std::make_shared<test::MemoryDataset>(11);
  const nn::VisionTransformer network = small_network();
  const Features features =
      extract_features(network, dataset, settings(4), kNoStop, core::silent_log());
  const at::Tensor tokens =
      network.norm(network.blocks(network.embed(images_of(dataset)), at::kFloat));
  ASSERT_EQ(features.of("cls").sizes(), (at::IntArrayRef{11, 16}));
  EXPECT_TRUE(features.of("cls").allclose(tokens.select(1, 0), 1e-5, 1e-6));
  EXPECT_TRUE(features.of("mean").allclose(tokens.narrow(1, 1, 4).mean(1), 1e-5, 1e-6));
  EXPECT_FALSE(features.of("cls").allclose(features.of("mean"), 1e-2, 1e-2));
  EXPECT_FALSE(features.of("cls").requires_grad());
  for (std::int64_t i = 0; i < 11; ++i) {
    EXPECT_EQ(features.labels[i].item<std::int64_t>(), i % 3);
    EXPECT_EQ(features.indices[static_cast<std::size_t>(i)], i);
  }
}

TEST(Features, OfPixelsAreTheImages) {
  const auto dataset = std::make_shared<test::MemoryDataset>(5);
  const Features features =
      pixel_features({.images = {{8, 8}, 3}}, dataset, settings(2), kNoStop, core::silent_log());
  ASSERT_EQ(features.kinds.size(), 1U);
  EXPECT_TRUE(at::equal(features.of(kPixelFeatures), images_of(dataset).flatten(1)));
}

TEST(Features, LeaveBrokenSamplesOut) {
  const auto dataset = std::make_shared<test::MemoryDataset>(12, std::set<std::int64_t>{4});
  const Features features =
      pixel_features({.images = {{8, 8}, 3}}, dataset, settings(5), kNoStop, core::silent_log());
  EXPECT_THAT(features.indices, ElementsAre(0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11));
  EXPECT_EQ(features.labels.size(0), 11);
  EXPECT_EQ(features.of(kPixelFeatures).size(0), 11);
  EXPECT_EQ(features.labels[4].item<std::int64_t>(), 5 % 3);
}

TEST(Features, TellAfterEachBatchHowFarTheyAre) {
  const auto dataset = std::make_shared<test::MemoryDataset>(5);
  ExtractionSettings told = settings(2);
  std::vector<std::int64_t> done;
  told.progress = [&](const core::PassProgress& now) {
    EXPECT_EQ(now.total, 5);
    done.push_back(now.done);
  };
  extract_features(small_network(), dataset, told, kNoStop, core::silent_log());
  EXPECT_THAT(done, ElementsAre(2, 4, 5));
}

TEST(Features, StopOnRequest) {
  core::StopRequest stop;
  stop.request();
  const auto dataset = std::make_shared<test::MemoryDataset>(5);
  EXPECT_THROW(extract_features(small_network(), dataset, settings(2), stop, core::silent_log()),
               Stopped);
}

}  // namespace
}  // namespace dbot::eval
