#include "dbot/eval/frozen/evaluation.h"

#include <ATen/core/Tensor.h>
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>
#include <utility>

#include "dbot/core/clock.h"
#include "dbot/core/error.h"
#include "dbot/core/random.h"
#include "dbot/data/subset.h"
#include "dbot/eval/frozen/knn.h"
#include "dbot/eval/frozen/linear_probe.h"
#include "dbot/eval/frozen/mae_probe.h"
#include "dbot/eval/kinds/feature_memory.h"
#include "dbot/runtime/machine.h"

namespace dbot::eval {
namespace {

constexpr const char* kMaeProtocol = "linear_mae";

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

std::int64_t labelled(const at::Tensor& labels) {
  return labels.ge(0).sum().item<std::int64_t>();
}

std::int64_t labelled(const data::Dataset& dataset) {
  std::int64_t count = 0;
  for (std::int64_t i = 0; i < dataset.size(); ++i) count += dataset.label(i) >= 0 ? 1 : 0;
  return count;
}

struct KindsAndWidths {
  std::vector<std::string> names;
  std::vector<std::int64_t> widths = {};  // numbers of an image
};

/// Everything that all protocols of one evaluation share.
struct Material {
  const EvaluateConfig& config;
  const FeatureSource& source;
  const ExtractionSettings& extraction;
  const core::StopRequest& stop;
  const core::Log& log;
  std::int64_t classes = 0;
  std::shared_ptr<const data::Dataset> train;
  std::vector<LabelDraw> draws;
  std::vector<std::int64_t> samples = {};  // of any draw; empty: all
  Features train_features = {}, test_features = {};

