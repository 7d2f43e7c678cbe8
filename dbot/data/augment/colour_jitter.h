#pragma once

#include <array>
#include <vector>

#include "dbot/core/random.h"
#include "dbot/data/augment/planar_image.h"

namespace dbot::data {

/// torchvision's ColorJitter.
struct ColourJitterConfig {
  /// How much brightness, contrast and saturation may change, as factors of 1 ± so much, not below
  /// 0; and hue, as ± so much of a full turn, at most 0.5.
  std::vector<double> strength{0, 0, 0, 0};
  double probability = 1;

  bool any() const;
};

/// What was drawn: the order of the four changes (0: brightness, 1: contrast, 2: saturation,
/// 3: hue) and how much of each.
struct ColourJitter {
  std::array<int, 4> order{0, 1, 2, 3};
  std::array<double, 4> amount{1, 1, 1, 0};
};

/// Order and amounts are always drawn, whichever strengths are 0.
ColourJitter draw_colour_jitter(const ColourJitterConfig& config, core::Random& random);

/// Applies the changes whose strength in `config` is not 0.
void apply_colour_jitter(const PlanarImage& image, const ColourJitterConfig& config,
                         const ColourJitter& jitter);

}  // namespace dbot::data
