#include "dbot/eval/frozen/features.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/data/image/normalise.h"
#include "dbot/data/loader/image_part.h"
#include "dbot/eval/frozen/samples.h"

namespace dbot::eval {
namespace {

/// Features by kind of normalised images, float32 [batch, channels, height, width].
using Extractor = std::function<runtime::NamedTensors(const at::Tensor& images)>;

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
      all = at::empty({samples_, rows.size(1)}, at::TensorOptions(at::kFloat));
    }
    all.narrow(0, filled_, rows.size(0)).copy_(rows);
  }

  std::int64_t samples_, filled_ = 0;
  Features features_;
};

Features collect(std::shared_ptr<const data::Dataset> dataset, const nn::ImageInput& input,
                 const ExtractionSettings& settings, const Extractor& extract,
                 const core::StopRequest& stop, const core::Log& log) {
  const c10::NoGradGuard no_graph;
  const std::int64_t total = dataset->size();
  std::int64_t done = 0;
  Collector collector(total);
  const auto loader = evaluation_loader(std::move(dataset), input, settings, log);
  while (true) {
    throw_if_stopped("features", stop);
    const std::optional<data::Batch> batch = loader->next();
    if (!batch) break;
    collector.add(
        *batch, extract(data::normalise(batch->tensors.at("images"), settings.mean, settings.std)));
    done += batch->size();
    if (settings.progress) settings.progress({.done = done, .total = total});
  }
  return collector.take();
}

}  // namespace

std::unique_ptr<data::Loader> evaluation_loader(std::shared_ptr<const data::Dataset> dataset,
                                                const nn::ImageInput& input,
                                                const ExtractionSettings& settings,
                                                const core::Log& log) {
  data::LoaderConfig config;
  config.training = false;
  config.batch_size = settings.batch_size;
  config.workers = settings.workers;
  data::ImagePartConfig crops;
  crops.image_size = input.size;
  crops.channels = static_cast<int>(input.channels);
  crops.values = settings.values;
  crops.augmented = false;
  return std::make_unique<data::Loader>(std::move(dataset), std::vector{data::image_part(crops)},
                                        config, log);
}

Features extract_features(const nn::Backbone& backbone,
                          std::shared_ptr<const data::Dataset> dataset,
                          const ExtractionSettings& settings, const core::StopRequest& stop,
                          const core::Log& log) {
  const auto [part, images] = backbone.input();
  const at::ScalarType compute = runtime::compute_type(settings.precision);
  const Extractor extract = [&, name = part](const at::Tensor& normalised) {
    return backbone.features({{name, normalised}}, compute);
  };
  return collect(std::move(dataset), images, settings, extract, stop, log);
}

Features pixel_features(core::Size image_size, int channels,
                        std::shared_ptr<const data::Dataset> dataset,
                        const ExtractionSettings& settings, const core::StopRequest& stop,
                        const core::Log& log) {
  const Extractor extract = [](const at::Tensor& images) -> runtime::NamedTensors {
    return {{kPixelFeatures, images.flatten(1)}};
  };
  return collect(std::move(dataset), {image_size, channels}, settings, extract, stop, log);
}

}  // namespace dbot::eval
