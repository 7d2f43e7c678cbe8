#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "dbot/core/settings/settings.h"
#include "dbot/data/augment/augmentation.h"
#include "dbot/data/batch_part.h"
#include "dbot/data/image/crop.h"
#include "dbot/data/image/image.h"

namespace dbot::data {

/// Further crops of each sample of a training batch, with an augmentation of their own: the views
/// of multi-crop and siamese methods. They come as tensor `name`, [batch, count, channels, height,
/// width]; each crop has draws of its own, by its place among all views.
struct ViewConfig {
  std::string name;
  core::Size image_size;
  std::int64_t count = 1;
  AugmentationConfig augmentation;
};

struct ImagePartConfig {
  core::Size image_size = {};
  int channels = 3;
  ValueRange values = {};  // of files of more than 8 bits
  /// Otherwise the centre crop, without views: for evaluation.
  bool augmented = true;
  AugmentationConfig augmentation = AugmentationConfig();
  std::vector<ViewConfig> views = {};  // beside "images", which do not change by them
};

/// Puts crops of a sample's image where the requests say.
using MakeCrops = std::function<void(const Sample& sample, const PixelFormat& format,
                                     std::span<const CropRequest> requests)>;

/// The images of a batch (sample_image.h): tensor "images", uint8 [batch, channels, height, width],
/// and further views. Throws UsageError where `check_views` does, and for sizes and channels that
/// no image has.
BatchPartFactory image_part(ImagePartConfig config);
/// The same of crops that are had in another way.
BatchPartFactory image_part(ImagePartConfig config, MakeCrops make_crops);

/// The checks of further views: names, sizes, counts and augmentations. Throws UsageError.
void check_views(const std::vector<ViewConfig>& views, int channels);

}  // namespace dbot::data
