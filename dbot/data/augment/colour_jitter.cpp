#include "dbot/data/augment/colour_jitter.h"

#include <algorithm>
#include <utility>

#include "dbot/data/augment/enhance.h"

namespace dbot::data {

bool ColourJitterConfig::any() const {
  return probability > 0 &&
         std::any_of(strength.begin(), strength.end(), [](double value) { return value > 0; });
}

ColourJitter draw_colour_jitter(const ColourJitterConfig& config, core::Random& random) {
  ColourJitter jitter;
  for (std::size_t left = 4; left > 1; --left) {
    std::swap(jitter.order[left - 1], jitter.order[random.below(left)]);
  }
  for (std::size_t i = 0; i < 4; ++i) {
    const double strength = config.strength.at(i), centre = i == 3 ? 0 : 1;
    const double lowest = i == 3 ? -strength : std::max(0.0, 1 - strength);
    jitter.amount[i] = lowest + (centre + strength - lowest) * random.uniform();
  }
  return jitter;
}

void apply_colour_jitter(const PlanarImage& image, const ColourJitterConfig& config,
                         const ColourJitter& jitter) {
  using Change = void (*)(const PlanarImage&, double);
  constexpr std::array<Change, 4> kChanges{adjust_brightness, adjust_contrast, adjust_saturation,
                                           adjust_hue};
  for (const int index : jitter.order) {
    const auto i = static_cast<std::size_t>(index);
    if (config.strength.at(i) > 0) kChanges[i](image, jitter.amount[i]);
  }
}

}  // namespace dbot::data
