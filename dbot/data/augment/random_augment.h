#pragma once

#include <cstdint>
#include <optional>

#include "dbot/core/random.h"
#include "dbot/data/augment/planar_image.h"
#include "dbot/data/augment/warp.h"

namespace dbot::data {

/// RandAugment (Cubuk et al., arXiv 1909.13719) as in timm, whose "rand-m9-mstd0.5-inc1" is
/// {operations 2, magnitude 9, deviation 0.5, increasing}.
struct RandomAugmentConfig {
  std::int64_t operations = 0;  // drawn for each image, with replacement; 0: off
  double magnitude = 9;         // 10: the strongest of the usual scale
  double deviation = 0.5;       // of a normal distribution around the magnitude
  double limit = 10;            // no drawn magnitude is above
  double probability = 0.5;     // that a drawn operation is carried out
  /// More magnitude is always a stronger change. Otherwise posterise and solarise become weaker
  /// with it, and colour, contrast, brightness and sharpness go from 0.1 to 1.9.
  bool increasing = true;
};

enum class AugmentOperation {
  auto_contrast,
  equalise,
  invert,
  rotate,
  posterise,
  solarise,
  solarise_add,
  saturation,
  contrast,
  brightness,
  sharpness,
  shear_x,
  shear_y,
  translate_x,
  translate_y,
};
inline constexpr int kAugmentOperations = 15;

/// An operation and how much of it: degrees, bits, a threshold, an increase, a factor or a share.
struct DrawnAugment {
  AugmentOperation operation;
  double amount = 0;
};

/// One operation; empty where chance leaves it out.
std::optional<DrawnAugment> draw_augment(const RandomAugmentConfig& config, core::Random& random);

/// What a magnitude means for an operation; `negative` where its direction was drawn so.
double augment_amount(AugmentOperation operation, double magnitude, bool increasing, bool negative);

void apply_augment(const PlanarImage& image, const DrawnAugment& drawn, const Fill& fill);

}  // namespace dbot::data
