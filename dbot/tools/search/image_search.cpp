#include "dbot/tools/search/image_search.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>
#include <c10/core/GradMode.h>
#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>

#include "dbot/core/clock.h"
#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "dbot/eval/frozen/embedding.h"
#include "dbot/eval/frozen/samples.h"
#include "dbot/eval/kinds/feature_memory.h"
#include "dbot/eval/search/nearest_images.h"
#include "dbot/run/training_data/data_fingerprint.h"
#include "dbot/runtime/machine.h"

namespace dbot::tools {
namespace {

/// Of the set's images so many can be neighbours at most.
void check_top(const SearchOptions& options, const QueryImages& queries, std::int64_t images) {
  const bool asks_for_own =
      std::ranges::any_of(queries.in_set, [](std::int64_t place) { return place >= 0; });
  const std::int64_t most = images - (asks_for_own ? 1 : 0);
  if (options.top >= 1 && options.top <= most) return;
  throw UsageError(
      {.operation = "search",
       .subject = fmt::format("{} neighbours", options.top),
       .fault = Fault::too_large,
       .reason = fmt::format("of {} image{}{} are asked for, expected 1 to {}", images,
                             images == 1 ? "" : "s",
                             asks_for_own ? ", one of which is the query," : "", most)});
}

at::Tensor features_of(const eval::FeatureSource& source, const at::Tensor& pixels,
                       const std::string& kind, const eval::ExtractionSettings& settings,
                       const core::StopRequest& stop) {
  const c10::NoGradGuard no_graph;
  std::vector<at::Tensor> parts;
  for (std::int64_t first = 0; first < pixels.size(0); first += settings.batch_size) {
    eval::throw_if_stopped("search", stop);
    const auto count = std::min(settings.batch_size, pixels.size(0) - first);
    data::Batch batch;
    batch.tensors[source.input.part] = pixels.narrow(0, first, count);
    parts.push_back(source.features(batch).at(kind).to(at::kFloat));
  }
  return at::cat(parts);
}

/// With an index, what is kept holds the network's own kinds, too: the next search may ask for
/// them.
eval::FeatureChoice choice_of(const SearchOptions& options) {
  eval::FeatureChoice choice{.kinds = {options.feature}, .blocks = options.blocks};
  if (!options.index.empty()) choice.kinds.insert(choice.kinds.begin(), "both");
  return choice;
}

std::vector<std::vector<FoundImage>> without_themselves(
    const std::vector<std::vector<eval::Neighbour>>& nearest, const QueryImages& queries,
    const std::vector<std::int64_t>& images, std::int64_t top) {
  std::vector<std::vector<FoundImage>> found(nearest.size());
  for (std::size_t query = 0; query < nearest.size(); ++query) {
    const double farthest = 1 - nearest[query].back().similarity;
    const double same = std::max(kRounding, std::min(kSamePicture, kSamePictureShare * farthest));
    for (const eval::Neighbour& neighbour : nearest[query]) {
      const std::int64_t image = images[static_cast<std::size_t>(neighbour.index)];
      if (image == queries.in_set[query] || std::ssize(found[query]) == top) continue;
      const double similarity = neighbour.similarity;
      found[query].push_back(
          {.image = image, .similarity = similarity, .copy = 1 - similarity <= same});
    }
  }
  return found;
}

}  // namespace

eval::IndexIdentity index_identity(const nn::Backbone& network,
                                   const eval::ExtractionSettings& settings,
                                   const data::Dataset& dataset,
                                   const std::filesystem::path& data) {
  const run::DataFingerprint seen = run::fingerprint(dataset, {data});
  std::string text;
  for (const auto* pieces : {&seen.names, &seen.sizes}) {
    for (const std::string& piece : *pieces) text += piece + '\n';
  }
  const std::string checksum = core::checksum(std::as_bytes(std::span(text)));
  return {.network = eval::network_identity(network, settings),
          .images = fmt::format("{} images of checksum {}", seen.images, checksum)};
}

ImageSearch search_images(const nn::Backbone& network,
                          const std::shared_ptr<const data::Dataset>& set, QueryImages queries,
                          const SearchOptions& options, const eval::ExtractionSettings& settings,
                          const core::StopRequest& stop, const core::Log& log) {
  check_top(options, queries, set->size());
  const eval::ChosenFeatures chosen(network, choice_of(options));
  ImageSearch search;
  search.features = chosen.name_of(options.feature);
  const eval::FeatureSource source = eval::network_source(network, chosen, settings);
  // The queries come first: what is wrong with them shows before hours of work.
  const at::Tensor asked =
      features_of(source, query_pixels(*queries.images, source.input, settings, stop),
                  search.features, settings, stop);
  std::error_code ignored;
  search.from_index = !options.index.empty() && std::filesystem::exists(options.index, ignored);
  eval::IndexIdentity identity;
  if (!options.index.empty()) identity = index_identity(network, settings, *set, options.data);
  eval::Features features;
  if (search.from_index) {
    features = eval::read_feature_index(options.index, search.features, identity, *set);
  } else {
    eval::check_feature_memory(eval::memory_of(chosen, set->size()),
                               runtime::describe_machine().memory_bytes, log);
    features = eval::extract_features(source, set, settings, stop, log);
    if (!options.index.empty()) {
      eval::write_embedding(options.index, features, *set,
                            eval::index_metadata(identity, features, *set));
    }
  }
  search.images = std::ssize(features.indices);
  search.skipped = set->size() - search.images;
  const double began = core::steady_seconds();
  const auto nearest =
      eval::nearest_images(asked, features.of(search.features),
                           std::min(options.top + 1, search.images), stop, settings.progress);
  search.seconds = core::steady_seconds() - began;
  search.nearest = without_themselves(nearest, queries, features.indices, options.top);
  search.queries = std::move(queries);
  return search;
}

}  // namespace dbot::tools
