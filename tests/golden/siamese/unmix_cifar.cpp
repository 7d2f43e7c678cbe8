#include <ATen/core/Tensor.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>

#include "dbot/eval/frozen/knn.h"
#include "dbot/methods/mixing_draws.h"
#include "dbot/nn/convolution/batch_norm.h"
#include "tests/golden/siamese/moco_step.h"
#include "tests/golden/support/registry.h"

namespace dbot::golden {
namespace {

/// A pass in training, which moves the running values, then one by them.
void compare_split_norm(const Fixture& fixture, Comparison& comparison) {
  const at::Tensor &x = fixture.at("splitbn.in"), &weight = fixture.at("splitbn.weight");
  const auto splits = fixture.config.at("bn_splits").get<std::int64_t>();
  const nn::BatchNormTensors tensors{.weight = weight,
                                     .bias = fixture.at("splitbn.bias"),
                                     .running_mean = at::zeros({x.size(1)}),
                                     .running_var = at::ones({x.size(1)}),
                                     .batches = at::zeros({1})};
  comparison.elements("splitbn.out_train",
                      nn::batch_norm(x, tensors, nn::NormMode::training, splits),
                      element_limits::value);
  comparison.elements("splitbn.running_mean", tensors.running_mean, element_limits::value);
  comparison.elements("splitbn.running_var", tensors.running_var, element_limits::value);
  comparison.elements("splitbn.out_eval", nn::batch_norm(x, tensors, nn::NormMode::running, splits),
                      element_limits::value);
  comparison.truth("passes are not counted", tensors.batches.item<float>() == 0);
}

void compare_neighbours(const Fixture& fixture, Comparison& comparison) {
  const at::Tensor& queries = fixture.at("knn.query");
  const at::Tensor labels = at::zeros({queries.size(0)}, at::TensorOptions().dtype(at::kLong));
  const eval::KnnConfig settings{.neighbours = fixture.config.at("knn_k").get<std::int64_t>(),
                                 .temperature = fixture.config.at("knn_t").get<double>()};
  const eval::KnnResult result =
      eval::knn_classify(fixture.at("knn.bank"), fixture.at("knn.labels"), queries, labels,
                         fixture.peek("knn.ranked_classes").size(1), settings, core::StopRequest());
  comparison.exact("knn.ranked_classes", result.scores.argsort(1, /*descending=*/true));
}

}  // namespace

void check_unmix_cifar(const Fixture& fixture, Comparison& comparison) {
  methods::SiameseConfig config = moco_config(fixture);
  config.mixing = methods::SiameseMixing::unmix;
  const methods::StepDraws draws{
      {"key_order", fixture.at("key_shuffles")},
      {"mixing", methods::mixing_tensor({fixture.config.at("lam").get<double>(), std::nullopt})}};
  const methods::SiameseNetworks networks = read_moco(fixture, config);
  compare_moco(fixture, moco_step(fixture, config, networks, draws), networks, comparison);
  compare_split_norm(fixture, comparison);
  compare_neighbours(fixture, comparison);
}

}  // namespace dbot::golden
