#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dbot/core/log.h"
#include "dbot/core/progress.h"
#include "dbot/core/stop.h"
#include "dbot/data/batch.h"
#include "dbot/data/dataset.h"
#include "dbot/data/image/value_range.h"
#include "dbot/data/loader/image_part.h"
#include "dbot/data/sources/content.h"
#include "dbot/eval/kinds/feature_kinds.h"
#include "dbot/nn/backbone.h"
#include "dbot/runtime/named_tensors.h"
#include "dbot/runtime/precision.h"

namespace dbot::eval {

struct ExtractionSettings {
  std::vector<double> mean, std;
  data::ValueRange values = {};                   // of files of more than 8 bits
  data::Content content = data::Content::images;  // what the samples are
  /// Of each video: clips along it, and parts of each along its longer side (ClipPartConfig). What
  /// is made of several is the reader's; features are of one.
  std::int64_t time_views = 1, side_views = 1;
  std::int64_t batch_size = 256;
  int workers = 1;
  runtime::Precision precision = runtime::Precision::fp32;
  /// Is told after each batch of a pass over images, and of the protocols that read the features;
  /// may be empty.
  core::TellProgress progress = {};
};

/// The kind of features that raw pixels are.
inline constexpr const char* kPixelFeatures = "pixels";

struct Features {
  runtime::NamedTensors kinds;        // "cls", "mean", …: float32 [samples, width]
  at::Tensor labels;                  // int64 [samples], −1 unlabelled
  std::vector<std::int64_t> indices;  // of the samples; broken files are left out
  const at::Tensor& of(const std::string& kind) const { return kinds.at(kind); }
};

/// The crops that a network reads of each sample: the centre, or random ones. Of a video, the clip
/// in its middle, or one anywhere. A network of rows reads these whole. Throws UsageError for
/// videos where `input` reads none.
data::BatchPartFactory crops_of(const nn::BackboneInput& input, const ExtractionSettings& settings,
                                const std::optional<data::AugmentationConfig>& random = {});

/// Numbers of a sample as `crops_of` reads it.
std::int64_t values_of_a_sample(const nn::BackboneInput& input, data::Content content);

/// Samples of a batch: a clip is as many images as it has frames.
std::int64_t samples_of_a_batch(const nn::BackboneInput& input, const ExtractionSettings& settings);

/// How samples become features: what is read of them, and what is made of it.
struct FeatureSource {
  nn::BackboneInput input;
  /// By kind, float32 [batch, …], of what `crops_of` reads.
  std::function<runtime::NamedTensors(const data::Batch&)> features;
};

/// All three must outlive the result.
FeatureSource network_source(const nn::Backbone& backbone, const ChosenFeatures& chosen,
                             const ExtractionSettings& settings);
/// The images or clips themselves, flattened. `settings` must outlive the result.
FeatureSource pixel_source(const nn::BackboneInput& input, const ExtractionSettings& settings);

/// What a pass over images is called: in errors, and beside its progress.
struct PassNames {
  const char* operation = "";
  std::string doing = {};
};

/// Every sample of a data set once, in order, as the centre crop that `input` reads, in batches;
/// without those that cannot be read. `settings.progress` is told behind each batch. Throws Stopped
/// when asked to stop.
void for_each_batch(std::shared_ptr<const data::Dataset> dataset, const nn::BackboneInput& input,
                    const ExtractionSettings& settings, const PassNames& names,
                    const core::StopRequest& stop, const core::Log& log,
                    const std::function<void(const data::Batch&)>& visit);

/// Features of every sample (centre crop, nothing masked). Throws Stopped when asked to stop.
Features extract_features(const FeatureSource& source, std::shared_ptr<const data::Dataset> dataset,
                          const ExtractionSettings& settings, const core::StopRequest& stop,
                          const core::Log& log);

/// Frozen features of every sample, of all kinds that the backbone has. Throws Stopped when asked
/// to stop, UsageError for a backbone that does not read what `settings.content` says.
Features extract_features(const nn::Backbone& backbone,
                          std::shared_ptr<const data::Dataset> dataset,
                          const ExtractionSettings& settings, const core::StopRequest& stop,
                          const core::Log& log);

/// The pixels themselves as features, flattened: the baseline every backbone has to beat.
Features pixel_features(const nn::BackboneInput& input,
                        std::shared_ptr<const data::Dataset> dataset,
                        const ExtractionSettings& settings, const core::StopRequest& stop,
                        const core::Log& log);

}  // namespace dbot::eval
