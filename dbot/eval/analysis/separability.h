#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "dbot/core/log.h"
#include "dbot/core/stop.h"
#include "dbot/data/dataset.h"
#include "dbot/eval/frozen/features.h"
#include "dbot/nn/vit/vision_transformer.h"

// Can the latents of two images be taken out of those of their mixture by a linear map?
//
// Design goals: one measure for every encoder of visible patches (MAE, dBOT's asymmetric student,
// i-MAE), with the same pairs and masks for all of them; features are not kept, so that memory does
// not grow with the images. docs/methods/imae.md §6.
// Non-goals: training, and encoders that need all patches.
namespace dbot::eval {

/// An encoder and how its pixels are normalised.
struct MeasuredEncoder {
  const nn::VisionTransformer* network = nullptr;  // outlives the measurement
  std::vector<double> mean, std;
};

struct SeparabilityConfig {
  std::vector<double> lams = {0.1, 0.2, 0.3, 0.4, 0.5};  // weights of the subordinate image
  std::int64_t images = 2000;  // of each part, a seeded choice; fewer where there are fewer
  double mask_ratio = 0.75;
  double intra_rate = 0;             // share of partners of an image's own class
  std::optional<double> ridge = {};  // empty: 1e-3 · trace(Zc'Zc) / n
  std::uint64_t seed = 0;            // of the choice, the pairs and the masks
};

/// How well one affine map each finds the two images in mixtures of one weight; on held-out images.
struct SeparabilityRow {
  double lam = 0;
  double ridge = 0;
  double subordinate = 0, dominant = 0;  // nmse; R² = 1 − nmse; NaN where latents do not vary
};

struct Separability {
  std::vector<SeparabilityRow> rows;
  std::int64_t train_images = 0, test_images = 0;
  std::int64_t visible = 0;  // patches of an image, each a row of the fit
};

/// Fits on `train` and reports on `test`: from latents of `student`'s mixtures to latents of
/// `teacher`'s clean images, both after the final norm, of visible patches without the cls token.
/// The first image of a pair has weight lam. settings: batch size, workers, precision, value range.
/// Throws UsageError where the two encoders have other images or patches than each other, for an
/// encoder that needs all patches, and for values out of range; Stopped when asked to stop.
Separability measure_separability(const MeasuredEncoder& student, const MeasuredEncoder& teacher,
                                  const std::shared_ptr<const data::Dataset>& train,
                                  const std::shared_ptr<const data::Dataset>& test,
                                  const SeparabilityConfig& config,
                                  const ExtractionSettings& settings, const core::StopRequest& stop,
                                  const core::Log& log);

}  // namespace dbot::eval
