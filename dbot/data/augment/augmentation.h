#pragma once

#include <string_view>
#include <vector>

#include "dbot/data/augment/augment.h"

namespace dbot::data {

/// How a random crop is drawn: torchvision's rule with retries, or that of MAE's linear probe.
enum class CropRule { retries, single_shot };

struct AugmentationConfig {
  std::vector<double> crop_scale{0.2, 1.0};          // share of the area
  std::vector<double> crop_ratio{3.0 / 4, 4.0 / 3};  // width / height
  double flip = 0.5;                                 // probability of a horizontal flip
  PixelAugmentation pixels;                          // what happens to the crop
  CropRule crop_rule = CropRule::retries;
};

/// Throws UsageError for lists of the wrong length, ranges that do not rise, and values that no
/// operation is defined for; `table` is what the keys in messages begin with.
void check_augmentation(const AugmentationConfig& config, std::string_view table);

/// Throws UsageError for changes of colour where images have neither one channel, which has none to
/// change, nor the three of RGB: saturation, hue and grey.
void check_colours(const PixelAugmentation& pixels, int channels, std::string_view table);

}  // namespace dbot::data
