#include "dbot/data/loader/loader_config.h"

namespace dbot::data {

AugmentationConfig augmentation_of(const DataConfig& config) {
  AugmentationConfig augmentation = config.augmentation;
  if (!config.mean.empty()) augmentation.pixels.range.mean = config.mean;
  if (!config.std.empty()) augmentation.pixels.range.std = config.std;
  return augmentation;
}

}  // namespace dbot::data
