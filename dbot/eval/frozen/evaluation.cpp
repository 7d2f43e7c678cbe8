#include "dbot/eval/frozen/evaluation.h"

#include <ATen/core/Tensor.h>
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>

#include "dbot/core/clock.h"
#include "dbot/core/error.h"
#include "dbot/core/random.h"
#include "dbot/data/subset.h"
#include "dbot/eval/frozen/knn.h"
#include "dbot/eval/frozen/linear_probe.h"

namespace dbot::eval {
namespace {

/// At most `limit` samples, drawn by the split's own stream and kept in their order.
std::shared_ptr<const data::Dataset> limited(std::shared_ptr<const data::Dataset> dataset,
                                             std::int64_t limit, std::uint64_t seed,
                                             std::uint32_t stream) {
  if (limit <= 0 || limit >= dataset->size()) return dataset;
  auto chosen = core::permutation({seed, core::Purpose::split, stream, 1}, dataset->size());
  chosen.resize(static_cast<std::size_t>(limit));
  std::sort(chosen.begin(), chosen.end());
  return data::subset(std::move(dataset), std::move(chosen));
}

struct SplitFeatures {
  Features train, test;
};

/// The kinds of features that are asked for and there; if none is, the one that stands for all.
std::vector<std::string> kinds_of(FeatureChoice choice, const nn::Backbone& backbone) {
  std::vector<std::string> kinds = backbone.feature_names();
  if (choice == FeatureChoice::both) return kinds;
  const std::string wanted = choice == FeatureChoice::cls ? "cls" : "mean";
  const bool there = std::ranges::find(kinds, wanted) != kinds.end();
  return {there ? wanted : nn::summary_feature(backbone)};
}

std::int64_t labelled(const at::Tensor& labels) {
  return labels.ge(0).sum().item<std::int64_t>();
}

EvaluationRow evaluate(const std::string& protocol, const std::string& kind,
                       const SplitFeatures& features, std::int64_t classes,
                       const EvaluateConfig& config, std::uint64_t seed,
                       const core::StopRequest& stop, const core::TellProgress& progress) {
  const core::Stopwatch clock;
  const auto& [train, test] = features;
  EvaluationRow row{protocol, kind, 0, 0, 0, labelled(train.labels), labelled(test.labels)};
  if (protocol == "knn") {
    const KnnConfig knn{config.neighbours, config.temperature};
    const KnnResult result = knn_classify(train.of(kind), train.labels, test.of(kind), test.labels,
                                          classes, knn, stop, progress);
    row.top1 = result.top1;
    row.top5 = result.top5;
  } else {
    LinearProbeConfig probe;
    probe.epochs = config.probe_epochs;
    probe.seed = seed;
    const ProbeResult result = linear_probe(train.of(kind), train.labels, test.of(kind),
                                            test.labels, classes, probe, stop, progress);
    row.top1 = result.top1;
    row.top5 = result.top5;
  }
  row.seconds = clock.seconds();
  return row;
}

using SplitExtractor = std::function<Features(std::shared_ptr<const data::Dataset>)>;

Evaluation evaluate_features(const data::LabelledSplits& splits, const EvaluateConfig& config,
                             std::uint64_t seed, const std::vector<std::string>& kinds,
                             const SplitExtractor& extract, const core::StopRequest& stop,
                             const core::TellProgress& progress) {
  Evaluation result;
  result.split = splits.description;
  result.classes = static_cast<std::int64_t>(splits.train->classes().size());
  if (result.classes < 2) {
    throw DataError(
        {.operation = "evaluate",
         .fault = Fault::unlabelled,
         .reason = fmt::format("the data set has {} classes, expected at least 2", result.classes),
         .way_out = "put images into one folder a class"});
  }
  const data::LabelledSplits chosen = limit_splits(splits, config, seed);
  const core::Stopwatch clock;
  const SplitFeatures features{extract(chosen.train), extract(chosen.test)};
  result.extraction_seconds = clock.seconds();
  for (const auto& [wanted, protocol] :
       {std::pair{config.knn, "knn"}, std::pair{config.linear, "linear"}}) {
    if (!wanted) continue;
    for (const std::string& kind : kinds) {
      result.rows.push_back(
          evaluate(protocol, kind, features, result.classes, config, seed, stop, progress));
    }
  }
  return result;
}

}  // namespace

data::LabelledSplits limit_splits(const data::LabelledSplits& splits, const EvaluateConfig& config,
                                  std::uint64_t seed) {
  return {limited(splits.train, config.max_train_images, seed, 0),
          limited(splits.test, config.max_test_images, seed, 1), splits.description, splits.labels};
}

Evaluation evaluate_backbone(const nn::Backbone& backbone, const data::LabelledSplits& splits,
                             const EvaluateConfig& config, const ExtractionSettings& extraction,
                             std::uint64_t seed, const core::StopRequest& stop,
                             const core::Log& log) {
  const auto extract = [&](std::shared_ptr<const data::Dataset> dataset) {
    return extract_features(backbone, std::move(dataset), extraction, stop, log);
  };
  return evaluate_features(splits, config, seed, kinds_of(config.features, backbone), extract, stop,
                           extraction.progress);
}

core::Size raw_pixel_size(core::Size input) {
  constexpr std::int64_t kMost = 64;
  const std::int64_t longest = std::max(input.height, input.width);
  if (longest <= kMost) return input;
  const auto scaled = [&](std::int64_t side) {
    return std::max<std::int64_t>(1, (side * kMost + longest / 2) / longest);
  };
  return {scaled(input.height), scaled(input.width)};
}

Evaluation evaluate_pixels(core::Size image_size, int channels, const data::LabelledSplits& splits,
                           const EvaluateConfig& config, const ExtractionSettings& extraction,
                           std::uint64_t seed, const core::StopRequest& stop,
                           const core::Log& log) {
  const auto extract = [&](std::shared_ptr<const data::Dataset> dataset) {
    return pixel_features(image_size, channels, std::move(dataset), extraction, stop, log);
  };
  return evaluate_features(splits, config, seed, {kPixelFeatures}, extract, stop,
                           extraction.progress);
}

}  // namespace dbot::eval
