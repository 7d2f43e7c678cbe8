#include "dbot/eval/frozen/features.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/data/image/normalise.h"
#include "dbot/data/loader/clip_part.h"
#include "dbot/data/loader/loader.h"
#include "dbot/data/move_batch.h"
#include "dbot/data/text/tables/row_parts.h"
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

data::BatchPartFactory clips_of(const nn::BackboneInput& input, const ExtractionSettings& settings,
                                const std::optional<data::AugmentationConfig>& random) {
  if (!input.clips) {
    throw UsageError({.operation = "features",
                      .subject = "the network",
                      .fault = Fault::mismatch,
                      .reason = "reads images and no clips of videos",
                      .way_out = "give data that are images, or a network that was trained on "
                                 "clips (method.kind = \"masked_clips\")"});
  }
  data::ClipPartConfig config;
  config.timing = {.frames = input.clips->frames,
                   .stride = input.clips->stride,
                   .rate = input.clips->frames_per_second};
  config.size = input.images.size;
  config.augmented = random.has_value();
  if (random) config.augmentation = *random;
  config.time_views = settings.time_views;
  config.side_views = settings.side_views;
  return data::clip_part(config);
}

/// float32, of the one part that `crops_of` reads.
at::Tensor normalised(const data::Batch& batch, const nn::BackboneInput& input,
                      const ExtractionSettings& settings) {
  if (input.row_width > 0) return batch.tensors.at(input.part);
  if (settings.content == data::Content::videos) {
    return data::clips(batch.tensors.at(nn::kClips), settings.mean, settings.std).seen();
  }
  return data::normalise(batch.tensors.at("images"), settings.mean, settings.std);
}

}  // namespace

data::BatchPartFactory crops_of(const nn::BackboneInput& input, const ExtractionSettings& settings,
                                const std::optional<data::AugmentationConfig>& random) {
  if (input.row_width > 0) return data::row_part(input.part, input.row_width);
  if (settings.content == data::Content::videos) return clips_of(input, settings, random);
  data::ImagePartConfig config;
  config.image_size = input.images.size;
  config.channels = static_cast<int>(input.images.channels);
  config.values = settings.values;
  config.augmented = random.has_value();
  if (random) config.augmentation = *random;
  return data::image_part(config);
}

std::int64_t values_of_a_sample(const nn::BackboneInput& input, data::Content content) {
  if (input.row_width > 0) return input.row_width;
  const auto [height, width] = input.images.size;
  const bool clips = input.clips && content == data::Content::videos;
  return height * width * input.images.channels * (clips ? input.clips->frames : 1);
}

std::int64_t samples_of_a_batch(const nn::BackboneInput& input,
                                const ExtractionSettings& settings) {
  if (settings.content == data::Content::images || !input.clips) return settings.batch_size;
  return std::max<std::int64_t>(
      1, settings.batch_size / (input.clips->frames * settings.time_views * settings.side_views));
}

FeatureSource network_source(const nn::Backbone& backbone, const ChosenFeatures& chosen,
                             const ExtractionSettings& settings) {
  const nn::BackboneInput input = backbone.input();
  const at::ScalarType compute = runtime::compute_type(settings.precision);
  std::string part = settings.content == data::Content::videos ? nn::kClips : input.part;
  return {
      .input = input,
      .features = [&chosen, &settings, compute, input, device = backbone.parameters()->device(),
                   name = std::move(part)](const data::Batch& batch) {
        const data::Batch there = data::move_to(batch, device);
        return runtime::on_host(chosen.of({{name, normalised(there, input, settings)}}, compute));
      }};
}

FeatureSource pixel_source(const nn::BackboneInput& input, const ExtractionSettings& settings) {
  return {.input = input,
          .features = [&settings, input](const data::Batch& batch) -> runtime::NamedTensors {
            return {{kPixelFeatures, normalised(batch, input, settings).flatten(1)}};
          }};
}

void for_each_batch(std::shared_ptr<const data::Dataset> dataset, const nn::BackboneInput& input,
                    const ExtractionSettings& settings, const PassNames& names,
                    const core::StopRequest& stop, const core::Log& log,
                    const std::function<void(const data::Batch&)>& visit) {
  const std::int64_t total = dataset->size();
  std::int64_t done = 0;
  data::LoaderConfig config;
  config.training = false;
  config.batch_size = samples_of_a_batch(input, settings);
  config.workers = settings.workers;
  data::Loader loader(std::move(dataset), {crops_of(input, settings)}, config, log);
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
                 [&](const data::Batch& batch) { collector.add(batch, source.features(batch)); });
  return collector.take();
}

Features extract_features(const nn::Backbone& backbone,
                          std::shared_ptr<const data::Dataset> dataset,
                          const ExtractionSettings& settings, const core::StopRequest& stop,
                          const core::Log& log) {
  const ChosenFeatures all(backbone, {});
  return extract_features(network_source(backbone, all, settings), std::move(dataset), settings,
                          stop, log);
}

Features pixel_features(const nn::BackboneInput& input,
                        std::shared_ptr<const data::Dataset> dataset,
                        const ExtractionSettings& settings, const core::StopRequest& stop,
                        const core::Log& log) {
  return extract_features(pixel_source(input, settings), std::move(dataset), settings, stop, log);
}

}  // namespace dbot::eval
