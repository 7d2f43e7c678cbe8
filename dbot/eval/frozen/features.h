#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "dbot/core/log.h"
#include "dbot/core/stop.h"
#include "dbot/data/dataset.h"
#include "dbot/nn/vit/vision_transformer.h"
#include "dbot/runtime/precision.h"

namespace dbot::eval {

enum class FeatureKind {
  cls,
  mean
};  // cls token, or mean of the patch tokens; both after the norm

struct ExtractionSettings {
  std::vector<double> mean, std;
  std::int64_t batch_size = 256;
  int workers = 1;
  runtime::Precision precision = runtime::Precision::fp32;
};

struct Features {
  at::Tensor cls;                     // float32 [samples, width]
  at::Tensor mean;                    // float32 [samples, width]
  at::Tensor labels;                  // int64 [samples], −1 unlabelled
  std::vector<std::int64_t> indices;  // of the samples; broken files are left out
  const at::Tensor& of(FeatureKind kind) const { return kind == FeatureKind::cls ? cls : mean; }
};

/// Frozen features of every image (centre crop, nothing masked). Throws Stopped when asked to stop.
Features extract_features(const nn::VisionTransformer& encoder,
                          std::shared_ptr<const data::Dataset> dataset,
                          const ExtractionSettings& settings, const core::StopRequest& stop,
                          const core::Log& log);

/// The images themselves as features, flattened: the baseline every backbone has to beat. Both
/// kinds are the same.
Features pixel_features(core::Size image_size, int channels,
                        std::shared_ptr<const data::Dataset> dataset,
                        const ExtractionSettings& settings, const core::StopRequest& stop,
                        const core::Log& log);

}  // namespace dbot::eval
