#include "dbot/data/loader/loader_config.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

#include "dbot/core/error.h"

namespace dbot::data {

void check_value_range(const std::vector<double>& range, std::string_view key) {
  const bool good = range.size() == 2 && std::isfinite(range[0]) && std::isfinite(range[1]) &&
                    range[0] != range[1];
  if (range.empty() || good) return;
  throw UsageError(fmt::format(
      "[data] {} is [{}], expected the values of black and white, two different numbers such as "
      "[0, 4095], or nothing",
      key, fmt::join(range, ", ")));
}

AugmentationConfig augmentation_of(const DataConfig& config) {
  AugmentationConfig augmentation = config.augmentation;
  if (!config.mean.empty()) augmentation.pixels.range.mean = config.mean;
  if (!config.std.empty()) augmentation.pixels.range.std = config.std;
  return augmentation;
}

}  // namespace dbot::data
