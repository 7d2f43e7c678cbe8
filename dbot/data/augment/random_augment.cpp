#include "dbot/data/augment/random_augment.h"

#include <algorithm>

#include "dbot/data/augment/enhance.h"
#include "dbot/data/augment/tones.h"

namespace dbot::data {
namespace {

/// A factor of colour: away from 1 in either direction, or along 0.1…1.9.
double enhance_factor(double level, bool increasing, bool negative) {
  if (!increasing) return level * 1.8 + 0.1;
  return std::max(0.1, 1.0 + (negative ? -0.9 : 0.9) * level);
}

}  // namespace

double augment_amount(AugmentOperation operation, double magnitude, bool increasing,
                      bool negative) {
  const double level = magnitude / 10, sign = negative ? -1 : 1;
  const auto whole = [&](double most) {
    return static_cast<double>(static_cast<int>(level * most));
  };
  switch (operation) {
    case AugmentOperation::auto_contrast:
    case AugmentOperation::equalise:
    case AugmentOperation::invert:
      return 0;
    case AugmentOperation::rotate:
      return sign * level * 30;
    case AugmentOperation::posterise:
      return increasing ? std::max(0.0, 4 - whole(4)) : whole(4);
    case AugmentOperation::solarise: {
      const double threshold = std::min(256.0, whole(256));
      return increasing ? 256 - threshold : threshold;
    }
    case AugmentOperation::solarise_add:
      return std::min(128.0, whole(110));
    case AugmentOperation::saturation:
    case AugmentOperation::contrast:
    case AugmentOperation::brightness:
    case AugmentOperation::sharpness:
      return enhance_factor(level, increasing, negative);
    case AugmentOperation::shear_x:
    case AugmentOperation::shear_y:
      return sign * level * 0.3;
    case AugmentOperation::translate_x:
    case AugmentOperation::translate_y:
      return sign * level * 0.45;
  }
  return 0;
}

std::optional<DrawnAugment> draw_augment(const RandomAugmentConfig& config, core::Random& random) {
  // All are drawn, also where they are not needed: the next operation does not depend on this one.
  const auto operation = static_cast<AugmentOperation>(random.below(kAugmentOperations));
  const bool wanted = random.uniform() < config.probability;
  const double drawn = config.magnitude + config.deviation * random.normal();
  const bool negative = random.uniform() < 0.5;
  if (!wanted) return std::nullopt;
  const double magnitude = std::clamp(drawn, 0.0, config.limit);
  return DrawnAugment{operation, augment_amount(operation, magnitude, config.increasing, negative)};
}

void apply_augment(const PlanarImage& image, const DrawnAugment& drawn, const Fill& fill) {
  const double amount = drawn.amount;
  const int whole = static_cast<int>(amount);
  switch (drawn.operation) {
    case AugmentOperation::auto_contrast:
      return auto_contrast(image);
    case AugmentOperation::equalise:
      return equalise(image);
    case AugmentOperation::invert:
      return invert(image);
    case AugmentOperation::rotate:
      return rotate(image, amount, fill);
    case AugmentOperation::posterise:
      return posterise(image, whole);
    case AugmentOperation::solarise:
      return solarise(image, whole);
    case AugmentOperation::solarise_add:
      return solarise_add(image, whole);
    case AugmentOperation::saturation:
      return adjust_saturation(image, amount);
    case AugmentOperation::contrast:
      return adjust_contrast(image, amount);
    case AugmentOperation::brightness:
      return adjust_brightness(image, amount);
    case AugmentOperation::sharpness:
      return adjust_sharpness(image, amount);
    case AugmentOperation::shear_x:
      return shear_x(image, amount, fill);
    case AugmentOperation::shear_y:
      return shear_y(image, amount, fill);
    case AugmentOperation::translate_x:
      return translate_x(image, amount, fill);
    case AugmentOperation::translate_y:
      return translate_y(image, amount, fill);
  }
}

}  // namespace dbot::data
