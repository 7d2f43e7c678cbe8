#include <ATen/TensorOperators.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>

#include <string>
#include <utility>
#include <vector>

#include "dbot/methods/policy_multilabel/episode.h"
#include "dbot/methods/policy_multilabel/label_network.h"
#include "dbot/methods/policy_multilabel/policy_network.h"
#include "dbot/nn/gru_cell.h"
#include "dbot/objectives/label_sets.h"
#include "dbot/optim/optimizer.h"
#include "tests/golden/support/registry.h"

namespace dbot::golden {
namespace {

using methods::EpisodeBatch;
using methods::LabelNetwork;
using objectives::LabelReward;

constexpr double kPieceLimit = 1e-6, kEpisodeLimit = 1e-5, kGradientLimit = 1e-4;
/// Gradients differ in the order of their sums alone.
constexpr double kPieceGradient = 1e-5;

at::Tensor leaf(const at::Tensor& tensor) {
  return tensor.clone().set_requires_grad(true);
}

void compare_gru(const Fixture& fixture, Comparison& comparison) {
  const at::Tensor x = leaf(fixture.at("gru.x")), state = leaf(fixture.at("gru.h"));
  nn::ParameterStore store(nn::gru_parameters("gru", x.size(1), state.size(1)));
  runtime::NamedTensors weights;
  for (const auto& spec : store.specs()) weights[spec.name] = fixture.at(spec.name);
  store.copy_from(weights);
  const at::Tensor out = nn::gru_cell(x, state, store, "gru");
  comparison.scaled("gru.out", out.detach(), kPieceLimit);
  (out * fixture.at("gru.upstream")).sum().backward();
  comparison.scaled("gru.grad.x", x.grad(), kPieceGradient);
  comparison.scaled("gru.grad.h", state.grad(), kPieceGradient);
  for (const auto& spec : store.specs()) {
    comparison.scaled("gru.grad." + spec.name.substr(4), store.at(spec.name).grad(),
                      kPieceGradient);
  }
}

void compare_policies(const Fixture& fixture, Comparison& comparison) {
  comparison.scaled("policy.w", methods::loss_weights(fixture.at("policy.pre_w")), kPieceLimit);
  comparison.scaled("policy.p", methods::bounded_thresholds(fixture.at("policy.pre_p")),
                    kPieceLimit);
  const at::Tensor zero = at::zeros({1, fixture.config.at("labels").get<std::int64_t>()});
  comparison.scaled("policy.w_at_zero", methods::loss_weights(zero), kPieceLimit);
  comparison.scaled("policy.p_at_zero", methods::bounded_thresholds(zero), kPieceLimit);
}

void compare_loss(const Fixture& fixture, Comparison& comparison) {
  const at::Tensor logits = leaf(fixture.at("loss.logits")), w = leaf(fixture.at("loss.w"));
  const at::Tensor& y = fixture.at("loss.y");
  const at::Tensor loss = objectives::weighted_bce(logits, y, w);
  comparison.scaled("loss.value", loss.detach(), kPieceLimit);
  comparison.scaled("loss.value_unit_weights",
                    objectives::weighted_bce(logits, y, at::ones_like(w)).detach(), kPieceLimit);
  loss.backward();
  comparison.scaled("loss.grad.logits", logits.grad(), kPieceLimit);
  comparison.scaled("loss.grad.logits", objectives::weighted_bce_gradient(logits, y, w),
                    kPieceLimit);
  comparison.scaled("loss.grad.w", w.grad(), kPieceLimit);
}

void compare_rewards(const Fixture& fixture, Comparison& comparison) {
  const at::Tensor &y = fixture.at("reward.y"), &prob = fixture.at("reward.prob");
  comparison.scaled("reward.elementwise",
                    objectives::threshold_ratios(prob, y, fixture.at("reward.p")), kPieceLimit);
  for (const auto& [name, kind] : {std::pair{"reward.plain", LabelReward::ratio},
                                   {"reward.balanced", LabelReward::balanced}}) {
    const at::Tensor p = leaf(fixture.at("reward.p"));
    const at::Tensor reward = objectives::label_reward(kind, prob, y, p);
    comparison.scaled(name, reward.detach(), kPieceLimit);
    reward.backward();
    comparison.scaled(std::string(name) + ".grad_p", p.grad(), kPieceLimit);
  }
  // Rows of truth, probability, threshold and value.
  const at::Tensor rows = fixture.peek("reward.check");
  comparison.scaled("reward.check",
                    at::stack({rows.select(1, 0), rows.select(1, 1), rows.select(1, 2),
                               objectives::threshold_ratios(rows.select(1, 1), rows.select(1, 0),
                                                            rows.select(1, 2))},
                              1),
                    kPieceLimit);
}

void compare_look_ahead(const Fixture& fixture, Comparison& comparison) {
  const LabelNetwork classifier({fixture.at("hyper.weight"), fixture.at("hyper.bias")});
  const EpisodeBatch batch{.rows = fixture.at("hyper.x"),
                           .truth = fixture.at("hyper.y"),
                           .meta_rows = fixture.at("hyper.x_meta"),
                           .meta_truth = fixture.at("hyper.y_meta")};
  const auto ahead = methods::look_ahead(classifier, batch, fixture.at("hyper.w").unsqueeze(0),
                                         fixture.at("hyper.eta").item<double>());
  comparison.scaled("hyper.grad_w", ahead.gradient.squeeze(0), kPieceLimit);
  comparison.scaled("hyper.meta_loss", ahead.meta_loss, kPieceLimit);
}

/// The classifier of an episode, which takes plain steps.
struct PlainClassifier {
  explicit PlainClassifier(const Fixture& fixture)
      : network({fixture.at("clf0.weight").clone(), fixture.at("clf0.bias").clone()}),
        rate(fixture.config.at("clf_lr").get<double>()) {}
  void step(const std::vector<at::Tensor>& gradients) const {
    for (std::size_t i = 0; i < gradients.size(); ++i) {
      network.parameters()[i].sub_(rate * gradients[i]);
    }
  }
  LabelNetwork network;
  double rate;
};

void compare_steps(const methods::Episode& episode, Comparison& comparison) {
  for (std::size_t t = 0; t < episode.steps.size(); ++t) {
    const std::string at = std::to_string(t) + ".";
    const methods::EpisodeStep& step = episode.steps[t];
    comparison.scaled(at + "state", step.said.state.detach(), kEpisodeLimit);
    comparison.scaled(at + "mean_w", step.said.weights.detach(), kEpisodeLimit);
    comparison.scaled(at + "mean_p", step.said.thresholds.detach(), kEpisodeLimit);
    comparison.scaled(at + "w", step.weights, kEpisodeLimit);
    comparison.scaled(at + "p", step.thresholds, kEpisodeLimit);
    comparison.scaled(at + "logprob", step.log_probability.detach(), kEpisodeLimit);
    comparison.scaled(at + "train_loss", step.train_loss, kEpisodeLimit);
    comparison.scaled(at + "reward", step.reward, kEpisodeLimit);
  }
  comparison.scaled("returns", episode.returns, kEpisodeLimit);
  comparison.scaled("advantage", episode.advantages, kEpisodeLimit);
  comparison.scaled("surrogate", episode.surrogate.detach(), kEpisodeLimit);
}

/// The meta-learner's step: the clipped gradient, and Adam.
void compare_meta_step(const Fixture& fixture, nn::ParameterStore& policy, Comparison& comparison) {
  for (const auto& spec : policy.specs()) {
    comparison.scaled("grad." + spec.name, policy.at(spec.name).grad(), kGradientLimit);
  }
  optim::OptimizerConfig config = optim::default_config(optim::OptimizerKind::adam);
  config.weight_decay = 0;
  config.betas = {0.9, 0.999};
  const auto optimizer = optim::make_optimizer(optim::pretraining_groups(policy, 0), config);
  const double norm = optimizer->gradient_norm();
  comparison.scaled("grad_norm", at::zeros({}) + norm, kGradientLimit);
  optimizer->step(fixture.config.at("adam").at("lr").get<double>(),
                  optim::Optimizer::clip_scale(norm, fixture.config.at("clip").get<double>()));
  for (const auto& [name, tensor] : policy.named()) {
    comparison.scaled("meta1." + name, tensor.detach(), kGradientLimit);
  }
}

}  // namespace

void check_multilabel_pieces(const Fixture& fixture, Comparison& comparison) {
  compare_gru(fixture, comparison);
  compare_policies(fixture, comparison);
  compare_loss(fixture, comparison);
  compare_rewards(fixture, comparison);
  compare_look_ahead(fixture, comparison);
}

void check_multilabel_episode(const Fixture& fixture, Comparison& comparison) {
  const auto& settings = fixture.config;
  const methods::PolicyShape shape{.labels = settings.at("labels").get<std::int64_t>(),
                                   .hidden = settings.at("hidden").get<std::int64_t>()};
  nn::ParameterStore policy(methods::policy_parameters(shape));
  policy.copy_from(fixture.with_prefix("meta0."));
  const PlainClassifier classifier(fixture);
  std::vector<at::Tensor> weights, biases;
  const auto update = [&](const std::vector<at::Tensor>& gradients) {
    classifier.step(gradients);
    weights.push_back(classifier.network.parameters()[0].clone());
    biases.push_back(classifier.network.parameters()[1].clone());
  };
  const auto batch_of = [&](std::int64_t t) {
    return EpisodeBatch{.rows = fixture.at("x")[t],
                        .truth = fixture.at("y")[t],
                        .meta_rows = fixture.at("x_meta")[t],
                        .meta_truth = fixture.at("y_meta")[t]};
  };
  const bool balanced = settings.at("reward").get<std::string>() == "balanced";
  const double gamma = settings.at("gamma").get<double>();
  const double baseline = settings.at("baseline").get<double>();
  const methods::EpisodeConfig config{
      .reward = balanced ? LabelReward::balanced : LabelReward::ratio,
      .sigma = settings.at("sigma").get<double>(),
      .gamma = gamma};
  const methods::Episode episode =
      methods::run_episode(config, shape, policy, classifier.network, update, batch_of,
                           fixture.at("noise_w"), fixture.at("noise_p"), baseline);
  comparison.truth("as many steps", std::ssize(episode.steps) == settings.at("steps"));
  compare_steps(episode, comparison);
  for (std::size_t t = 0; t < weights.size(); ++t) {
    comparison.scaled(std::to_string(t) + ".clf.weight", weights[t], kEpisodeLimit);
    comparison.scaled(std::to_string(t) + ".clf.bias", biases[t], kEpisodeLimit);
  }
  episode.surrogate.backward();
  compare_meta_step(fixture, policy, comparison);
  comparison.scaled("baseline_after", at::zeros({}) + methods::next_baseline(baseline, episode),
                    kEpisodeLimit);
}

}  // namespace dbot::golden
