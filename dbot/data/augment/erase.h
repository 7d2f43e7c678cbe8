#pragma once

#include <cstdint>
#include <vector>

#include "dbot/core/random.h"
#include "dbot/data/augment/planar_image.h"

namespace dbot::data {

/// What erased pixels become: the mean of the data, which is 0 after normalisation; one random
/// colour a rectangle; or random pixels. Random: normal with the mean and deviation of the data.
enum class EraseFill { mean, colour, pixels };

/// Random erasing (Zhong et al., "Random Erasing Data Augmentation", AAAI 2020) as in timm.
struct EraseConfig {
  double probability = 0;
  std::vector<double> area{0.02, 1.0 / 3};  // share of the image's area, of all rectangles together
  std::vector<double> ratio{0.3, 1 / 0.3};  // height / width
  EraseFill fill = EraseFill::pixels;
  std::int64_t most = 1;  // rectangles an image, 1 to so many
};

/// Mean and deviation of each channel, pixels 0…1; one number stands for all channels.
struct PixelRange {
  std::vector<double> mean{0.5}, std{0.25};

  double mean_of(int channel) const { return at(mean, channel); }
  double std_of(int channel) const { return at(std, channel); }

 private:
  static double at(const std::vector<double>& values, int channel) {
    return values.size() == 1 ? values[0] : values.at(static_cast<std::size_t>(channel));
  }
};

/// The 8-bit pixel of a value 0…1, rounded and clamped.
std::uint8_t to_pixel(double value);

/// With the probability of `config`, fills rectangles of the image, or the same rectangles of all
/// frames of a clip. Random pixels are rounded and clamped to 0…255, unlike timm's, which are drawn
/// after normalisation; each frame has its own, a random colour is one for all.
void random_erase(Frames frames, const EraseConfig& config, const PixelRange& range,
                  core::Random& random);

}  // namespace dbot::data
