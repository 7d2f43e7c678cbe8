#pragma once

#include <cstdint>
#include <vector>

#include "dbot/data/augment/colour_jitter.h"
#include "dbot/data/augment/erase.h"
#include "dbot/data/augment/planar_image.h"
#include "dbot/data/augment/random_augment.h"

namespace dbot::data {

/// What is done to the pixels of a crop, in the order of the fields. Nothing unless asked for.
struct PixelAugmentation {
  RandomAugmentConfig random_augment;
  /// Probability of one of grey, solarise and blur (sigma 0.1…2), drawn with equal chances: the
  /// 3-Augment of DeiT III (Touvron et al., arXiv 2204.07118).
  double three_augment = 0;
  ColourJitterConfig colour_jitter;
  double grey = 0;                           // probability of
  double blur = 0;                           // probability of a Gaussian blur
  std::vector<double> blur_sigma{0.1, 2.0};  // pixels, drawn uniformly
  double solarise = 0;                       // probability of inverting pixels from 128 on
  EraseConfig erase;
  /// Of the data: what uncovered and erased pixels become.
  PixelRange range;

  bool any() const;
};

/// What the draws of one image depend on. `view`: 0 for the main image of a sample, then one number
/// for each further view.
struct PixelDraws {
  std::uint64_t seed = 0;
  std::int64_t epoch = 0, sample = 0;
  std::uint32_t view = 0;
};

/// Each kind of change has draws of its own: what else is switched on does not change them.
void augment_pixels(const PlanarImage& image, const PixelAugmentation& config,
                    const PixelDraws& draws);

/// The same for a clip, whose frames have one size: what is done, how strongly, and which
/// rectangles are erased is drawn once for all of them. What an operation makes of an image's own
/// values (contrast, equalising) it makes of each frame's; erased pixels that are random differ.
void augment_frames(Frames frames, const PixelAugmentation& config, const PixelDraws& draws);

}  // namespace dbot::data
