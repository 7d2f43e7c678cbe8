#include "dbot/report/pictures/samples.h"

#include <ATen/ops/cat.h>

#include <algorithm>
#include <map>
#include <optional>
#include <unordered_set>

#include "dbot/core/error.h"
#include "dbot/core/random.h"
#include "dbot/data/loader/loader.h"
#include "dbot/data/subset.h"

namespace dbot::report {
namespace {

/// `count` different numbers below `size`, in the order they were drawn.
std::vector<std::int64_t> draw_ids(std::int64_t size, std::int64_t count, std::uint64_t seed) {
  const core::DrawKey key{seed, core::Purpose::pictures};
  if (2 * count >= size) {
    auto all = core::permutation(key, size);
    all.resize(static_cast<std::size_t>(std::min(count, size)));
    return all;
  }
  core::Random random(key);
  std::unordered_set<std::int64_t> seen;
  std::vector<std::int64_t> ids;
  while (static_cast<std::int64_t>(ids.size()) < count) {
    const auto id = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(size)));
    if (seen.insert(id).second) ids.push_back(id);
  }
  return ids;
}

/// Cuts off the folders that all names begin with.
void shorten(std::vector<std::string>& names) {
  if (names.empty()) return;
  std::size_t shared = names.front().size();
  for (const std::string& name : names) {
    const auto end = std::ranges::mismatch(names.front(), name).in1;
    shared = std::min(shared, static_cast<std::size_t>(end - names.front().begin()));
  }
  const std::size_t slash = std::string_view(names.front()).substr(0, shared).rfind('/');
  if (slash == std::string_view::npos) return;
  for (std::string& name : names) name.erase(0, slash + 1);
}

/// Of clips [samples, channels, frames, height, width] the middle frame.
at::Tensor take_images(runtime::NamedTensors& tensors) {
  if (const auto found = tensors.extract("images")) return found.mapped();
  const at::Tensor& clips = tensors.at(nn::kClips);
  return clips.select(2, clips.size(2) / 2).contiguous();
}

}  // namespace

data::Batch PictureSamples::batch(std::int64_t begin, std::int64_t count) const {
  data::Batch batch;
  batch.tensors["images"] = images.narrow(0, begin, count);
  for (const auto& [name, tensor] : further) batch.tensors[name] = tensor.narrow(0, begin, count);
  batch.sample_ids.assign(ids.begin() + begin, ids.begin() + begin + count);
  if (!classes.empty()) batch.labels.assign(labels.begin() + begin, labels.begin() + begin + count);
  return batch;
}

PictureSamples load_picture_samples(const std::shared_ptr<const data::Dataset>& dataset,
                                    const SampleChoice& choice, const core::StopRequest& stop,
                                    const core::Log& log) {
  const auto chosen = draw_ids(dataset->size(), choice.count, choice.seed);
  data::LoaderConfig config;
  config.training = false;
  config.batch_size = 16;
  config.workers = choice.workers;
  config.max_bad_fraction = 1;
  data::Loader loader(data::subset(dataset, chosen), choice.parts, config, log);
  PictureSamples samples;
  samples.classes = dataset->classes();
  std::map<std::string, std::vector<at::Tensor>> parts;
  while (const std::optional<data::Batch> batch = loader.next()) {
    if (stop.requested()) throw Stopped("[pictures] stopped on request");
    for (const auto& [name, tensor] : batch->tensors) parts[name].push_back(tensor.clone());
    for (const std::int64_t place : batch->sample_ids) {
      const std::int64_t id = chosen.at(static_cast<std::size_t>(place));
      samples.ids.push_back(id);
      samples.labels.push_back(dataset->label(id));
      samples.names.push_back(dataset->name(id));
    }
  }
  if (parts.empty())
    throw DataError({.operation = "pictures",
                     .fault = Fault::unreadable,
                     .reason = "none of the images to be shown could be read"});
  for (const auto& [name, pieces] : parts) samples.further[name] = at::cat(pieces);
  samples.images = take_images(samples.further);
  shorten(samples.names);
  return samples;
}

}  // namespace dbot::report
