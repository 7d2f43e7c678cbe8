#include "dbot/eval/frozen/features.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/data/image/normalise.h"
#include "dbot/data/loader/loader.h"
#include "dbot/eval/frozen/samples.h"

namespace dbot::eval {
namespace {

/// One pass over the data set. Memory is taken once, when the first batch shows the width.
class Collector {
 public:
  explicit Collector(std::int64_t samples) : samples_(samples) {
    features_.labels = at::full({samples}, -1, at::TensorOptions(at::kLong));
  }

  void add(const data::Batch& batch, const runtime::NamedTensors& found) {
    for (const auto& [kind, rows] : found) store(features_.kinds[kind], rows);
    std::copy(batch.labels.begin(), batch.labels.end(),
              features_.labels.mutable_data_ptr<std::int64_t>() + filled_);
    features_.indices.insert(features_.indices.end(), batch.sample_ids.begin(),
                             batch.sample_ids.end());
    filled_ += batch.size();
  }

  /// Without the places of unreadable samples.
  Features take() {
    if (filled_ == 0) {
      throw DataError({.operation = "features",
                       .fault = Fault::unreadable,
                       .reason = "no image of the data set could be read"});
    }
    for (auto& [kind, rows] : features_.kinds) rows = rows.narrow(0, 0, filled_);
    features_.labels = features_.labels.narrow(0, 0, filled_);
    return std::move(features_);
  }

 private:
  void store(at::Tensor& all, const at::Tensor& rows) const {
    if (!all.defined()) {
      std::vector<std::int64_t> sizes = rows.sizes().vec();
      sizes.front() = samples_;
      all = at::empty(sizes, at::TensorOptions(at::kFloat));
    }
    all.narrow(0, filled_, rows.size(0)).copy_(rows);
  }

  std::int64_t samples_, filled_ = 0;
  Features features_;
};

}  // namespace

FeatureSource network_source(const nn::Backbone& backbone, const ChosenFeatures& chosen,
                             runtime::Precision precision) {
  const auto [part, images] = backbone.input();
  const at::ScalarType compute = runtime::compute_type(precision);
  return {.input = images,
          .features = [&chosen, name = part, compute](const at::Tensor& normalised) {
            return chosen.of({{name, normalised}}, compute);
          }};
}

FeatureSource pixel_source(core::Size image_size, int channels) {
  return {.input = {image_size, channels},
          .features = [](const at::Tensor& images) -> runtime::NamedTensors {
            return {{kPixelFeatures, images.flatten(1)}};
          }};
}

data::BatchPartFactory crops_of(const nn::ImageInput& input, const data::ValueRange& values,
                                const std::optional<data::AugmentationConfig>& random) {
  data::ImagePartConfig config;
  config.image_size = input.size;
  config.channels = static_cast<int>(input.channels);
  config.values = values;
  config.augmented = random.has_value();
  if (random) config.augmentation = *random;
  return data::image_part(config);
}

void for_each_batch(std::shared_ptr<const data::Dataset> dataset, const nn::ImageInput& input,
                    const ExtractionSettings& settings, const PassNames& names,
                    const core::StopRequest& stop, const core::Log& log,
                    const std::function<void(const data::Batch&)>& visit) {
  const std::int64_t total = dataset->size();
  std::int64_t done = 0;
  data::LoaderConfig config;
  config.training = false;
  config.batch_size = settings.batch_size;
  config.workers = settings.workers;
  data::Loader loader(std::move(dataset), {crops_of(input, settings.values)}, config, log);
  while (true) {
    throw_if_stopped(names.operation, stop);
    const std::optional<data::Batch> batch = loader.next();
    if (!batch) break;
    visit(*batch);
    done += batch->size();
    if (settings.progress) {
      settings.progress({.done = done, .total = total, .doing = names.doing});
    }
  }
}

Features extract_features(const FeatureSource& source, std::shared_ptr<const data::Dataset> dataset,
                          const ExtractionSettings& settings, const core::StopRequest& stop,
                          const core::Log& log) {
  const c10::NoGradGuard no_graph;
  Collector collector(dataset->size());
  for_each_batch(std::move(dataset), source.input, settings, {.operation = "features"}, stop, log,
                 [&](const data::Batch& batch) {
                   collector.add(batch,
                                 source.features(data::normalise(batch.tensors.at("images"),
                                                                 settings.mean, settings.std)));
                 });
  return collector.take();
}

Features extract_features(const nn::Backbone& backbone,
                          std::shared_ptr<const data::Dataset> dataset,
                          const ExtractionSettings& settings, const core::StopRequest& stop,
                          const core::Log& log) {
  const ChosenFeatures all(backbone, {});
  return extract_features(network_source(backbone, all, settings.precision), std::move(dataset),
                          settings, stop, log);
}

Features pixel_features(core::Size image_size, int channels,
                        std::shared_ptr<const data::Dataset> dataset,
                        const ExtractionSettings& settings, const core::StopRequest& stop,
                        const core::Log& log) {
  return extract_features(pixel_source(image_size, channels), std::move(dataset), settings, stop,
                          log);
}

}  // namespace dbot::eval
