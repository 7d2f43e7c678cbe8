#include "dbot/data/augment/crop_rules.h"

#include <algorithm>
#include <cmath>

namespace dbot::data {
namespace {

/// To the nearest integer, halves to the even one, like Python's round.
int round_half_even(double value) {
  return static_cast<int>(std::nearbyint(value));
}

/// The central crop that keeps as much as a legal ratio allows.
Crop fallback_crop(int height, int width, double lowest_ratio, double highest_ratio) {
  const double ratio = static_cast<double>(width) / height;
  Crop crop{0, 0, height, width};
  if (ratio < lowest_ratio) crop.height = round_half_even(width / lowest_ratio);
  if (ratio > highest_ratio) crop.width = round_half_even(height * highest_ratio);
  crop.height = std::clamp(crop.height, 1, height);
  crop.width = std::clamp(crop.width, 1, width);
  crop.top = (height - crop.height) / 2;
  crop.left = (width - crop.width) / 2;
  return crop;
}

}  // namespace

Crop random_resized_crop(int height, int width, const AugmentationConfig& config,
                         core::Random& random) {
  return random_resized_crop(
      height, width, config,
      CropDraws{[&](double low, double high) { return random.uniform(low, high); },
                [&](int count) {
                  return static_cast<int>(random.below(static_cast<std::uint64_t>(count)));
                }});
}

Crop random_resized_crop(int height, int width, const AugmentationConfig& config,
                         const CropDraws& draws) {
  const double area = static_cast<double>(height) * width;
  const double lowest = config.crop_ratio.at(0), highest = config.crop_ratio.at(1);
  for (int attempt = 0; attempt < 10; ++attempt) {
    const double target = area * draws.uniform(config.crop_scale.at(0), config.crop_scale.at(1));
    const double ratio = std::exp(draws.uniform(std::log(lowest), std::log(highest)));
    Crop crop;
    crop.width = round_half_even(std::sqrt(target * ratio));
    crop.height = round_half_even(std::sqrt(target / ratio));
    if (crop.width <= 0 || crop.width > width || crop.height <= 0 || crop.height > height) continue;
    crop.top = draws.below(height - crop.height + 1);
    crop.left = draws.below(width - crop.width + 1);
    return crop;
  }
  return fallback_crop(height, width, std::min(lowest, highest), std::max(lowest, highest));
}

Crop single_shot_crop(int height, int width, double area_fraction, double log_ratio,
                      double top_draw, double left_draw) {
  const double target = static_cast<double>(height) * width * area_fraction;
  // The official code takes the exponential in float32.
  const double ratio = std::exp(static_cast<float>(log_ratio));
  Crop crop;
  crop.width = std::clamp(round_half_even(std::sqrt(target * ratio)), 1, width);
  crop.height = std::clamp(round_half_even(std::sqrt(target / ratio)), 1, height);
  crop.top = std::clamp(static_cast<int>(top_draw), 0, height - crop.height);
  crop.left = std::clamp(static_cast<int>(left_draw), 0, width - crop.width);
  return crop;
}

Crop random_crop(int height, int width, const AugmentationConfig& config, core::Random& random) {
  if (config.crop_rule == CropRule::retries) {
    return random_resized_crop(height, width, config, random);
  }
  const double area = random.uniform(config.crop_scale.at(0), config.crop_scale.at(1));
  const double log_ratio =
      random.uniform(std::log(config.crop_ratio.at(0)), std::log(config.crop_ratio.at(1)));
  const auto corner = [&](int free) {
    return static_cast<double>(random.below(static_cast<std::uint64_t>(free) + 1));
  };
  const Crop size = single_shot_crop(height, width, area, log_ratio, 0, 0);
  const double top = corner(height - size.height), left = corner(width - size.width);
  return single_shot_crop(height, width, area, log_ratio, top, left);
}

Crop centre_crop(int height, int width, core::Size size) {
  const auto shorter = std::min(size.height, size.width);
  const auto enlarged = shorter <= 224 ? static_cast<std::int64_t>(shorter / 0.875) : shorter;
  const double usual_share = static_cast<double>(shorter) / static_cast<double>(enlarged);
  const double ratio = static_cast<double>(size.width) / static_cast<double>(size.height);
  double crop_height = height, crop_width = height * ratio;
  if (crop_width > width) {
    crop_width = width;
    crop_height = width / ratio;
  }
  // An eighth off an image that is not larger than the input would lose what little there is.
  const bool small = crop_height <= static_cast<double>(size.height);
  const double share = small ? 1.0 : usual_share;
  Crop crop;
  crop.height = std::clamp(round_half_even(crop_height * share), 1, height);
  crop.width = std::clamp(round_half_even(crop_width * share), 1, width);
  crop.top = round_half_even((height - crop.height) / 2.0);
  crop.left = round_half_even((width - crop.width) / 2.0);
  return crop;
}

}  // namespace dbot::data
