#include "dbot/data/augment/augmentation.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>

#include "dbot/core/error.h"

namespace dbot::data {
namespace {

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

[[noreturn]] void refuse_colour(std::string_view key, int channels) {
  throw UsageError(
      {.operation = "data",
       .subject = std::string(key),
       .fault = Fault::channels,
       .reason = fmt::format("changes the colours of RGB, but model.channels is {}", channels),
       .way_out = "set it to 0; brightness, contrast, blur, solarise and erase work "
                  "for any number"});
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

void check_colours(const PixelAugmentation& pixels, int channels, std::string_view table) {
  if (channels == 1 || channels == 3) return;
  const auto refuse_if = [&](bool asked, const char* key) {
    if (asked) refuse_colour(fmt::format("{}.{}", table, key), channels);
  };
  const auto& jitter = pixels.colour_jitter;
  const bool colours = jitter.any() && (jitter.strength.at(2) > 0 || jitter.strength.at(3) > 0);
  refuse_if(colours, "colour_jitter");
  refuse_if(pixels.grey > 0, "grayscale");
  refuse_if(pixels.three_augment > 0, "three_augment");
}

}  // namespace dbot::data
