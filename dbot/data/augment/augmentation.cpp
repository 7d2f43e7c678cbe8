#include "dbot/data/augment/augmentation.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <string>

#include "dbot/core/error.h"

namespace dbot::data {
namespace {

constexpr std::int64_t most_crops = 1000;  // of a sample: a slip of the finger is more

void check_rising(std::string_view table, std::string_view key, const std::vector<double>& range,
                  double lowest, double highest) {
  const bool good =
      range.size() == 2 && range[0] > lowest && range[0] <= range[1] && range[1] <= highest;
  if (good) return;
  throw UsageError(
      fmt::format("[data] {}.{} is [{}], expected two numbers, above {}, rising, at most {}", table,
                  key, fmt::join(range, ", "), lowest, highest));
}

void check_jitter(const ColourJitterConfig& jitter, std::string_view table) {
  const auto& strength = jitter.strength;
  const bool good =
      strength.size() == 4 && strength[3] <= 0.5 &&
      std::all_of(strength.begin(), strength.end(), [](double value) { return value >= 0; });
  if (good) return;
  throw UsageError(fmt::format(
      "[data] {}.colour_jitter is [{}], expected four numbers of at least 0: brightness, contrast, "
      "saturation and hue, which is at most 0.5; such as [0.4, 0.4, 0.4, 0.1]",
      table, fmt::join(strength, ", ")));
}

}  // namespace

void check_augmentation(const AugmentationConfig& config, std::string_view table) {
  check_rising(table, "crop_scale", config.crop_scale, 0, 1);
  check_rising(table, "crop_ratio", config.crop_ratio, 0, 1e6);
  const auto& pixels = config.pixels;
  check_jitter(pixels.colour_jitter, table);
  check_rising(table, "blur_sigma", pixels.blur_sigma, 0, 1000);
  check_rising(table, "erase_area", pixels.erase.area, 0, 1);
  check_rising(table, "erase_ratio", pixels.erase.ratio, 0, 1000);
}

void check_views(const LoaderConfig& config) {
  std::set<std::string> names{"images"};
  std::int64_t crops = 0;
  for (const auto& view : config.views) {
    if (view.name.empty() || !names.insert(view.name).second) {
      throw UsageError(fmt::format(
          "[loader] two views are called \"{}\", or one has no name; each needs its own",
          view.name));
    }
    if (view.image_size.height <= 0 || view.image_size.width <= 0 || view.count < 1 ||
        view.count > most_crops) {
      throw UsageError(fmt::format(
          "[loader] view \"{}\" is {} crops of {}x{} pixels, expected "
          "positive numbers and at most {} crops",
          view.name, view.count, view.image_size.height, view.image_size.width, most_crops));
    }
    crops += view.count;
    check_augmentation(view.augmentation, view.name);
  }
  if (crops > most_crops) {
    throw UsageError(
        fmt::format("[loader] the views have {} crops, expected at most {}", crops, most_crops));
  }
}

AugmentationConfig augmentation_of(const DataConfig& config) {
  AugmentationConfig augmentation = config.augmentation;
  if (!config.mean.empty()) augmentation.pixels.range.mean = config.mean;
  if (!config.std.empty()) augmentation.pixels.range.std = config.std;
  return augmentation;
}

}  // namespace dbot::data
