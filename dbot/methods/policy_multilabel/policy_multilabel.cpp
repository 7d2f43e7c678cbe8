#include "dbot/methods/policy_multilabel/policy_multilabel.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/stack.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/data/move_batch.h"
#include "dbot/data/text/tables/row_parts.h"
#include "dbot/methods/policy_multilabel/policy_state.h"
#include "dbot/ops/adamw_update.h"
#include "dbot/ops/flat_updates.h"

namespace dbot::methods {

void PolicyMultilabel::see_data(const DataFacts& facts) {
  config_.labels = facts.classes;
  config_.terms = facts.words;
  config_.term_weights = facts.word_frequencies;
  config_.width = facts.row_width;
  if (facts.stage_batches.size() > 1) second_training_ = facts.stage_batches[1] * config_.steps;
}

void PolicyMultilabel::make_store() {
  if (config_.labels.size() < 2 || config_.width < 1) {
    throw DataError({.operation = "policy",
                     .subject = "the data",
                     .fault = Fault::unlabelled,
                     .reason = "hold no rows with labels of two kinds or more, expected texts or "
                               "tables with several labels",
                     .way_out = "name a folder with them"});
  }
  store_ = std::make_shared<nn::ParameterStore>(policy_state(config_), config_.device);
  backbone_ = std::make_unique<LabelBackbone>(store_);
}

void PolicyMultilabel::begin_stage(std::int64_t stage) {
  if (!store_) {
    make_store();
    store_->initialise(config_.seed, /*stage=*/0);
    return;
  }
  if (stage == 0) return;
  // Another start than any in the episodes: what was learned has to carry over.
  start_classifier();
  const PolicyMemory fresh = fresh_memory(shape(), *store_);
  store_->at(kMemoryThresholds).copy_(fresh.thresholds);
  store_->at(kMemoryWeights).copy_(fresh.weights);
  store_->at(kMemoryState).copy_(fresh.state);
  keep_number(*store_, kSpoken, 0);
}

LabelNetwork PolicyMultilabel::network() const {
  return LabelNetwork(*store_, kClassifier);
}

void PolicyMultilabel::start_classifier() {
  const c10::NoGradGuard no_graph;
  const double starts = kept_number(*store_, kClassifierStarts) + 1;
  nn::ParameterStore drawn(
      label_network_parameters(network_shape(), kClassifier, nn::Role::trained), config_.device);
  drawn.initialise(config_.seed, static_cast<std::uint32_t>(starts));
  store_->copy_from(drawn.named(), /*partial=*/true);
  for (const auto& spec : store_->specs()) {
    const bool moment = spec.name.starts_with(kFirstMoment) || spec.name.starts_with(kSecondMoment);
    if (moment) store_->at(spec.name).zero_();
  }
  keep_number(*store_, kClassifierStarts, starts);
  keep_number(*store_, kClassifierSteps, 0);
}

std::vector<optim::ParameterGroup> PolicyMultilabel::parameter_groups(double /*weight_decay*/) {
  return optim::pretraining_groups(*store_, 0);
}

StepDraws PolicyMultilabel::draw(const data::Batch& /*batch*/, const DrawContext& context) const {
  core::Random random = batch_draws(context);
  StepDraws draws;
  for (const char* name : {"noise_weights", "noise_thresholds"}) {
    at::Tensor noise = at::empty({config_.steps, std::ssize(config_.labels)}, at::kFloat);
    auto* values = noise.mutable_data_ptr<float>();
    std::generate_n(values, noise.numel(), [&] { return static_cast<float>(random.normal()); });
    draws[name] = noise;
  }
  return draws;
}

EpisodeBatch PolicyMultilabel::piece(const data::Batch& batch, std::int64_t step) const {
  const std::int64_t samples = batch.size() / config_.steps, first = step * samples;
  const auto rows = [&](const std::string& prefix) {
    return LabelRows(batch, prefix, first, samples, config_.width);
  };
  const auto truth = [&](const std::string& prefix) {
    return batch.tensors.at(prefix + data::kLabelSet).narrow(0, first, samples);
  };
  return {.rows = rows(""),
          .truth = truth(""),
          .meta_rows = rows(data::kHeldOutPrefix),
          .meta_truth = truth(data::kHeldOutPrefix)};
}

void PolicyMultilabel::update_classifier(const std::vector<at::Tensor>& gradients) {
  const c10::NoGradGuard no_graph;
  const double step = kept_number(*store_, kClassifierSteps) + 1;
  const auto specs = label_network_parameters(network_shape(), kClassifier, nn::Role::buffer);
  for (std::size_t i = 0; i < specs.size(); ++i) {
    const auto flat = [&](const std::string& name) { return store_->at(name).view(-1); };
    const at::Tensor values = flat(specs[i].name);
    const at::Tensor gradient = gradients[i].contiguous().view(-1);
    if (config_.optimizer == ClassifierOptimizer::sgd) {
      values.sub_(gradient, config_.learning_rate);
      continue;
    }
    ops::adamw_update(
        {values, gradient, flat(kFirstMoment + specs[i].name), flat(kSecondMoment + specs[i].name)},
        {.learning_rate = config_.learning_rate,
         .beta1 = 0.9,
         .beta2 = 0.999,
         .step = static_cast<std::int64_t>(step)});
  }
  keep_number(*store_, kClassifierSteps, step);
}

void PolicyMultilabel::count_labels(const data::Batch& batch) {
  store_->at(kLabelCounts).add_(batch.tensors.at(data::kLabelSet).sum(0));
  keep_number(*store_, kSamplesSeen,
              kept_number(*store_, kSamplesSeen) + static_cast<double>(batch.size()));
}

StepResult PolicyMultilabel::training_step(const data::Batch& batch, const StepDraws& draws,
                                           const StepContext& context) {
  if (batch.size() < config_.steps) {
    throw UsageError({.operation = "policy",
                      .subject = "a batch of " + std::to_string(batch.size()) + " samples",
                      .fault = Fault::mismatch,
                      .reason = "cannot be cut into the steps of an episode",
                      .way_out = "raise train.batch_size or lower episode.steps"});
  }
  {
    const c10::NoGradGuard no_graph;
    count_labels(batch);
  }
  return context.stage == 0 ? learn(batch, draws) : train_under_policy(batch);
}

StepResult PolicyMultilabel::learn(const data::Batch& batch, const StepDraws& draws) {
  const double taken = kept_number(*store_, kClassifierSteps);
  if (second_training_ > 0 && taken >= static_cast<double>(second_training_)) start_classifier();
  EpisodeBatch last;
  const LabelNetwork classifier = network();
  const Episode episode = run_episode(
      config_.episode, shape(), *store_, classifier,
      [&](const std::vector<at::Tensor>& gradients) { update_classifier(gradients); },
      [&](std::int64_t step) { return last = piece(batch, step); }, draws.at("noise_weights"),
      draws.at("noise_thresholds"), kept_number(*store_, kBaseline));
  keep_number(*store_, kBaseline, next_baseline(kept_number(*store_, kBaseline), episode));
  const c10::NoGradGuard no_graph;
  std::vector<at::Tensor> losses, rewards;
  for (std::size_t t = 0; t < episode.steps.size(); ++t) {
    const EpisodeStep& step = episode.steps[t];
    losses.push_back(step.train_loss);
    rewards.push_back(step.reward);
    // Without exploration: what would be said to a user.
    store_->at(kSaidThresholds)[static_cast<std::int64_t>(t)].copy_(said_thresholds(step.said)[0]);
    store_->at(kSaidWeights)[static_cast<std::int64_t>(t)].copy_(said_weights(step.said)[0]);
  }
  store_->at(kMemoryThresholds).copy_(store_->at(kSaidThresholds).slice(0, config_.steps - 1));
  store_->at(kMemoryWeights).copy_(store_->at(kSaidWeights).slice(0, config_.steps - 1));
  return {.loss = episode.surrogate,
          .scalars = scalars(at::stack(losses), at::stack(rewards).mean(), last)};
}

at::Tensor PolicyMultilabel::said_thresholds(const PolicyStep& said) const {
  if (config_.episode.thresholds == ThresholdPolicyLearning::fixed) {
    return at::full_like(said.thresholds, 0.5);
  }
  return bounded_thresholds(said.thresholds);
}

at::Tensor PolicyMultilabel::said_weights(const PolicyStep& said) const {
  if (config_.episode.weights == WeightPolicy::fixed) return at::ones_like(said.weights);
  return loss_weights(said.weights);
}

void PolicyMultilabel::speak_if_due() {
  const double spoken = kept_number(*store_, kSpoken), times = static_cast<double>(config_.steps);
  const double taken = kept_number(*store_, kClassifierSteps);
  const double length = std::max(times, static_cast<double>(second_training_));
  if (spoken >= times || taken < spoken * length / times) return;
  const c10::NoGradGuard no_graph;
  const PolicyStep said = policy_step(*store_, {.thresholds = store_->at(kMemoryThresholds),
                                                .weights = store_->at(kMemoryWeights),
                                                .state = store_->at(kMemoryState)});
  store_->at(kMemoryThresholds).copy_(said_thresholds(said));
  store_->at(kMemoryWeights).copy_(said_weights(said));
  store_->at(kMemoryState).copy_(said.state);
  const auto row = static_cast<std::int64_t>(spoken);
  store_->at(kSaidThresholds)[row].copy_(store_->at(kMemoryThresholds)[0]);
  store_->at(kSaidWeights)[row].copy_(store_->at(kMemoryWeights)[0]);
  keep_number(*store_, kSpoken, spoken + 1);
}

StepResult PolicyMultilabel::train_under_policy(const data::Batch& batch) {
  const c10::NoGradGuard no_graph;
  const LabelNetwork classifier = network();
  std::vector<at::Tensor> losses;
  EpisodeBatch last;
  for (std::int64_t step = 0; step < config_.steps; ++step) {
    speak_if_due();
    last = piece(batch, step);
    losses.push_back(classifier_step(
        classifier, [&](const std::vector<at::Tensor>& gradients) { update_classifier(gradients); },
        last.rows, last.truth, store_->at(kMemoryWeights)));
  }
  const at::Tensor reward = objectives::label_reward(
      config_.episode.reward, at::sigmoid(classifier.forward(last.meta_rows).logits),
      last.meta_truth, store_->at(kMemoryThresholds));
  const at::Tensor all = at::stack(losses);
  return {.loss = all.mean(), .scalars = scalars(all, reward, last)};
}

std::vector<std::pair<std::string, at::Tensor>> PolicyMultilabel::scalars(
    const at::Tensor& losses, const at::Tensor& reward, const EpisodeBatch& last) const {
  const at::Tensor& thresholds = store_->at(kMemoryThresholds);
  const at::Tensor f1 = objectives::label_reward(
      objectives::LabelReward::exact_f1, at::sigmoid(network().forward(last.meta_rows).logits),
      last.meta_truth, thresholds);
  return {{"classifier_loss", losses.mean()},
          {"reward", reward},
          {"exact_f1", f1},
          {"mean_threshold", thresholds.mean()}};
}

at::Tensor PolicyMultilabel::label_scores(const data::Batch& batch) const {
  const c10::NoGradGuard no_graph;
  const data::Batch there = data::move_to(batch, store_->device());
  return at::sigmoid(
      network().forward(LabelRows(there, "", 0, batch.size(), config_.width)).logits);
}

std::vector<double> PolicyMultilabel::label_thresholds() const {
  const at::Tensor thresholds = store_->at(kMemoryThresholds).detach().cpu().to(at::kDouble);
  const auto* begin = thresholds.contiguous().const_data_ptr<double>();
  return {begin, begin + thresholds.numel()};
}

}  // namespace dbot::methods
