#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "dbot/core/stop.h"
#include "dbot/nn/backbone.h"
#include "dbot/report/pictures/features.h"
#include "dbot/report/pictures/samples.h"
#include "dbot/report/pictures/set/compared_figures.h"

// What features make of one fixed sample of images, to be set beside other moments of a run.
namespace dbot::report {

/// Whether features know an image again by another crop of it.
struct CropAgreement {
  /// Share of images whose first crop is nearer to their own second crop, by cosine, than to the
  /// second crop of any other image. A tie is none: features that are all alike have 0.
  double own_nearest = not_measured;
  /// Mean share of the ten nearest other images that both crops have in common (of fewer images: a
  /// tenth of them, at least one).
  double shared_neighbours = not_measured;
};

/// first, second: features of two crops of the same images, [images, width]. The order of the
/// images changes nothing. Measures nothing of fewer than two images.
CropAgreement crop_agreement(const at::Tensor& first, const at::Tensor& second);

/// A random crop of each image, as large as the image: 60 to 90 % of both sides, without a flip.
/// images: uint8 [images, channels, height, width]. The draw depends on seed, image and `view`.
at::Tensor random_crops(const at::Tensor& images, std::uint64_t seed, std::uint32_t view);

/// Ranks and cosine of features [images, width].
void measure_compared_features(const at::Tensor& features, ComparedFigures& figures);

struct CompareSettings {
  Look look;
  std::uint64_t seed = 0;   // of the crops
  std::int64_t images = 0;  // how many of the first; 0: as many as a third of `look` allows
};

/// Everything that is measured of features. Throws Stopped.
void compare_features(const nn::Backbone& backbone, const PictureSamples& samples,
                      const CompareSettings& settings, ComparedFigures& figures,
                      const core::StopRequest& stop);

}  // namespace dbot::report
