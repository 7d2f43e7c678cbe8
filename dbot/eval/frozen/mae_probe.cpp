#include "dbot/eval/frozen/mae_probe.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <c10/core/GradMode.h>
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/data/loader/loader.h"
#include "dbot/data/subset.h"
#include "dbot/eval/frozen/mae_probe_head.h"
#include "dbot/eval/frozen/ranking.h"
#include "dbot/eval/frozen/samples.h"
#include "dbot/optim/schedule.h"

namespace dbot::eval {
namespace {

constexpr const char* kMaeProbe = "linear probe";
constexpr double kWarmup = 10;  // epochs
constexpr double kWarmupShare = 1.0 / 9;

/// Steps of many samples, read in chunks that the network takes at once.
struct StepSizes {
  std::int64_t chunk = 0, chunks = 0;  // of a step
  std::int64_t steps = 0;              // of an epoch

  StepSizes(std::int64_t samples, const MaeProbeConfig& config, std::int64_t largest_chunk) {
    const std::int64_t wanted = std::min(config.batch_size, samples);
    chunks = (wanted + largest_chunk - 1) / largest_chunk;
    chunk = wanted / chunks;
    steps = samples / batch();
  }
  std::int64_t batch() const { return chunk * chunks; }
};

std::shared_ptr<const data::Dataset> labelled_samples(
    const std::shared_ptr<const data::Dataset>& train) {
  std::vector<std::int64_t> labelled;
  std::set<std::int64_t> classes;
  for (std::int64_t i = 0; i < train->size(); ++i) {
    if (train->label(i) < 0) continue;
    labelled.push_back(i);
    classes.insert(train->label(i));
  }
  if (classes.size() < 2) {
    throw DataError(
        {.operation = kMaeProbe,
         .fault = Fault::unlabelled,
         .reason = fmt::format("the training samples have {} different labels, expected "
                               "at least two",
                               classes.size())});
  }
  return data::subset(train, std::move(labelled));
}

data::AugmentationConfig probe_crops() {
  data::AugmentationConfig augmentation;
  augmentation.crop_scale = {0.08, 1.0};
  augmentation.crop_rule = data::CropRule::single_shot;
  return augmentation;
}

data::LoaderConfig training_pass(const StepSizes& sizes, const MaeProbeConfig& config,
                                 const ExtractionSettings& settings) {
  data::LoaderConfig loader;
  loader.batch_size = sizes.chunk;
  loader.workers = settings.workers;
  loader.seed = config.seed;
  loader.batches_per_epoch = sizes.steps * sizes.chunks;
  return loader;
}

/// The head of one kind of features, and the batch that it waits for.
struct KindProbe {
  std::string kind;
  MaeProbeHead head;
  at::Tensor batch;  // float32 [batch, width]
  double loss = 0;   // sum of an epoch

  KindProbe(const std::string& name, std::int64_t classes, std::int64_t width,
            std::int64_t batch_size, std::uint64_t seed)
      : kind(name),
        head(classes, width, seed),
        batch(at::empty({batch_size, width}, at::TensorOptions(at::kFloat))) {}
};

/// One training walk over the images, step by step.
class Walk {
 public:
  Walk(const FeatureSource& source, const std::shared_ptr<const data::Dataset>& train,
       const StepSizes& sizes, const MaeProbeConfig& config, const ExtractionSettings& settings,
       const core::Log& log)
      : source_(source),
        sizes_(sizes),
        settings_(settings),
        labels_(static_cast<std::size_t>(sizes.batch())),
        loader_(train, {crops_of(source.input, settings, probe_crops())},
                training_pass(sizes, config, settings), log) {
    told_.total = config.epochs * sizes.steps * sizes.batch();
    told_.doing = kMaeProbe;
  }

