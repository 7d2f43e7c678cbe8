#include "dbot/eval/frozen/linear_probe.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/var_mean.h>
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "dbot/core/error.h"
#include "dbot/core/random.h"
#include "dbot/eval/frozen/ranking.h"
#include "dbot/eval/frozen/samples.h"
#include "dbot/eval/frozen/softmax_regression.h"
#include "dbot/optim/adamw.h"
#include "dbot/optim/schedule.h"

namespace dbot::eval {
namespace {

constexpr const char* kOperation = "linear probe";

// Top-1 on the pixels of Fashion-MNIST after 50 epochs: 84.5 at 1e-3, 84.7 at 3e-3, 84.3 at 1e-2.
constexpr double kPeakRate = 3e-3;
constexpr double kWarmupEpochs = 1;
constexpr std::int64_t kFewestBatches = 16;  // of an epoch: small sets take smaller batches
constexpr std::int64_t kFewestSteps = 1000;  // of the training: small sets are passed more often
constexpr std::int64_t kSmallestBatch = 16;  // samples

/// Moments of the training features; applied to both sets. docs/methods/mae.md §7: eps 1e-6 on the
/// variance.
struct Standardisation {
  at::Tensor mean, scale;  // [width]

  explicit Standardisation(const at::Tensor& features) {
    auto [variance, average] = at::var_mean(features, at::OptionalIntArrayRef(0), /*correction=*/0,
                                            /*keepdim=*/false);
    mean = average;
    scale = variance.add(1e-6).rsqrt();
  }
  at::Tensor operator()(const at::Tensor& features) const { return features.sub(mean).mul_(scale); }
};

/// The labelled training samples in a drawn order, standardised: batches are then plain slices.
struct TrainingSet {
  at::Tensor features, labels;
  std::int64_t batch_size = 0, batches = 0;

  TrainingSet(const at::Tensor& all_features, const at::Tensor& all_labels,
              const LinearProbeConfig& config) {
    const at::Tensor rows = labelled_rows(all_labels);
    auto order = core::permutation({config.seed, core::Purpose::probe}, rows.size(0));
    const at::Tensor drawn = rows.index_select(
        0, at::from_blob(order.data(), {rows.size(0)}, at::TensorOptions(at::kLong)));
    features = all_features.to(at::kFloat).index_select(0, drawn);
    labels = all_labels.index_select(0, drawn);
    const std::int64_t count = rows.size(0);
    batch_size = std::min(config.batch_size, std::max(kSmallestBatch, count / kFewestBatches));
    batch_size = std::min(batch_size, count);
    batches = count / batch_size;
  }

  /// Where each batch of an epoch begins: the batches in a drawn order, and what does not fill a
  /// batch left out at another place each time.
  std::vector<std::int64_t> batch_begins(std::uint64_t seed, std::uint32_t epoch) const {
    auto begins = core::permutation({seed, core::Purpose::probe, 1, epoch}, batches);
    core::Random random({seed, core::Purpose::probe, 2, epoch});
    const auto rest = static_cast<std::uint64_t>(labels.size(0) - batches * batch_size);
    const auto shift = static_cast<std::int64_t>(random.below(rest + 1));
    for (std::int64_t& begin : begins) begin = shift + begin * batch_size;
    return begins;
  }
};

/// Returns the mean loss of the last epoch.
double train(SoftmaxRegression& classifier, const TrainingSet& set, const LinearProbeConfig& config,
             const core::StopRequest& stop, const core::TellProgress& progress) {
  optim::OptimizerConfig adam;
  adam.betas = {0.9, 0.999};
  const optim::ParameterGroup all{classifier.values(), classifier.gradients(),
                                  /*weight_decay=*/0.0, 1.0};
  optim::AdamW optimizer({all}, adam);
  const double peak = config.base_lr > 0 ? config.base_lr : kPeakRate;
  const std::int64_t passes =
      std::max(config.epochs, (kFewestSteps + set.batches - 1) / set.batches);
  const auto epochs = static_cast<double>(passes);
  const double warmup = std::min(kWarmupEpochs, 0.1 * epochs);
  const auto* labels = set.labels.const_data_ptr<std::int64_t>();
  core::PassProgress told{
      .total = passes * set.batches, .counted = core::Counted::steps, .doing = kOperation};
  double loss = 0;
  for (std::int64_t epoch = 0; epoch < passes; ++epoch) {
    loss = 0;
    double step = 0;
    for (const std::int64_t begin :
         set.batch_begins(config.seed, static_cast<std::uint32_t>(epoch))) {
      throw_if_stopped(kOperation, stop);
      loss += classifier.forward_backward(set.features.narrow(0, begin, set.batch_size),
                                          labels + begin);
      step += 1;
      const double time = static_cast<double>(epoch) + step / static_cast<double>(set.batches + 1);
      optimizer.step(optim::learning_rate(time, 0, epochs, warmup, peak, 0));
      told.done += 1;
      if (progress) progress(told);
    }
  }
  return loss / static_cast<double>(set.batches);
}

void check_inputs(const at::Tensor& train_features, const at::Tensor& test_features,
                  std::int64_t classes, const LinearProbeConfig& config) {
  if (config.epochs < 1 || config.batch_size < 1 || config.base_lr < 0) {
    throw UsageError(
        fmt::format("[linear probe] epochs are {}, the batch size is {} and the rate {}; expected "
                    "at least 1, 1 "
                    "and 0",
                    config.epochs, config.batch_size, config.base_lr));
  }
  if (classes < 2) {
    throw DataError(
        {.operation = kOperation,
         .fault = Fault::unlabelled,
         .reason = fmt::format("the labels name {} classes, expected at least 2", classes),
         .way_out = "put images into one folder a class"});
  }
  check_features(kOperation, train_features, "training");
  check_features(kOperation, test_features, "test");
  if (train_features.size(1) != test_features.size(1)) {
    throw Error(fmt::format("[linear probe] training features have width {} and test features {}",
                            train_features.size(1), test_features.size(1)));
  }
}

}  // namespace

ProbeResult linear_probe(const at::Tensor& train_features, const at::Tensor& train_labels,
                         const at::Tensor& test_features, const at::Tensor& test_labels,
                         std::int64_t classes, const LinearProbeConfig& config,
                         const core::StopRequest& stop, const core::TellProgress& progress) {
  check_inputs(train_features, test_features, classes, config);
  check_labels(kOperation, train_features, train_labels, classes, "training");
  check_labels(kOperation, test_features, test_labels, classes, "test");
  throw_if_stopped(kOperation, stop);
  TrainingSet set(train_features, train_labels, config);
  if (set.labels.min().equal(set.labels.max())) {
    throw DataError(
        {.operation = kOperation,
         .fault = Fault::unlabelled,
         .reason = "all training samples have one label, expected at least two classes"});
  }
  throw_if_stopped(kOperation, stop);
  const Standardisation standardise(set.features);
  throw_if_stopped(kOperation, stop);
  set.features = standardise(set.features);
  SoftmaxRegression classifier(classes, train_features.size(1));
  const double loss = train(classifier, set, config, stop, progress);
  const auto logits = [&](const at::Tensor& rows) { return classifier.logits(standardise(rows)); };
  const Accuracy accuracy =
      accuracy_of(kOperation, logits, test_features, test_labels, classes, stop);
  return {accuracy.top1, accuracy.top5, loss};
}

}  // namespace dbot::eval
