#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "dbot/core/random.h"
#include "dbot/core/settings/settings.h"
#include "dbot/data/augment/augment.h"
#include "dbot/data/image/image.h"

namespace dbot::data {

/// A rectangle of an image, pixels.
struct Crop {
  int top = 0, left = 0, height = 0, width = 0;
  bool operator==(const Crop&) const = default;
};

/// A crop, to be mirrored or not after resizing.
struct CropChoice {
  Crop crop;
  bool mirror = false;
};

/// Chooses the part of an image once its size is known.
using ChooseCrop = std::function<CropChoice(int height, int width)>;

/// A crop that is wanted of an image: planar [channels, size.height, size.width], as by
/// `resize_crop`.
struct CropRequest {
  ChooseCrop choose;
  core::Size size;
  std::span<std::uint8_t> planar;
};

struct AugmentationConfig {
  std::vector<double> crop_scale{0.2, 1.0};          // share of the area
  std::vector<double> crop_ratio{3.0 / 4, 4.0 / 3};  // width / height
  double flip = 0.5;                                 // probability of a horizontal flip
  PixelAugmentation pixels;                          // what happens to the crop
};

/// torchvision's RandomResizedCrop rule: ten attempts, then the central crop of nearest legal
/// ratio.
Crop random_resized_crop(int height, int width, const AugmentationConfig& config,
                         core::Random& random);

/// The single-shot rule of MAE's linear probe: no retries, clamped to the image. The four draws are
/// given; those of the corner are whole pixels. mae.md §7 (fixture single_shot_crop).
Crop single_shot_crop(int height, int width, double area_fraction, double log_ratio,
                      double top_draw, double left_draw);

/// The largest central crop with the ratio of `size`, after the usual evaluation rule (shorter side
/// int(S/0.875) for S ≤ 224, else S; then the centre): expressed as one crop of the original. An
/// image that is not larger than `size` is used up to its border.
Crop centre_crop(int height, int width, core::Size size);

/// Resizes a crop to `size` with antialiased bicubic filtering, optionally mirrored, into planar
/// [channels, height, width]. Equal bit for bit to Pillow 13's image.crop(…).resize(…, BICUBIC).
/// Throws UsageError if the crop is not inside the image or `planar` has another size.
void resize_crop(const Image& image, const Crop& crop, core::Size size, bool mirror,
                 std::span<std::uint8_t> planar);

}  // namespace dbot::data
