#pragma once

#include <ATen/core/Tensor.h>

#include "dbot/core/stop.h"
#include "dbot/methods/capabilities/image_capability.h"
#include "dbot/report/pictures/samples.h"
#include "dbot/report/pictures/set/picture_set.h"
#include "dbot/runtime/precision.h"

namespace dbot::report {

/// Rank, width and cosine of image features [samples, width].
void measure_features(const at::Tensor& features, FeatureHealth& health);

/// Deviations and the losses of constant predictions, from one prediction of a few images.
void measure_prediction(const methods::MaskedPrediction& prediction, FeatureHealth& health);

/// Inside-image deviations and the share of the way to a loss of zero, from one prediction of some
/// images. Deviation inside an image: of each value over the masked tokens of one image, once the
/// mean over the images at each position is taken off; root of its mean square over values and
/// images. So neither the image's mean colour nor what all images have at a place counts. Way: 1 −
/// loss / loss of a guess that does not look: at each position, the mean target of all *other*
/// images. Measures nothing of fewer than two images.
void measure_inside(const methods::MaskedPrediction& prediction, ComparedFigures& figures);

struct LossMeasure {
  methods::DrawContext context;  // of the masks
  runtime::Precision precision = runtime::Precision::fp32;
  std::int64_t samples = 64;  // at most
  double seconds = 1;         // of computing, then no further batch is begun
};

/// What a method predicts of the first samples, at least 8 of them. Throws Stopped.
methods::MaskedPrediction predict_samples(const methods::ImageCapability& method,
                                          const PictureSamples& samples, const LossMeasure& measure,
                                          const core::StopRequest& stop);

}  // namespace dbot::report
