#include "dbot/eval/frozen/linear_probe.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/sum.h>
#include <ATen/ops/var_mean.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "dbot/core/error.h"
#include "dbot/core/random.h"
#include "dbot/eval/frozen/ranking.h"
#include "dbot/eval/frozen/samples.h"
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
constexpr std::int64_t kTestBlockRows = 4096;

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

/// Softmax regression with its gradient, in flat memory for the optimizer.
class SoftmaxRegression {
 public:
  SoftmaxRegression(std::int64_t classes, std::int64_t width)
      : values_(at::zeros({classes * (width + 1)}, at::kFloat)),
        gradients_(at::zeros_like(values_)),
        weight_(values_.narrow(0, 0, classes * width).view({classes, width})),
        bias_(values_.narrow(0, classes * width, classes)),
        weight_gradient_(gradients_.narrow(0, 0, classes * width).view({classes, width})),
        bias_gradient_(gradients_.narrow(0, classes * width, classes)) {}

  optim::ParameterGroup group() const { return {values_, gradients_, /*weight_decay=*/0.0, 1.0}; }
  at::Tensor logits(const at::Tensor& features) const {
    return at::addmm(bias_, features, weight_.t());
  }

  /// Mean cross entropy of a batch; leaves its gradient behind.
  double forward_backward(const at::Tensor& features, const std::int64_t* labels) {
    const at::Tensor log_probability = at::log_softmax(logits(features), 1);
    at::Tensor error = log_probability.exp();  // softmax − one-hot is the logits' gradient
    const std::int64_t rows = error.size(0), classes = error.size(1);
    const auto* logs = log_probability.const_data_ptr<float>();
    auto* errors = error.mutable_data_ptr<float>();
    double loss = 0;
    for (std::int64_t i = 0; i < rows; ++i) {
      loss -= logs[i * classes + labels[i]];
      errors[i * classes + labels[i]] -= 1.0F;
    }
    error.div_(static_cast<double>(rows));
    at::mm_out(weight_gradient_, error.t(), features);
    at::sum_out(bias_gradient_, error, 0);
    return loss / static_cast<double>(rows);
  }

 private:
  at::Tensor values_, gradients_;
  at::Tensor weight_, bias_, weight_gradient_, bias_gradient_;  // views of the two
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
  optim::AdamW optimizer({classifier.group()}, adam);
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

Accuracy measure(const SoftmaxRegression& classifier, const Standardisation& standardise,
                 const at::Tensor& features, const at::Tensor& labels, std::int64_t classes,
                 const core::StopRequest& stop) {
  const at::Tensor truth = labels.contiguous();
  const auto* label = truth.const_data_ptr<std::int64_t>();
  const std::int64_t count = features.size(0);
  std::vector<std::int64_t> ranks(static_cast<std::size_t>(count), kUnranked);
  for (std::int64_t first = 0; first < count; first += kTestBlockRows) {
    throw_if_stopped(kOperation, stop);
    const std::int64_t rows = std::min(kTestBlockRows, count - first);
    const at::Tensor logits =
        classifier.logits(standardise(features.narrow(0, first, rows).to(at::kFloat))).contiguous();
    const auto* scores = logits.const_data_ptr<float>();
    for (std::int64_t i = 0; i < rows; ++i) {
      const auto row = static_cast<std::size_t>(first + i);
      if (label[row] >= 0) ranks[row] = rank_of(scores + i * classes, classes, label[row]);
    }
  }
  return accuracy_of_ranks(ranks, truth);
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
  const Accuracy accuracy =
      measure(classifier, standardise, test_features, test_labels, classes, stop);
  return {accuracy.top1, accuracy.top5, loss};
}

}  // namespace dbot::eval
