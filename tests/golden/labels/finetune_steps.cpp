#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>

#include <algorithm>

#include "dbot/nn/vit/classifier.h"
#include "dbot/objectives/classification_loss.h"
#include "dbot/optim/adamw.h"
#include "dbot/optim/layer_decay.h"
#include "dbot/optim/schedule.h"
#include "tests/golden/student.h"
#include "tests/golden/support/registry.h"

namespace dbot::golden {
namespace {

nn::ClassifierConfig classifier_config(const Fixture& fixture) {
  const nlohmann::json& network = fixture.config.at("network");
  nn::ClassifierConfig config;
  config.encoder =
      encoder_config(network, fixture.at("in.samples").size(2), fixture.with_prefix("w0."));
  config.classes = network.at("num_classes").get<std::int64_t>();
  return config;
}

/// Names and factors of the groups, in the official order.
void compare_layer_groups(const nlohmann::json& expected,
                          const std::vector<optim::LayerGroup>& groups, Comparison& comparison) {
  comparison.truth("as many groups", groups.size() == expected.size());
  for (std::size_t i = 0; i < std::min(groups.size(), expected.size()); ++i) {
    const std::string which = "group " + std::to_string(i);
    comparison.truth("names of " + which,
                     groups[i].names == expected[i].at("names").get<std::vector<std::string>>());
    comparison.number("rate of " + which, groups[i].rate_scale,
                      expected[i].at("lr_scale").get<double>(), limits::rate);
    comparison.number("decay of " + which, groups[i].weight_decay,
                      expected[i].at("weight_decay").get<double>(), limits::rate);
  }
}

}  // namespace

void check_finetune_steps(const Fixture& fixture, Comparison& comparison) {
  const auto& config = fixture.config;
  const nn::ClassifierConfig shape = classifier_config(fixture);
  const auto specs = nn::classifier_parameters(shape);
  auto store = std::make_shared<nn::ParameterStore>(specs);
  store->copy_from(fixture.with_prefix("w0."));
  const nn::Classifier network(shape, store);

  optim::OptimizerConfig settings;
  settings.weight_decay = config.at("weight_decay").get<double>();
  settings.betas = config.at("betas").get<std::vector<double>>();
  settings.eps = config.at("adam_eps").get<double>();
  settings.clip_norm = value_or(config, "clip_grad", 0.0);
  const auto decay = config.at("layer_decay").get<double>();
  const auto groups =
      optim::layer_decay_groups(specs, shape.encoder.depth, decay, settings.weight_decay);
  compare_layer_groups(config.at("groups"), groups, comparison);
  optim::AdamW optimizer(
      optim::layer_decay_groups(*store, shape.encoder.depth, decay, settings.weight_decay),
      settings);

  const auto per_epoch = config.at("steps_per_epoch").get<std::int64_t>();
  std::vector<double> losses, norms;
  std::vector<at::Tensor> rates;
  for (std::int64_t step = 0; step < fixture.at("in.samples").size(0); ++step) {
    const double rate = optim::learning_rate(
        static_cast<double>(step) / static_cast<double>(per_epoch), 0,
        config.at("epochs").get<double>(), config.at("warmup_epochs").get<double>(),
        config.at("lr").get<double>(), config.at("min_lr").get<double>());
    const at::Tensor logits =
        network.logits(network.features(fixture.at("in.samples")[step], at::kFloat));
    const at::Tensor loss =
        objectives::soft_target_cross_entropy(logits, fixture.at("in.targets")[step]);
    loss.backward();
    const double norm = optimizer.gradient_norm();
    optimizer.step(rate, optim::AdamW::clip_scale(norm, settings.clip_norm));
    losses.push_back(loss.item<double>());
    norms.push_back(norm);
    std::vector<double> of_groups;
    for (const auto& group : groups) of_groups.push_back(rate * group.rate_scale);
    rates.push_back(at::tensor(of_groups, at::kDouble));
  }
  comparison.numbers("out.loss", at::tensor(losses), limits::step_loss);
  comparison.numbers("out.grad_norm", at::tensor(norms), limits::step_norm);
  comparison.numbers("out.group_lr", at::stack(rates), limits::rate);
  for (const auto& [name, expected] : fixture.with_prefix("out.final.")) {
    comparison.parameter("out.final." + name, store->at(name), limits::step_weight);
  }
}

}  // namespace dbot::golden
