#include "dbot/methods/policy_multilabel/episode.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/stack.h>
#include <c10/core/GradMode.h>

#include <utility>

namespace dbot::methods {
namespace {

using Weights = WeightPolicy;
using Thresholds = ThresholdPolicyLearning;

/// What a policy was sampled to, as a constant.
at::Tensor explored(const at::Tensor& mean, const at::Tensor& noise, double sigma) {
  return (mean + sigma * noise).detach();
}

/// Adds up log-probabilities; the first one may be undefined.
void add_term(at::Tensor& sum, const at::Tensor& term) {
  sum = sum.defined() ? sum + term : term;
}

class EpisodeRun {
 public:
  EpisodeRun(const EpisodeConfig& config, const nn::ParameterStore& policy,
             const LabelNetwork& classifier, const ClassifierUpdate& update)
      : config_(config), policy_(policy), classifier_(classifier), update_(update) {}

  /// `noise_…`: [1, labels].
  EpisodeStep step(PolicyMemory& memory, const EpisodeBatch& batch, const at::Tensor& noise_weights,
                   const at::Tensor& noise_thresholds) {
    EpisodeStep step{.said = policy_step(policy_, memory)};
    choose_weights(step, memory, batch, noise_weights);
    choose_thresholds(step, memory, noise_thresholds);
    step.train_loss = classifier_step(classifier_, update_, batch.rows, batch.truth, step.weights);
    judge(step, batch);
    // Policies are fed back as constants; the state keeps its graph.
    memory = {step.thresholds, step.weights, step.said.state};
    return step;
  }

  /// What is learned by gradients other than the policy's.
  const at::Tensor& direct_terms() const { return direct_; }

 private:
  void choose_weights(EpisodeStep& step, const PolicyMemory& memory, const EpisodeBatch& batch,
                      const at::Tensor& noise) {
    if (config_.weights == Weights::fixed) {
      step.weights = at::ones_like(memory.weights);
    } else if (config_.weights == Weights::policy_gradient) {
      const at::Tensor raw = explored(step.said.weights, noise, config_.sigma);
      add_term(step.log_probability, log_density(raw, step.said.weights, config_.sigma));
      step.weights = loss_weights(raw);
    } else {
      const at::Tensor weights = loss_weights(step.said.weights);
      step.weights = weights.detach();
      const LookAhead ahead = look_ahead(classifier_, batch, step.weights, config_.look_ahead_rate);
      add_term(direct_, (ahead.gradient * weights).sum());
    }
  }

  void choose_thresholds(EpisodeStep& step, const PolicyMemory& memory, const at::Tensor& noise) {
    if (config_.thresholds == Thresholds::fixed) {
      step.thresholds = at::full_like(memory.thresholds, 0.5);
    } else if (config_.thresholds == Thresholds::policy_gradient) {
      const at::Tensor raw = explored(step.said.thresholds, noise, config_.sigma);
      add_term(step.log_probability, log_density(raw, step.said.thresholds, config_.sigma));
      step.thresholds = bounded_thresholds(raw);
    } else {
      step.thresholds = bounded_thresholds(step.said.thresholds).detach();
    }
  }

  /// The reward of the updated classifier on meta samples.
  void judge(EpisodeStep& step, const EpisodeBatch& batch) {
    const at::Tensor probabilities = at::sigmoid(classifier_.forward(batch.meta_rows).logits);
    if (config_.thresholds == Thresholds::direct) {
      const at::Tensor reward =
          objectives::label_reward(config_.reward, probabilities, batch.meta_truth,
                                   bounded_thresholds(step.said.thresholds));
      step.reward = reward.detach();
      add_term(direct_, -reward);
      return;
    }
    const c10::NoGradGuard no_graph;
    step.reward =
        objectives::label_reward(config_.reward, probabilities, batch.meta_truth, step.thresholds);
  }

