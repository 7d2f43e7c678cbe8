#include "dbot/eval/frozen/mae_probe_head.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/scalar_tensor.h>
#include <ATen/ops/var_mean.h>
#include <ATen/ops/zeros.h>
#include <fmt/format.h>

#include <utility>

#include "dbot/core/error.h"
#include "dbot/core/random.h"

namespace dbot::eval {
namespace {

constexpr double kStartDeviation = 0.01;

/// The published settings: momentum 0.9, trust 0.001, no decay. The weight is scaled by its own
/// norm, the bias is not.
optim::Lars make_lars(const SoftmaxRegression& classifier) {
  optim::OptimizerConfig config;
  config.kind = optim::OptimizerKind::lars;
  optim::ParameterGroup all{classifier.values(), classifier.gradients(), /*weight_decay=*/0.0, 1.0};
  all.layers = {{.begin = 0, .end = classifier.weight().numel()}};
  return {{std::move(all)}, config};
}

}  // namespace

MaeProbeHead::MaeProbeHead(std::int64_t classes, std::int64_t width, std::uint64_t seed,
                           const ProbeNorm& norm)
    : norm_(norm),
      classifier_(classes, width),
      optimizer_(make_lars(classifier_)),
      running_mean_(at::zeros({width}, at::kFloat)),
      running_variance_(at::ones({width}, at::kFloat)) {
  core::Random random({.seed = seed, .purpose = core::Purpose::probe, .stage = 3});
  auto* weight = classifier_.weight().mutable_data_ptr<float>();
  for (std::int64_t i = 0; i < classes * width; ++i) {
    weight[i] = static_cast<float>(kStartDeviation * random.normal());
  }
}

at::Tensor MaeProbeHead::normalise(const at::Tensor& features) {
  const std::int64_t rows = features.size(0);
  if (rows < 2) {
    throw Error(fmt::format("[linear probe] a batch has {} rows, expected at least 2", rows));
  }
  const auto [variance, mean] = at::var_mean(features, at::OptionalIntArrayRef(0), /*correction=*/0,
                                             /*keepdim=*/false);
  const double corrected =
      norm_.biased_variance ? 1 : static_cast<double>(rows) / static_cast<double>(rows - 1);
  running_mean_.mul_(1 - norm_.momentum).add_(mean, norm_.momentum);
  running_variance_.mul_(1 - norm_.momentum).add_(variance, norm_.momentum * corrected);
  ++batches_;
  return features.sub(mean).mul_(variance.add(norm_.eps).rsqrt());
}

double MaeProbeHead::step(const at::Tensor& features, const std::int64_t* labels, double rate) {
  const double loss = classifier_.forward_backward(normalise(features), labels);
  optimizer_.step(rate);
  return loss;
}

at::Tensor MaeProbeHead::training_logits(const at::Tensor& features) {
  return classifier_.logits(normalise(features));
}

at::Tensor MaeProbeHead::logits(const at::Tensor& features) const {
  return classifier_.logits(
      features.sub(running_mean_).mul_(running_variance_.add(norm_.eps).rsqrt()));
}

runtime::NamedTensors MaeProbeHead::state() const {
  return {{"0.running_mean", running_mean_},
          {"0.running_var", running_variance_},
          {"0.num_batches_tracked", at::scalar_tensor(batches_, at::kLong)},
          {"1.weight", classifier_.weight()},
          {"1.bias", classifier_.bias()}};
}

void MaeProbeHead::load_state(const runtime::NamedTensors& state) {
  running_mean_.copy_(state.at("0.running_mean"));
  running_variance_.copy_(state.at("0.running_var"));
  batches_ = state.at("0.num_batches_tracked").item<std::int64_t>();
  classifier_.weight().copy_(state.at("1.weight"));
  classifier_.bias().copy_(state.at("1.bias"));
  optimizer_ = make_lars(classifier_);
}

}  // namespace dbot::eval
