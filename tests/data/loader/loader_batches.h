#pragma once

#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "dbot/data/loader/image_part.h"
#include "dbot/data/loader/loader.h"

namespace dbot::test {

/// All settings of a loader of images in one place. Augmented where it is for training.
struct ImageLoaderConfig : data::LoaderConfig, data::ImagePartConfig {};

inline data::Loader image_loader(std::shared_ptr<const data::Dataset> dataset,
                                 const ImageLoaderConfig& config, const core::Log& log) {
  data::ImagePartConfig images = config;
  images.augmented = config.training;
  return data::Loader(std::move(dataset), {data::image_part(images)}, config, log);
}

/// At most `count` batches.
inline std::vector<data::Batch> load_batches(data::Loader& loader, int count) {
  std::vector<data::Batch> all;
  for (int i = 0; i < count; ++i) {
    auto batch = loader.next();
    if (!batch) break;
    all.push_back(std::move(*batch));
  }
  return all;
}

inline std::vector<data::Batch> load_batches(std::shared_ptr<const data::Dataset> dataset,
                                             const ImageLoaderConfig& config, int count,
                                             const core::Log& log = core::silent_log()) {
  data::Loader loader = image_loader(std::move(dataset), config, log);
  return load_batches(loader, count);
}

inline void expect_equal(const std::vector<data::Batch>& one, const std::vector<data::Batch>& two) {
  ASSERT_EQ(one.size(), two.size());
  for (std::size_t i = 0; i < one.size(); ++i) {
    EXPECT_EQ(one[i].sample_ids, two[i].sample_ids) << "batch " << i;
    EXPECT_EQ(one[i].labels, two[i].labels);
    EXPECT_EQ(one[i].epoch, two[i].epoch);
    EXPECT_TRUE(at::equal(one[i].tensors.at("images"), two[i].tensors.at("images"))) << i;
  }
}

}  // namespace dbot::test