  const EpisodeConfig& config_;
  const nn::ParameterStore& policy_;
  const LabelNetwork& classifier_;
  const ClassifierUpdate& update_;
  at::Tensor direct_;
};

/// G_t = r_t + gamma G_{t+1}.
at::Tensor returns_of(const std::vector<EpisodeStep>& steps, double gamma) {
  std::vector<at::Tensor> returns(steps.size());
  for (std::size_t t = steps.size(); t-- > 0;) {
    returns[t] = steps[t].reward;
    if (t + 1 < steps.size()) returns[t] = returns[t] + gamma * returns[t + 1];
  }
  return at::stack(returns);
}

}  // namespace

double next_baseline(double baseline, const Episode& episode) {
  return 0.9 * baseline + 0.1 * episode.returns.mean().item<double>();
}

at::Tensor classifier_step(const LabelNetwork& classifier, const ClassifierUpdate& update,
                           const LabelRows& rows, const at::Tensor& truth,
                           const at::Tensor& weights) {
  const c10::NoGradGuard no_graph;
  const LabelNetwork::Pass pass = classifier.forward(rows);
  at::Tensor loss = objectives::weighted_bce(pass.logits, truth, weights);
  update(classifier.backward(pass, objectives::weighted_bce_gradient(pass.logits, truth, weights)));
  return loss;
}

LookAhead look_ahead(const LabelNetwork& classifier, const EpisodeBatch& batch,
                     const at::Tensor& weights, double rate) {
  const c10::NoGradGuard no_graph;
  const LabelNetwork::Pass pass = classifier.forward(batch.rows);
  const at::Tensor unweighted = at::ones_like(weights);
  const LabelNetwork ahead = classifier.stepped(
      classifier.backward(pass,
                          objectives::weighted_bce_gradient(pass.logits, batch.truth, weights)),
      rate);
  const LabelNetwork::Pass meta = ahead.forward(batch.meta_rows);
  const std::vector<at::Tensor> along = ahead.backward(
      meta, objectives::weighted_bce_gradient(meta.logits, batch.meta_truth, unweighted));
  // The derivative of each label's training loss along the meta gradient, where the step begins.
  const at::Tensor slope =
      (objectives::weighted_bce_gradient(pass.logits, batch.truth, unweighted) *
       classifier.tangent(pass, along))
          .sum(0, /*keepdim=*/true);
  return {.gradient = -rate * slope,
          .meta_loss = objectives::weighted_bce(meta.logits, batch.meta_truth, unweighted)};
}

Episode run_episode(const EpisodeConfig& config, const PolicyShape& shape,
                    const nn::ParameterStore& policy, const LabelNetwork& classifier,
                    const ClassifierUpdate& update,
                    const std::function<EpisodeBatch(std::int64_t)>& batch_of,
                    const at::Tensor& noise_weights, const at::Tensor& noise_thresholds,
                    double baseline) {
  Episode episode;
  EpisodeRun run(config, policy, classifier, update);
  PolicyMemory memory = fresh_memory(shape, policy);
  const std::int64_t steps = noise_weights.size(0);
  episode.steps.reserve(static_cast<std::size_t>(steps));
  for (std::int64_t t = 0; t < steps; ++t) {
    episode.steps.push_back(run.step(memory, batch_of(t), noise_weights.narrow(0, t, 1),
                                     noise_thresholds.narrow(0, t, 1)));
  }
  episode.returns = returns_of(episode.steps, config.gamma);
  episode.advantages = episode.returns - baseline;
  episode.surrogate = run.direct_terms();
  for (std::size_t t = 0; t < episode.steps.size(); ++t) {
    const at::Tensor& log_probability = episode.steps[t].log_probability;
    if (!log_probability.defined()) continue;
    add_term(episode.surrogate,
             -episode.advantages[static_cast<std::int64_t>(t)] * log_probability);
  }
  return episode;
}

}  // namespace dbot::methods
