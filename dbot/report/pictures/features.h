#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <vector>

#include "dbot/core/stop.h"
#include "dbot/nn/backbone.h"
#include "dbot/report/pictures/samples.h"
#include "dbot/runtime/precision.h"

namespace dbot::report {

/// How pictures look through a network.
struct Look {
  std::vector<double> mean, std;  // pixel normalisation
  runtime::Precision precision = runtime::Precision::fp32;
  /// Large networks on small machines: work on further samples ends after this time. A minimum is
  /// always looked at.
  double seconds = 2;
};

/// How the patches of a few images look to the network; empty where it has no patches.
std::optional<nn::PatchView> patch_views(const nn::Backbone& backbone, const at::Tensor& pixels,
                                         const Look& look);

/// The features that stand for each image (nn::summary_feature), float32 [samples, width]: of all
/// samples, or of as many of the first as `look.seconds` allows, at least 32. Throws Stopped.
at::Tensor summary_features(const nn::Backbone& backbone, const PictureSamples& samples,
                            const Look& look, const core::StopRequest& stop);

}  // namespace dbot::report
