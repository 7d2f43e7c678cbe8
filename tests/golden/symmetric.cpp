#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/tensor.h>

#include <algorithm>

#include "dbot/methods/masked_modeling/loss_tokens.h"
#include "dbot/nn/vit/classifier.h"
#include "dbot/objectives/loss.h"
#include "dbot/ops/select_tokens.h"
#include "dbot/optim/adamw.h"
#include "dbot/optim/layer_decay.h"
#include "dbot/optim/schedule.h"
#include "tests/golden/student.h"
#include "tests/golden/support/registry.h"
#include "tests/golden/symmetric_networks.h"

namespace dbot::golden {
namespace {

/// Values at the masked places of [batch, patches, …], row-major over sample and place.
at::Tensor at_masked(const at::Tensor& values, const at::Tensor& mask) {
  return values.index({mask.to(at::kBool)});
}

std::vector<std::string> sorted(std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  return names;
}

/// The groups of the official optimizer hold the same parameters as ours.
void compare_decay(const nlohmann::json& groups, const nn::ParameterStore& store,
                   Comparison& comparison) {
  for (const auto& group : groups) {
    const bool decayed = group.at("weight_decay").get<double>() > 0;
    for (const auto& name : group.at("names").get<std::vector<std::string>>()) {
      comparison.truth("decay of " + name, decayed == (store.offset(name) >= store.vectors_end()));
    }
  }
}

objectives::LossConfig loss_named(const std::string& name) {
  using objectives::LossKind;
  if (name == "l1") return {.kind = LossKind::l1};
  if (name == "l2") return {.kind = LossKind::l2};
  if (name.starts_with("smoothl1_")) {
    return {.kind = LossKind::smooth_l1, .beta = std::stod(name.substr(name.find('_') + 1))};
  }
  return {.kind = LossKind::cosine};
}

}  // namespace

void check_symmetric(const Fixture& fixture, Comparison& comparison) {
  const at::Tensor &images = fixture.at("in.images"), &pixels = fixture.at("in.pixels");
  const at::Tensor mask = fixture.at("in.mask").to(at::kFloat);
  const nn::MaskedEncoder student = read_masked_encoder(fixture, "w.", images.size(1), comparison);
  const objectives::Teacher teacher =
      make_clip_teacher(fixture.config.at("teacher"), pixels.size(1), fixture.with_prefix("t."));

  const auto channels = [&](const char* key) {
    return at::tensor(fixture.config.at(key).get<std::vector<double>>(), at::kFloat)
        .view({1, -1, 1, 1})
        .to(pixels.device());
  };
  const at::Tensor seen = (pixels - channels("clip_mean")) / channels("clip_std");
  const at::Tensor target = teacher.features(seen, at::kFloat, objectives::Normalisation::none);
  comparison.tensor("out.teacher_tokens", target, limits::value);
  comparison.tensor("out.labels", at_masked(target.slice(1, 1), mask), limits::value);

  const at::Tensor hidden = student.encode(images, mask, at::kFloat);
  comparison.tensor("out.hidden", hidden, limits::value);
  comparison.tensor("out.pred", at_masked(student.predict(hidden, at::kFloat).slice(1, 1), mask),
                    limits::value);
  const auto loss_of = [&](const std::string& name, bool with_cls) {
    const methods::LossTokens tokens = methods::loss_tokens(mask, with_cls);
    const at::Tensor prediction =
        student.predict(student.encode(images, mask, at::kFloat, {}, tokens.rows), at::kFloat);
    const at::Tensor losses = objectives::token_loss(
        prediction, ops::select_tokens(target, tokens.rows), loss_named(name));
    return tokens.weights.defined() ? objectives::masked_mean(losses, tokens.weights)
                                    : losses.mean();
  };
  for (const std::string& name : fixture.names("out.loss_")) {
    const auto cls = name.find("_with_cls");
    comparison.numbers("out.loss_" + name, loss_of(name.substr(0, cls), cls != std::string::npos),
                       limits::loss);
  }
  loss_of("negcosine", false).backward();
  compare_gradients(fixture, "g.", *student.parameters(), comparison);
  compare_decay(fixture.config.at("weight_decay_groups"), *student.parameters(), comparison);
}

void check_symmetric_steps(const Fixture& fixture, Comparison& comparison) {
  const auto& config = fixture.config;
  const at::Tensor& samples = fixture.at("in.samples");
  const nn::MaskedEncoder student =
      read_masked_encoder(fixture, "w0.", samples.size(2), comparison);
  optim::OptimizerConfig settings;
  settings.weight_decay = config.at("weight_decay").get<double>();
  settings.betas = config.at("betas").get<std::vector<double>>();
  settings.eps = config.at("adam_eps").get<double>();
  settings.clip_norm = value_or(config, "clip_grad", 0.0);
  const auto per_epoch = config.at("iters_per_epoch").get<std::int64_t>();
  const auto rates =
      optim::rate_table(config.at("epochs").get<std::int64_t>() * per_epoch,
                        config.at("warmup_epochs").get<std::int64_t>() * per_epoch,
                        config.at("lr").get<double>(), config.at("min_lr").get<double>());
  nn::ParameterStore& store = *student.parameters();
  optim::AdamW optimizer(optim::pretraining_groups(store, settings.weight_decay), settings);

  std::vector<double> losses, norms;
  for (std::int64_t step = 0; step < samples.size(0); ++step) {
    const at::Tensor mask = fixture.at("in.masks")[step].to(at::kFloat);
    const methods::LossTokens tokens = methods::loss_tokens(mask, false);
    const at::Tensor prediction = student.predict(
        student.encode(samples[step], mask, at::kFloat, {}, tokens.rows), at::kFloat);
    const at::Tensor target = ops::select_tokens(fixture.at("in.targets")[step], tokens.rows - 1);
    const at::Tensor each = objectives::token_loss(
        prediction, target, loss_named(config.at("loss").get<std::string>()));
    const at::Tensor loss =
        tokens.weights.defined() ? objectives::masked_mean(each, tokens.weights) : each.mean();
    store.zero_gradients();
    loss.backward();
    const double norm = optimizer.gradient_norm();
    optimizer.step(rates.at(static_cast<std::size_t>(step)),
                   optim::AdamW::clip_scale(norm, settings.clip_norm));
    losses.push_back(loss.item<double>());
    norms.push_back(norm);
  }
  comparison.numbers("out.loss", at::tensor(losses), limits::step_loss);
  comparison.numbers("out.grad_norm", at::tensor(norms), limits::step_norm);
  comparison.numbers("out.lr", at::tensor(rates), limits::rate);
  for (const std::string& name : fixture.names("out.final.")) {
    comparison.parameter("out.final." + name, store.at(name), limits::step_weight);
  }
  compare_decay(config.at("groups"), store, comparison);
}

void check_symmetric_finetune(const Fixture& fixture, Comparison& comparison) {
  const at::Tensor& images = fixture.at("in.images");
  runtime::NamedTensors weights = fixture.with_prefix("w.");
  nn::ClassifierConfig config;
  config.encoder = symmetric_encoder_config(fixture.config, images.size(1), weights);
  config.classes = fixture.config.at("num_classes").get<std::int64_t>();
  config.pooling =
      value_or(fixture.config, "mean_pooling", true) ? nn::Pooling::mean : nn::Pooling::cls;
  const auto specs = nn::classifier_parameters(config);
  take_position_indices(weights, config.encoder.grid(), comparison);
  const auto store = make_store(specs, weights);
  const nn::Classifier network(config, store);

  const at::Tensor features = network.features(images, at::kFloat);
  const at::Tensor logits = network.logits(features);
  const at::Tensor loss =
      -at::log_softmax(logits, -1).gather(1, fixture.at("in.labels").unsqueeze(1)).mean();
  comparison.tensor("out.features", features, limits::value);
  comparison.tensor("out.logits", logits, limits::value);
  comparison.numbers("out.loss", loss, limits::loss);
  loss.backward();
  compare_gradients(fixture, "g.", *store, comparison);

  const auto& expected = fixture.config.at("groups");
  const auto groups = optim::layer_decay_groups(specs, config.encoder.depth,
                                                fixture.config.at("layer_decay").get<double>(),
                                                /*weight_decay=*/0.05);
  comparison.truth("as many groups", groups.size() == expected.size());
  for (const auto& group : expected) {
    const auto names = sorted(group.at("names").get<std::vector<std::string>>());
    const auto ours = std::find_if(groups.begin(), groups.end(), [&](const auto& candidate) {
      return sorted(candidate.names) == names;
    });
    comparison.truth("a group of " + names.front(), ours != groups.end());
    if (ours == groups.end()) continue;
    comparison.number("rate of " + names.front(), ours->rate_scale,
                      group.at("lr_scale").get<double>(), 1e-12);
    comparison.number("decay of " + names.front(), ours->weight_decay,
                      group.at("weight_decay").get<double>(), 1e-12);
  }
}

}  // namespace dbot::golden
