#include <ATen/ops/full.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/tensor.h>

#include "dbot/data/augment/mixing.h"
#include "dbot/exchange/video/mae_st_names.h"
#include "dbot/nn/clip/clip_classifier.h"
#include "dbot/nn/drop_path.h"
#include "dbot/objectives/classification_loss.h"
#include "dbot/optim/layer_decay.h"
#include "tests/golden/mae_st/clip_networks.h"
#include "tests/golden/support/registry.h"

namespace dbot::golden {
namespace {

constexpr double kListLimit = 1e-6;

/// A number of each of our tensors by the published names, in the order of the file's list.
at::Tensor by_published_names(const Fixture& fixture, const std::vector<nn::ParameterSpec>& specs,
                              const std::map<std::string, double>& numbers) {
  runtime::NamedTensors ours;
  for (const auto& spec : specs) {
    ours[spec.name] = at::full(spec.shape, numbers.at(spec.name), at::kDouble);
  }
  const runtime::NamedTensors theirs = exchange::mae_st_from_ours(ours);
  std::vector<double> list;
  for (const nlohmann::json& name : fixture.json_entry("group_param_names")) {
    list.push_back(theirs.at(name.get<std::string>()).flatten()[0].item<double>());
  }
  return at::tensor(list, at::kDouble);
}

void compare_clip_groups(const Fixture& fixture, const nn::ClipClassifierConfig& config,
                         Comparison& comparison) {
  const auto specs = nn::clip_classifier_parameters(config);
  std::map<std::string, double> scales, decays;
  for (const auto& group : optim::layer_decay_groups(
           specs, config.clip.encoder.depth, fixture.config.at("layer_decay").get<double>(),
           fixture.config.at("weight_decay").get<double>())) {
    for (const std::string& name : group.names) {
      scales[name] = group.rate_scale;
      decays[name] = group.weight_decay;
    }
  }
  comparison.elements("lr_scale", by_published_names(fixture, specs, scales),
                      element_limits::table);
  comparison.elements("weight_decay", by_published_names(fixture, specs, decays),
                      element_limits::table);
  std::vector<double> rates;
  for (std::int64_t block = 0; block < config.clip.encoder.depth; ++block) {
    rates.push_back(nn::drop_path_rate(fixture.config.at("drop_path_rate").get<double>(), block,
                                       config.clip.encoder.depth));
  }
  comparison.numbers("drop_path_per_block", at::tensor(rates, at::kDouble), kListLimit);
}

}  // namespace

void check_mae_st_classify(const Fixture& fixture, Comparison& comparison) {
  const nn::ClipClassifierConfig config{.clip = clip_config(fixture),
                                        .classes = fixture.config.at("num_classes")};
  auto store = std::make_shared<nn::ParameterStore>(nn::clip_classifier_parameters(config));
  store->copy_from(exchange::mae_st_to_ours(fixture.with_prefix("w."), fixture.path.string()));
  const nn::ClipClassifier classifier(config, store);
  const auto value = element_limits::value;
  const at::Tensor logits =
      classifier.logits(classifier.features(fixture.at("input.video"), at::kFloat));
  comparison.elements("logits", logits, value);
  comparison.elements("probs", at::softmax(logits, -1), value);
  const at::Tensor& labels = fixture.at("input.labels");
  const at::Tensor loss = -at::log_softmax(logits, -1).gather(1, labels.unsqueeze(1)).mean();
  comparison.elements("loss_ce", loss.reshape({1}), element_limits::loss);
  const at::Tensor target =
      data::mixed_targets(labels, config.classes, fixture.config.at("smoothing").get<double>(),
                          {.kept = fixture.config.at("mixup_lam").get<double>(), .box = {}});
  comparison.elements("soft_target", target, value);
  const at::Tensor soft = objectives::soft_target_cross_entropy(logits, target);
  comparison.elements("loss_soft", soft.reshape({1}), element_limits::loss);
  soft.backward();
  runtime::NamedTensors gradients;
  for (const auto& spec : store->specs()) gradients[spec.name] = store->at(spec.name).grad();
  for (const auto& [name, gradient] : exchange::mae_st_from_ours(gradients)) {
    comparison.gradient("grad_soft." + name, gradient, element_limits::gradient);
  }
  compare_clip_groups(fixture, config, comparison);
}

}  // namespace dbot::golden
