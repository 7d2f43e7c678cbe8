#include "dbot/eval/multilabel/linear_labels.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "dbot/core/error.h"
#include "dbot/core/random.h"
#include "dbot/eval/frozen/samples.h"
#include "dbot/methods/policy_multilabel/episode.h"
#include "dbot/ops/adamw_update.h"

namespace dbot::eval {
namespace {

/// Adam on the parameters of a network.
class NetworkAdam {
 public:
  NetworkAdam(const methods::LabelNetwork& network, double learning_rate)
      : network_(network), learning_rate_(learning_rate) {
    for (const at::Tensor& parameter : network.parameters()) {
      first_.push_back(at::zeros_like(parameter).view(-1));
      second_.push_back(at::zeros_like(parameter).view(-1));
    }
  }

  void step(const std::vector<at::Tensor>& gradients) {
    ++steps_;
    for (std::size_t i = 0; i < gradients.size(); ++i) {
      ops::adamw_update(
          {network_.parameters()[i].view(-1), gradients[i].contiguous().view(-1), first_[i],
           second_[i]},
          {.learning_rate = learning_rate_, .beta1 = 0.9, .beta2 = 0.999, .step = steps_});
    }
  }

 private:
  const methods::LabelNetwork& network_;
  double learning_rate_;
  std::int64_t steps_ = 0;
  std::vector<at::Tensor> first_, second_;
};

void check_tables(const LabelledFeatures& train, const LabelledFeatures& test) {
  check_features("labels", train.features, "training");
  check_features("labels", test.features, "test");
  const bool fit = train.features.size(0) == train.truth.size(0) &&
                   test.features.size(0) == test.truth.size(0) &&
                   train.features.size(1) == test.features.size(1) &&
                   train.truth.size(1) == test.truth.size(1);
  if (fit && train.features.size(0) >= 2) return;
  throw UsageError({.operation = "labels",
                    .subject = "the features",
                    .fault = Fault::mismatch,
                    .reason = "do not fit the labels, or there are fewer than 2 samples to train "
                              "on"});
}

ScoredSamples scored(const methods::LabelNetwork& network, const at::Tensor& rows,
                     const at::Tensor& truth) {
  const at::Tensor scores = at::sigmoid(network.forward(rows).logits).to(at::kDouble).contiguous();
  const at::Tensor holds = truth.to(at::kByte).contiguous();
  const auto* values = scores.const_data_ptr<double>();
  const auto* bytes = holds.const_data_ptr<std::uint8_t>();
  return {.score_values = {values, values + scores.numel()},
          .truth_values = {bytes, bytes + holds.numel()},
          .labels = static_cast<std::size_t>(truth.size(1))};
}

/// A permutation of the samples as an index.
at::Tensor drawn_order(std::int64_t samples, std::uint64_t seed, core::Purpose purpose,
                       std::int64_t epoch) {
  return at::tensor(
      core::permutation(
          {.seed = seed, .purpose = purpose, .epoch = static_cast<std::uint32_t>(epoch)}, samples),
      at::kLong);
}

}  // namespace

LinearLabels train_linear_labels(const LabelledFeatures& train, const LabelledFeatures& test,
                                 const LinearLabelsConfig& config, const core::StopRequest& stop) {
  const c10::NoGradGuard no_graph;
  check_tables(train, test);
  const std::int64_t samples = train.features.size(0), labels = train.truth.size(1);
  const auto aside = std::clamp<std::int64_t>(
      std::llround(config.held_out * static_cast<double>(samples)), 1, samples - 1);
  const at::Tensor order = drawn_order(samples, config.seed, core::Purpose::split, 0);
  const at::Tensor held_out = order.narrow(0, 0, aside), kept = order.slice(0, aside);
  const at::Tensor mean = train.features.index_select(0, kept).mean(0);
  const at::Tensor deviation =
      (train.features.index_select(0, kept) - mean).square().mean(0).sqrt().clamp_min(1e-6);
  const at::Tensor rows = (train.features - mean) / deviation;
  const methods::LabelNetwork network({at::zeros({labels, rows.size(1)}), at::zeros({labels})});
  NetworkAdam adam(network, config.learning_rate);
  const at::Tensor ones = at::ones({1, labels});
  for (std::int64_t epoch = 0; epoch < config.epochs; ++epoch) {
    throw_if_stopped("labels", stop);
    const at::Tensor walk =
        kept.index_select(0, drawn_order(kept.size(0), config.seed, core::Purpose::probe, epoch));
    for (std::int64_t begin = 0; begin < walk.size(0); begin += config.batch_size) {
      const at::Tensor batch = walk.slice(0, begin, begin + config.batch_size);
      methods::classifier_step(
          network, [&](const std::vector<at::Tensor>& gradients) { adam.step(gradients); },
          rows.index_select(0, batch), train.truth.index_select(0, batch), ones);
    }
  }
  return {.held_out = scored(network, rows.index_select(0, held_out),
                             train.truth.index_select(0, held_out)),
          .test = scored(network, (test.features - mean) / deviation, test.truth),
          .learned = kept.size(0)};
}

}  // namespace dbot::eval