  bool caches_training() const {
    return config.knn || (config.linear && config.probe == ProbeProtocol::fast);
  }
  std::shared_ptr<const data::Dataset> training_part() const {
    return samples.empty() ? train : data::subset(train, samples);
  }
};

/// One seed's figures of one kind, by a protocol on cached features.
SeedFigures measure_cached(const Material& material, const std::string& protocol,
                           const std::string& kind, const LabelDraw& draw, EvaluationRow& row) {
  const Features &train = material.train_features, &test = material.test_features;
  const EvaluateConfig& config = material.config;
  const at::Tensor features =
      rows_of_draw(train.of(kind), train.indices, material.samples, draw).flatten(1);
  const at::Tensor labels = rows_of_draw(train.labels, train.indices, material.samples, draw);
  const at::Tensor test_rows = test.of(kind).flatten(1);
  row.train_samples = labelled(labels);
  if (protocol == "knn") {
    const KnnConfig knn{config.neighbours, config.temperature};
    const KnnResult result =
        knn_classify(features, labels, test_rows, test.labels, material.classes, knn, material.stop,
                     material.extraction.progress);
    return {draw.seed, result.top1, result.top5};
  }
  LinearProbeConfig probe;
  probe.epochs = config.probe_epochs;
  probe.seed = draw.seed;
  const ProbeResult result =
      linear_probe(features, labels, test_rows, test.labels, material.classes, probe, material.stop,
                   material.extraction.progress);
  return {draw.seed, result.top1, result.top5};
}

void summarise(EvaluationRow& row) {
  std::vector<double> top1, top5;
  for (const SeedFigures& seed : row.seeds) {
    top1.push_back(seed.top1);
    top5.push_back(seed.top5);
  }
  const MeanAndSpread first = mean_and_spread(top1), among_five = mean_and_spread(top5);
  row.top1 = first.mean;
  row.top1_spread = first.spread;
  row.top5 = among_five.mean;
  row.top5_spread = among_five.spread;
  if (row.seeds.size() == 1) row.seeds.clear();
}

EvaluationRow evaluate_cached(const Material& material, const std::string& protocol,
                              const std::string& kind) {
  const core::Stopwatch clock;
  EvaluationRow row{.protocol = protocol, .features = kind};
  row.test_samples = labelled(material.test_features.labels);
  for (const LabelDraw& draw : material.draws) {
    row.seeds.push_back(measure_cached(material, protocol, kind, draw, row));
  }
  summarise(row);
  row.seconds = clock.seconds();
  return row;
}

/// A row a kind: they are trained in one walk over the images.
std::vector<EvaluationRow> evaluate_as_mae(const Material& material,
                                           const std::vector<std::string>& kinds) {
  const core::Stopwatch clock;
  const Features& test = material.test_features;
  std::map<std::string, EvaluationRow> found;
  for (const LabelDraw& draw : material.draws) {
    const auto train =
        draw.samples.empty() ? material.train : data::subset(material.train, draw.samples);
    const MaeProbeConfig probe{.epochs = material.config.mae_epochs,
                               .batch_size = material.config.mae_batch_size,
                               .seed = draw.seed};
    const auto results = mae_probe(material.source, train, test, material.classes, probe,
                                   material.extraction, material.stop, material.log);
    const std::int64_t samples = labelled(*train);
    auto result = results.begin();
    for (const auto& [kind, rows] : test.kinds) {
      EvaluationRow& row = found[kind];
      row.train_samples = samples;
      row.seeds.push_back({draw.seed, result->top1, result->top5});
      ++result;
    }
  }
  std::vector<EvaluationRow> rows;
  for (const std::string& kind : kinds) {
    EvaluationRow row = std::move(found.at(kind));
    row.protocol = kMaeProtocol;
    row.features = kind;
    row.test_samples = labelled(test.labels);
    summarise(row);
    row.seconds = clock.seconds() / static_cast<double>(kinds.size());
    rows.push_back(std::move(row));
  }
  return rows;
}

Evaluation evaluate_source(const data::LabelledSplits& splits, const EvaluateConfig& config,
                           std::uint64_t seed, const FeatureSource& source,
                           const KindsAndWidths& kinds, const ExtractionSettings& extraction,
                           const core::StopRequest& stop, const core::Log& log) {
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
  Material material{.config = config,
                    .source = source,
                    .extraction = extraction,
                    .stop = stop,
                    .log = log,
                    .classes = result.classes,
                    .train = chosen.train,
                    .draws = draw_labels(*chosen.train, config.share, seed,
                                         std::max<std::int64_t>(1, config.seeds))};
  material.samples = samples_of(material.draws);
  const auto train = material.training_part();
  // Trained as MAE does, the features of one step are kept instead of all.
  const std::int64_t kept =
      material.caches_training() ? train->size() : std::min(config.mae_batch_size, train->size());
  const std::int64_t images = kept + chosen.test->size();
  check_feature_memory({.images = images, .widths = kinds.widths, .copies = 1},
                       runtime::describe_machine().memory_bytes, log);
  const core::Stopwatch clock;
  const auto extract = [&](const std::shared_ptr<const data::Dataset>& dataset) {
    return extract_features(source, dataset, extraction, stop, log);
  };
  if (material.caches_training()) material.train_features = extract(train);
  material.test_features = extract(chosen.test);
  result.extraction_seconds = clock.seconds();
  const bool as_mae = config.linear && config.probe == ProbeProtocol::mae;
  for (const auto& [wanted, protocol] :
       {std::pair{config.knn, "knn"}, std::pair{config.linear && !as_mae, "linear"}}) {
    if (!wanted) continue;
    for (const std::string& kind : kinds.names) {
      result.rows.push_back(evaluate_cached(material, protocol, kind));
    }
  }
  if (as_mae)
    std::ranges::move(evaluate_as_mae(material, kinds.names), std::back_inserter(result.rows));
  result.draws = std::move(material.draws);
  return result;
}

FeatureChoice choice_of(const EvaluateConfig& config) {
  auto kinds = parse_feature_kinds(config.features);
  if (!kinds) {
    throw UsageError({.operation = "evaluate",
                      .subject = fmt::format("evaluate.features is {}", config.features),
                      .reason = fmt::format(", expected {}", kFeatureKinds)});
  }
  return {.kinds = std::move(*kinds), .blocks = config.blocks};
}

}  // namespace

data::LabelledSplits limit_splits(const data::LabelledSplits& splits, const EvaluateConfig& config,
                                  std::uint64_t seed) {
  return {limited(splits.train, config.max_train_images, seed, 0),
          limited(splits.test, config.max_test_images, seed, 1), splits.description, splits.labels,
          splits.content};
}

Evaluation evaluate_backbone(const nn::Backbone& backbone, const data::LabelledSplits& splits,
                             const EvaluateConfig& config, const ExtractionSettings& extraction,
                             std::uint64_t seed, const core::StopRequest& stop,
                             const core::Log& log) {
  const ChosenFeatures chosen(backbone, choice_of(config));
  KindsAndWidths kinds{.names = chosen.names()};
  for (std::size_t i = 0; i < kinds.names.size(); ++i) kinds.widths.push_back(chosen.width(i));
  return evaluate_source(splits, config, seed, network_source(backbone, chosen, extraction), kinds,
                         extraction, stop, log);
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

Evaluation evaluate_pixels(const nn::BackboneInput& input, const data::LabelledSplits& splits,
                           const EvaluateConfig& config, const ExtractionSettings& extraction,
                           std::uint64_t seed, const core::StopRequest& stop,
                           const core::Log& log) {
  const KindsAndWidths kinds{.names = {kPixelFeatures},
                             .widths = {values_of_a_sample(input, extraction.content)}};
  return evaluate_source(splits, config, seed, pixel_source(input, extraction), kinds, extraction,
                         stop, log);
}

}  // namespace dbot::eval
