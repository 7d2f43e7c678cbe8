#pragma once

#include <functional>

#include "dbot/core/random.h"
#include "dbot/core/settings/settings.h"
#include "dbot/data/augment/augmentation.h"
#include "dbot/data/image/crop.h"

// Which part of an image is taken.
namespace dbot::data {

/// torchvision's RandomResizedCrop rule: ten attempts, then the central crop of nearest legal
/// ratio.
Crop random_resized_crop(int height, int width, const AugmentationConfig& config,
                         core::Random& random);

/// The draws of that rule, as tests inject them.
struct CropDraws {
  std::function<double(double low, double high)> uniform;
  std::function<int(int count)> below;  // one of 0…count − 1
};
Crop random_resized_crop(int height, int width, const AugmentationConfig& config,
                         const CropDraws& draws);

/// The single-shot rule of MAE's linear probe: no retries, clamped to the image. The four draws are
/// given; those of the corner are whole pixels. docs/methods/mae.md §7 (fixture single_shot_crop).
Crop single_shot_crop(int height, int width, double area_fraction, double log_ratio,
                      double top_draw, double left_draw);

/// A crop drawn by the rule that the configuration names.
Crop random_crop(int height, int width, const AugmentationConfig& config, core::Random& random);

/// The largest central crop with the ratio of `size`, after the usual evaluation rule (shorter side
/// int(S/0.875) for S ≤ 224, else S; then the centre): expressed as one crop of the original. An
/// image that is not larger than `size` is used up to its border.
Crop centre_crop(int height, int width, core::Size size);

}  // namespace dbot::data