  /// The next batch of every kind, and its labels.
  const std::int64_t* read(std::vector<KindProbe>& probes, const core::StopRequest& stop) {
    for (std::int64_t chunk = 0; chunk < sizes_.chunks; ++chunk) {
      throw_if_stopped(kMaeProbe, stop);
      const auto batch = loader_.next();
      const std::int64_t begin = chunk * sizes_.chunk;
      std::copy(batch->labels.begin(), batch->labels.end(), labels_.begin() + begin);
      const auto found = source_.features(*batch);
      for (KindProbe& probe : probes) {
        probe.batch.narrow(0, begin, sizes_.chunk).copy_(found.at(probe.kind).flatten(1));
      }
      told_.done += sizes_.chunk;
      if (settings_.progress) settings_.progress(told_);
    }
    return labels_.data();
  }

 private:
  const FeatureSource& source_;
  const StepSizes& sizes_;
  const ExtractionSettings& settings_;
  std::vector<std::int64_t> labels_;
  data::Loader loader_;
  core::PassProgress told_;
};

void check_settings(const MaeProbeConfig& config, std::int64_t classes, const Features& test) {
  if (config.epochs < 1 || config.batch_size < 2 || config.base_lr <= 0) {
    throw UsageError(fmt::format(
        "[linear probe] epochs are {}, the batch size is {} and the rate {}; expected at least 1, "
        "at least 2 and above 0",
        config.epochs, config.batch_size, config.base_lr));
  }
  for (const auto& [kind, rows] : test.kinds) {
    check_features(kMaeProbe, rows.flatten(1), "test");
    check_labels(kMaeProbe, rows.flatten(1), test.labels, classes, "test");
  }
}

void train_heads(std::vector<KindProbe>& probes, Walk& walk, const StepSizes& sizes,
                 const MaeProbeConfig& config, const core::StopRequest& stop) {
  const auto epochs = static_cast<double>(config.epochs);
  const double warmup = std::min(kWarmup, kWarmupShare * epochs);
  const double peak = optim::scaled_rate(config.base_lr, sizes.batch());
  for (std::int64_t epoch = 0; epoch < config.epochs; ++epoch) {
    for (KindProbe& probe : probes) probe.loss = 0;
    for (std::int64_t step = 0; step < sizes.steps; ++step) {
      const std::int64_t* labels = walk.read(probes, stop);
      const double time =
          static_cast<double>(epoch) + static_cast<double>(step) / static_cast<double>(sizes.steps);
      const double rate = optim::learning_rate(time, 0, epochs, warmup, peak, 0);
      for (KindProbe& probe : probes) probe.loss += probe.head.step(probe.batch, labels, rate);
    }
  }
}

}  // namespace

std::vector<ProbeResult> mae_probe(const FeatureSource& source,
                                   const std::shared_ptr<const data::Dataset>& train,
                                   const Features& test, std::int64_t classes,
                                   const MaeProbeConfig& config, const ExtractionSettings& settings,
                                   const core::StopRequest& stop, const core::Log& log) {
  const c10::NoGradGuard no_graph;
  check_settings(config, classes, test);
  const auto labelled = labelled_samples(train);
  const StepSizes sizes(labelled->size(), config, samples_of_a_batch(source.input, settings));
  std::vector<KindProbe> probes;
  for (const auto& [kind, rows] : test.kinds) {
    probes.emplace_back(kind, classes, rows.flatten(1).size(1), sizes.batch(), config.seed);
  }
  Walk walk(source, labelled, sizes, config, settings, log);
  train_heads(probes, walk, sizes, config, stop);
  std::vector<ProbeResult> results;
  for (const KindProbe& probe : probes) {
    const auto logits = [&](const at::Tensor& rows) { return probe.head.logits(rows); };
    const Accuracy accuracy =
        accuracy_of(kMaeProbe, logits, test.of(probe.kind).flatten(1), test.labels, classes, stop);
    results.push_back(
        {accuracy.top1, accuracy.top5, probe.loss / static_cast<double>(sizes.steps)});
  }
  return results;
}

}  // namespace dbot::eval
